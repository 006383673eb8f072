"""What a finished certificate says, put together from the file and its sender; where both speak they must agree.

Values are compared as values: the file's `2026年1月2日` is the sender's 2026-01-02, its words for a code are the code.
Nothing is judged here but whether the two agree and whether enough is told; the draft is then checked against its type
as every other (`certs.checks`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from base.identifiers import read_certificate_identifier
from base.readings import Fault
from certs.deposits.errors import DepositMetadataDiffers, DepositMetadataMissing, DepositOfAnotherType
from certs.drafts import Draft, Holder
from certs.readings import read_day, read_value
from certs.types.certificate_type import CertificateType

# What separates several holders in one element: the first is what this house and faces write, the others are seen.
SEPARATORS: Final = ("、", "^", ",", "，")
# Faults with which a foreign identifier is kept as it is: read softly, told, not dropped (GB/T 36904 in the wild).
SOFT: Final = frozenset({Fault.CHECK, Fault.ISSUER_NOT_CREDIT_CODE, Fault.TYPE_CODE, Fault.VERSION})
DAYS: Final = {"ZZBFRQ": "issued_on", "ZZYXQQSRQ": "valid_from", "ZZYXQJZRQ": "valid_until"}
NAMED: Final = 5


@dataclass(frozen=True)
class Sent:
    """What the sender tells beside the file; everything but the type may be left to the file."""

    type: str
    identifier: str = ""
    number: str = field(repr=False, default="")
    issuer: str = ""
    holders: tuple[Holder, ...] = field(repr=False, default=())
    issued_on: date | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    region: str = ""
    item_code: str = ""
    data: Mapping[str, Any] = field(repr=False, default_factory=dict)


@dataclass(frozen=True)
class Understood:
    """A finished certificate, understood: its draft with its number, who issued it, and what it calls itself."""

    draft: Draft = field(repr=False)
    issuer: str
    # None where it bears none, or one that cannot be an identifier; then the library gives one.
    identifier: str | None
    remarks: tuple[str, ...] = ()


def understood(sent: Sent, elements: Mapping[str, str], type_: CertificateType, sealer: str) -> Understood:
    """Put together what a file and its sender say; an issuer that neither names is the organ whose seal it is.

    Raises `DepositOfAnotherType`, `DepositMetadataDiffers`, `DepositMetadataMissing`.
    """
    if (found := elements.get("ZZLXDM", type_.code)) != type_.code:
        raise DepositOfAnotherType(type_.code, found[:40])
    told, carried = _of_sender(sent), _of_file(elements, type_)
    differing = sorted(name for name in told.keys() & carried.keys() if told[name] != carried[name])
    if differing:
        raise DepositMetadataDiffers(" ".join(differing[:NAMED]))
    whole = {**carried, **told}
    missing = [name for name in ("ZZBH", "CZZTDM", "ZZBFRQ") if not whole.get(name)]
    if missing:
        raise DepositMetadataMissing(" ".join(missing))
    identifier, remarks = _identifier(whole.get("ZZBS", ""), type_)
    issued_on = whole["ZZBFRQ"]
    draft = Draft(
        _holders(sent, elements, type_),
        issued_on,
        whole.get("ZZYXQQSRQ") or issued_on,
        {name.removeprefix("KZ_"): value for name, value in whole.items() if name.startswith("KZ_")},
        whole["ZZBH"],
        whole.get("ZZYXQJZRQ"),
        sent.region,
        sent.item_code,
    )
    return Understood(draft, whole.get("ZZBFJGDM") or sealer, identifier, remarks)


def _of_sender(sent: Sent) -> dict[str, Any]:
    told: dict[str, Any] = {
        "ZZBS": sent.identifier,
        "ZZBH": sent.number,
        "ZZBFJGDM": sent.issuer,
        **{name: getattr(sent, where) for name, where in DAYS.items()},
        **_of_holders(
            [each.code for each in sent.holders],
            [each.type for each in sent.holders],
            [each.name for each in sent.holders],
        ),
        **{f"KZ_{name}": value for name, value in sent.data.items()},
    }
    return {name: value for name, value in told.items() if value not in ("", None, ())}


def _of_file(elements: Mapping[str, str], type_: CertificateType) -> dict[str, Any]:
    """Read what a file says; a day that is none stays text, and so differs or fails the check."""
    told: dict[str, Any] = {name: elements.get(name, "") for name in ("ZZBS", "ZZBH", "ZZBFJGDM")}
    for name in DAYS:
        told[name] = read_day(elements[name]) if name in elements else None
        if name in elements and told[name] is None:
            raise DepositMetadataMissing(name)
    told |= _of_holders(*(_split(elements.get(name, "")) for name in ("CZZTDM", "CZZTDMLXDM", "CZZT")))
    told |= {
        each.ofd_name: read_value(each, elements[each.ofd_name]) for each in type_.fields if each.ofd_name in elements
    }
    return {name: value for name, value in told.items() if value not in ("", None, ())}


def _of_holders(codes: list[str], kinds: list[str], names: list[str]) -> dict[str, Any]:
    """Compare holders whatever their order."""
    return {"CZZTDM": tuple(sorted(codes)), "CZZTDMLXDM": tuple(sorted(kinds)), "CZZT": tuple(sorted(names))}


def _holders(sent: Sent, elements: Mapping[str, str], type_: CertificateType) -> tuple[Holder, ...]:
    """Give the holders: the sender's, who also knows as what each holds it, else the file's."""
    if sent.holders:
        return sent.holders
    codes, kinds, names = (_split(elements.get(name, "")) for name in ("CZZTDM", "CZZTDMLXDM", "CZZT"))
    if not len(codes) == len(kinds) == len(names):
        raise DepositMetadataMissing("CZZT CZZTDM CZZTDMLXDM")
    role = type_.holders.roles[0]
    return tuple(Holder(*each, role) for each in zip(codes, kinds, names, strict=True))


def _identifier(text: str, type_: CertificateType) -> tuple[str | None, tuple[str, ...]]:
    if not text:
        return None, ()
    read = read_certificate_identifier(text)
    if any(each not in SOFT for each in read.wrong):
        return None, ("identifier-unreadable",)
    parts = read.text.split(".")
    if parts[5] != type_.code and Fault.TYPE_CODE not in read.wrong:
        raise DepositOfAnotherType(type_.code, parts[5][:40])
    return read.text, tuple(f"identifier-{each.value}" for each in read.wrong)


def _split(text: str) -> list[str]:
    separator = next((each for each in SEPARATORS if each in text), None)
    return [each.strip() for each in (text.split(separator) if separator else [text]) if each.strip()]
