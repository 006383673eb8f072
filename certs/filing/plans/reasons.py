"""The sentences of a plan, in Chinese and English: why a material is answered so, and what would make it free. Pure.

One sentence a material, made of what decided it and of nothing else: the source and the grant it rests on, or, where
the applicant has to do something, what stands in the way of each replacement.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from base.workdays import local_day
from certs.filing.matter import Material, Means, Mode, Necessity, Replacement
from certs.filing.plans.offers import HandedIn, Obstacle, Offer, Standing

USE_LIST: Final = "use-list:"


@dataclass(frozen=True)
class Said:
    """A sentence in both languages."""

    zh: str
    en: str


_MEANS: Final[Mapping[Means, Said]] = MappingProxyType(
    {
        Means.CERTIFICATE: Said("电子证照", "electronic certificate"),
        Means.SHARED: Said("共享数据", "shared data"),
        Means.CHECK: Said("核验项", "check"),
        Means.ASSISTANCE: Said("协助机关", "organ"),
    }
)
_TAKEN: Final[Mapping[Mode, Said]] = MappingProxyType(
    {
        Mode.DATA: Said("调取所需字段", "the fields it needs are taken"),
        Mode.FILE: Said("调取盖章文件", "the sealed file is taken"),
        Mode.CHECK: Said("只比对是否一致", "it is only compared, yes or no"),
    }
)
_OBSTACLES: Final[Mapping[str, Said]] = MappingProxyType(
    {
        "region": Said("“{name}”的共享范围扩大到本地区", "“{name}” is shared in this region as well"),
        "type": Said("证照类型“{name}”归集或颁发到本库", "certificates of the type “{name}” come into the library"),
        "directory": Said("“{name}”编目并发布为共享目录", "“{name}” is published as a directory to share"),
        "check": Said("“{name}”开通核验", "the check “{name}” is opened"),
        "organ": Said("协助机关“{name}”在本站登记", "the organ “{name}” is registered here"),
        "health": Said("“{name}”的来源恢复应答", "the source of “{name}” answers again"),
        "freshness": Said("“{name}”的数据按更新周期更新", "the data of “{name}” are brought up to date"),
        "source": Said("“{name}”挂接可用的来源", "something serves “{name}”"),
        "grant": Said("本单位为本事项取得“{name}”的授权", "this office is granted “{name}” for this matter"),
        "mode": Said("“{name}”能以所需方式提供", "“{name}” can be given in the form that is needed"),
        "fields": Said("“{name}”的授权增加字段：{fields}", "the grant of “{name}” adds the fields {fields}"),
    }
)
_WAY: Final[Mapping[str, Said]] = MappingProxyType(
    {
        "region": Said("“{name}”在本地区尚未共享", "“{name}” is not shared in this region"),
        "type": Said("本库没有证照类型“{name}”", "the library has no type “{name}”"),
        "directory": Said("“{name}”没有共享目录", "there is no directory “{name}”"),
        "check": Said("“{name}”的核验没有开通", "the check “{name}” is not open"),
        "organ": Said("协助机关“{name}”没有登记", "the organ “{name}” is not registered"),
        "health": Said("“{name}”的来源目前没有应答", "the source of “{name}” does not answer now"),
        "freshness": Said("“{name}”的数据已过更新周期", "the data of “{name}” are out of date"),
        "source": Said("“{name}”没有可用的来源", "nothing serves “{name}”"),
        "grant": Said("本单位对“{name}”没有用于本事项的授权", "this office holds no grant of “{name}” for this matter"),
        "mode": Said("“{name}”不能以所需方式提供", "“{name}” cannot be given in the form that is needed"),
        "fields": Said("“{name}”的授权缺少字段：{fields}", "the grant of “{name}” lacks the fields {fields}"),
    }
)
# More would be no sentence any more; the rest stands in `would_be_free_if`.
MOST_WAYS: Final = 2


def would_free(obstacle: Obstacle) -> Said:
    """Say what would have to come about."""
    return _filled(_OBSTACLES[obstacle.kind], obstacle)


def taken(replacement: Replacement, offer: Offer, beside: Sequence[str]) -> Said:
    """Say that a source stands in for the paper: which, on what ground, what is taken, with which others at once."""
    means, way = _MEANS[replacement.means], _TAKEN[replacement.mode]
    if replacement.means is Means.ASSISTANCE:
        return Said(
            f"由受理机关向“{replacement.name}”发协助函取得，申请人不再提交。",
            f"The office asks “{replacement.name}” by a letter of assistance; the applicant brings nothing.",
        )
    ground, zh_more, en_more = _ground(offer), "", ""
    if offer.consent:
        zh_more, en_more = "，须当事人同意", ", with the holder's consent"
    if offer.standing is Standing.UNSTEADY:
        zh_more, en_more = f"{zh_more}，来源近期应答不稳", f"{en_more}, from a source that answers badly of late"
    if beside:
        zh_more = f"{zh_more}，与“{'”“'.join(beside)}”同一次取得"
        en_more = f"{en_more}, in one question with “{'”, “'.join(beside)}”"
    return Said(
        f"由{means.zh}“{replacement.name}”代替：{ground.zh}{way.zh}{zh_more}，申请人不再提交。",
        f"Replaced by the {means.en} “{replacement.name}”: {ground.en}{way.en}{en_more}; the applicant brings nothing.",
    )


def cancelled(material: Material) -> Said:
    """Say that nobody may ask for it."""
    if material.necessity is Necessity.NOT_ALLOWED:
        return Said("没有法律法规规章依据，不应收取，予以取消。", "Not to be asked for: no law or rule says so.")
    return Said(
        "没有写明法律法规规章依据，不得要求提供，予以取消。", "No basis in law is named, so it is not asked for."
    )


def local(said: Said) -> Said:
    """Add that only a locality asks for it."""
    zh, en = "属地方要求，未见法律法规规章依据，请核实", "A local demand without a law or rule on record: look into it"
    return Said(f"{said.zh.removesuffix('。')}（{zh}）。", f"{said.en} {en}.")


def reused(handed: HandedIn) -> Said:
    """Say that what was handed in before serves again."""
    day = local_day(handed.at).isoformat()
    return Said(
        f"申请人已于{day}提交（{handed.place}），直接复用。",
        f"Handed in on {day} ({handed.place}); it serves again.",
    )


def promised(ways: Sequence[Obstacle]) -> Said:
    """Say that a promise stands in for it."""
    why = _ways(ways)
    return Said(f"{why.zh}可以告知承诺代替，签署承诺书后免交。", f"{why.en}A signed promise stands in for it.")


def later(ways: Sequence[Obstacle], due: date | None, days: int) -> Said:
    """Say that it may come later, and until when."""
    why = _ways(ways)
    until = due.isoformat() if due else ""
    zh = f"于{until}前补交" if until else f"受理后{days}个工作日内补交"
    en = f"by {until}" if until else f"within {days} working days"
    return Said(f"{why.zh}可容缺受理，{zh}。", f"{why.en}It may be brought later, {en}.")


def submitted(material: Material, ways: Sequence[Obstacle]) -> Said:
    """Say why it has to be brought."""
    if not material.replacements:
        return Said("申请人自备材料，没有可代替的来源，需提交。", "The applicant's own paper, which nothing replaces.")
    why = _ways(ways)
    return Said(f"{why.zh}需提交。", f"{why.en}It has to be brought.")


def _ground(offer: Offer) -> Said:
    if offer.grant.startswith(USE_LIST):
        return Said("依用证清单", "under the published use list ")
    return Said(f"依授权{offer.grant}", f"under grant {offer.grant} ") if offer.grant else Said("", "")


def _ways(ways: Sequence[Obstacle]) -> Said:
    """Name what stands in the way, the first few."""
    told = list(dict.fromkeys(_filled(_WAY[each.kind], each) for each in ways))
    if not told:
        return Said("", "")
    more = len(told) > MOST_WAYS
    shown = told[:MOST_WAYS]
    zh = "；".join(each.zh for each in shown) + ("等" if more else "")
    en = "; ".join(each.en for each in shown) + (" and more" if more else "")
    return Said(f"{zh}，", f"{en[0].upper()}{en[1:]}. ")


def _filled(said: Said, obstacle: Obstacle) -> Said:
    facts = {"name": obstacle.replacement.name, "fields": "", **obstacle.facts}
    return Said(said.zh.format_map(facts), said.en.format_map(facts))
