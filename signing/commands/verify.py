"""`yinxin verify`: what is signed, by whom, and whether it holds; the exit code says the same to a script."""

import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final

import click

from base.command_line import json_option, language, pass_running, report
from base.problems import Language
from base.program import Running
from keys import trust_bundle
from keys.trust import Anchor, Trust
from signing import check_codes, missing_roots, policy, verification
from signing.missing_roots import Top
from signing.named_trust import named_trust
from signing.policy import Policy
from signing.report import CertificateStatus, Check, Outcome, Report, SignatureReport, Verdict
from signing.report_json import dump
from signing.signing_times import told
from signing.summaries import sentences, summary
from signing.verification import Examination
from signing.verify_options import EXIT_OF, plain, tell, verify_options

# With several files the first of these that occurs.
TELLING: Final = (1, 5, 4, 3, 0)
# Files are read whole; the largest drawings and bound volumes have some hundred MiB.
FILE_LIMIT: Final = 512 << 20
COLOURS: Final = {Verdict.VALID: "green", Verdict.INVALID: "red", Verdict.UNREADABLE: "red"}
MARKS: Final = {
    Verdict.VALID: "✓",
    Verdict.INVALID: "✕",
    Verdict.INDETERMINATE: "?",
    Verdict.UNSIGNED: "–",
    Verdict.UNREADABLE: "✕",
}
MARK_OF: Final = {Outcome.FAILED: "✕", Outcome.WARNING: "!", Outcome.NOT_CHECKED: "·", Outcome.PASSED: "✓"}
WORDS: Final[dict[str, dict[Language, str]]] = {
    "valid": {"zh": "有效", "en": "VALID"},
    "invalid": {"zh": "无效", "en": "NOT VALID"},
    "indeterminate": {"zh": "无法判定", "en": "NOT DECIDED"},
    "unsigned": {"zh": "没有签章", "en": "NOT SIGNED"},
    "unreadable": {"zh": "无法读取", "en": "NOT READABLE"},
    "intact": {"zh": "未被改动", "en": "unchanged"},
    "right": {"zh": "签名正确", "en": "signature right"},
    "trusted": {"zh": "签名人可信", "en": "signer trusted"},
    "signer": {"zh": "签名人", "en": "signer"},
    "issuer": {"zh": "签发者", "en": "issuer"},
    "seal": {"zh": "印章", "en": "seal"},
    "certificate": {"zh": "证照现状", "en": "certificate now"},
    "offline": {"zh": "离线不可知", "en": "not known offline"},
    "time": {"zh": "时间", "en": "time"},
    "level": {"zh": "长期验证级别", "en": "level"},
    "proven": {"zh": "时间戳证明", "en": "proven"},
    "claimed": {"zh": "自述", "en": "claimed"},
    "passed": {"zh": "项检查通过", "en": "checks passed"},
    "page": {"zh": "页", "en": "page"},
    "colon": {"zh": "：", "en": ": "},
    "no-anchors": {
        "zh": "提示：尚未导入任何根证书；可用 --trust 指定 PEM 文件。",
        "en": "Note: no trusted root is imported; name a PEM file with --trust.",
    },
    "root-inside": {
        "zh": "下一步：取出文件自带的根证书并核对指纹：yinxin verify {file} --extract-root root.pem",
        "en": "Next: take out the root that the file brings along and compare its fingerprints: "
        "yinxin verify {file} --extract-root root.pem",
    },
    "root-outside": {
        "zh": "下一步：文件没有带根证书，请向“{name}”索取，再运行：yinxin verify {file} --trust root.pem（只看一次），"
        "或 yinxin trust import root.pem（导入）",
        "en": "Next: the file does not bring its root along; get that of {name} from the authority, then run: "
        "yinxin verify {file} --trust root.pem (this once) or yinxin trust import root.pem (for good)",
    },
    "no-root-inside": {
        "zh": "文件没有带根证书，没有写出任何文件；请向发证机构索取。",
        "en": "No root is in the files and nothing was written; ask the authority for it.",
    },
    "compare": {
        "zh": "文件自带的根证书不能证明自己：请与发证机构通过其他途径公布的指纹逐位核对。\n"
        "核对无误后：yinxin verify … --trust {target}（只看一次），或 yinxin trust import {target}（导入，另一人确认）",
        "en": "A root that a file brings along proves nothing by itself: compare the fingerprints with what the "
        "authority published another way.\n"
        "Then: yinxin verify … --trust {target} (this once) or yinxin trust import {target} (for good; a second "
        "person confirms)",
    },
}


@click.command("verify")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
)
@verify_options
@click.option(
    "--extract-root",
    "root_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the roots that the files bring along, to compare and import / 取出文件自带的根证书，供核对后导入",
)
@json_option
@pass_running
def verify_command(
    running: Running,
    files: tuple[Path, ...],
    trusted: tuple[Path, ...],
    lists: tuple[Path, ...],
    at: datetime,
    policy_name: str,
    root_file: Path | None,
    as_json: bool,
) -> None:
    """Verify the seals and signatures of OFD and PDF files / 核验 OFD、PDF 上的签章."""
    chosen = policy.policy(policy_name)
    trust = named_trust(running, trusted, lists, at, tell)
    examined = [_examined(each, trust, chosen, at) for each in files]
    reports = [each.report for each in examined]
    tops = [top for each in examined for top in missing_roots.tops(each.certificates)]
    if as_json:
        dumped = [dump(each) for each in reports]
        report(dumped[0] if len(dumped) == 1 else dumped)
    else:
        for each in reports:
            for line in lines(each, language()):
                click.echo(line)
        if not trust.anchors:
            click.echo(WORDS["no-anchors"][language()], err=True)
        for file, found in zip(files, examined, strict=True):
            for line in next_steps(file, found, language()):
                click.echo(line, err=True)
    if root_file is not None:
        _extract(root_file, [each for each in tops if each.is_root], at)
    codes = {EXIT_OF[each.verdict] for each in reports}
    sys.exit(next(code for code in TELLING if code in codes))


def lines(found: Report, tongue: Language) -> Iterable[str]:
    """Write a report for a reader: the verdict and one sentence first, then each signature."""
    words = summary(found)
    verdict = f"{MARKS[found.verdict]} {WORDS[found.verdict.value][tongue]}"
    yield click.style(f"{verdict}  {plain(found.document.name)}", fg=COLOURS.get(found.verdict, "yellow"), bold=True)
    yield f"  {plain(words.zh if tongue == 'zh' else words.en)}"
    if found.certificate is not None:
        yield f"  {plain(_present(found.certificate, tongue))}"
    for check in found.warnings:
        yield _line(check, tongue, "  ")
    for signature in found.signatures:
        yield from _signature(signature, tongue)


def _present(found: CertificateStatus, tongue: Language) -> str:
    """Say which certificate it is, and how that stood by whose word: a line of its own, beside the verdict."""
    number = found.stated.number if found.stated is not None else ""
    named = found.identifier or f"{found.type} {number}"
    status = WORDS["offline"][tongue] if found.as_of is None else f"{found.status} ({told(found.as_of)})"
    return f"{WORDS['certificate'][tongue]}{WORDS['colon'][tongue]}{status}  {named}  [{found.source}]"


def _signature(found: SignatureReport, tongue: Language) -> Iterable[str]:
    kind = sentences()[f"kind-{found.kind}"]
    named = kind.zh if tongue == "zh" else kind.en
    verdict = WORDS[found.verdict.value][tongue]
    sub = f" ({found.sub_indication})" if found.sub_indication else ""
    yield ""
    yield f"  {MARKS[found.verdict]} {plain(found.id)}  {named}  {found.standard}  {verdict}{sub}"
    facts = (("intact", found.intact), ("right", found.cryptographically_valid), ("trusted", found.trusted))
    yield "    " + "   ".join(f"{_mark(fact)} {WORDS[name][tongue]}" for name, fact in facts)
    for name, value in _told(found, tongue):
        yield f"    {WORDS[name][tongue]}{WORDS['colon'][tongue]}{plain(value)}"
    passed = [each for each in found.checks if each.outcome is Outcome.PASSED]
    yield f"    ✓ {len(passed)} {WORDS['passed'][tongue]}"
    for check in found.checks:
        if check.outcome is not Outcome.PASSED:
            yield _line(check, tongue, "    ")


def _told(found: SignatureReport, tongue: Language) -> Iterable[tuple[str, str]]:
    if found.seal is not None:
        yield "seal", f"{found.seal.name} ({found.seal.id})"
    if found.signer is not None:
        yield "signer", found.signer.subject
        yield "issuer", found.signer.issuer
    if found.signed_at.proven is not None:
        yield "time", f"{told(found.signed_at.proven)} ({WORDS['proven'][tongue]})"
    elif found.signed_at.claimed is not None:
        yield "time", f"{told(found.signed_at.claimed)} ({WORDS['claimed'][tongue]})"
    if found.level is not None:
        yield "level", found.level
    if found.places:
        yield "page", ", ".join(str(page) for page in dict.fromkeys(each.page for each in found.places))


def _line(check: Check, tongue: Language, indent: str) -> str:
    words = check_codes.told(check)
    about = f" {plain(check.subject)}" if check.subject else ""
    return f"{indent}{MARK_OF[check.outcome]} {check.code}{about}: {plain(words.zh if tongue == 'zh' else words.en)}"


def _mark(fact: bool | None) -> str:
    return "?" if fact is None else "✓" if fact else "✕"


def next_steps(file: Path, found: Examination, tongue: Language) -> Iterable[str]:
    """Say what to run next where only the authority's root is missing."""
    if not missing_roots.is_missing(dump(found.report)):
        return
    for top in missing_roots.tops(found.certificates):
        if top.is_root:
            yield WORDS["root-inside"][tongue].format(file=plain(str(file)))
        else:
            yield WORDS["root-outside"][tongue].format(file=plain(str(file)), name=plain(top.missing))


def _extract(target: Path, tops: list[Top], at: datetime) -> None:
    """Write roots and what stands below them as one PEM; whoever uses it compares the fingerprints first."""
    if not tops:
        click.echo(WORDS["no-root-inside"][language()], err=True)
        return
    below = dict.fromkeys(each for top in tops for each in top.between)
    roots = tuple(Anchor(each) for each in dict.fromkeys(top.certificate for top in tops))
    target.write_bytes(trust_bundle.with_material(Trust(at, roots, tuple(below))))
    for each in roots:
        told = trust_bundle.described(each.certificate, at)
        click.echo(f"{target}: {plain(each.certificate.subject.text)}", err=True)
        for name, value in told.fingerprints.items():
            click.echo(f"  {name:<8}{value}", err=True)
    click.echo(WORDS["compare"][language()].format(target=target), err=True)


def _examined(file: Path, trust: Trust, chosen: Policy, at: datetime) -> Examination:
    if file.stat().st_size > FILE_LIMIT:
        raise click.UsageError(f"{file}: {file.stat().st_size} > {FILE_LIMIT}")
    return verification.examine(file.read_bytes(), file.name, trust, chosen, at)
