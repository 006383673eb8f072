"""A consent as a value: what a holder agreed to, and whether a use lies within it.

A consent names one organisation, one matter, and the types of certificates or the directories, each with the fields
that it may have; an agreed use outside
government names its agreement too. It never stands in for a grant: whether the organisation may ask at all is decided
by the exchange. It may be given by the holder, or for the holder by an agent, a guardian or a legal representative,
who then tells on which basis; or be taken at a window, which then keeps the proof (facts of 授权, PIPL articles 14, 15
and 31). Keeping, finding and counting is `certs.consents.consents`.
"""

import enum
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from certs.drafts import Holder
from certs.holder_codes import holder_codes
from certs.queries import fields as certificate_fields
from certs.types.certificate_type import CertificateType
from exchange.agreements.purposes import Purpose, Stage, covers, is_matter_code

# Who agreed for longer than a year has forgotten it; a longer use asks again.
LONGEST: Final = timedelta(days=366)
# More types than any of the province's lists names for one matter.
MOST_TYPES: Final = 20
MOST_USES: Final = 1000


class Giver(enum.StrEnum):
    """Who gave it: the holder, or somebody for the holder."""

    HOLDER = "holder"
    AGENT = "agent"
    GUARDIAN = "guardian"
    LEGAL_REPRESENTATIVE = "legal_representative"


class ProofKind(enum.StrEnum):
    """What a window keeps of a consent that it took."""

    SIGNED_FORM = "signed-form"
    TERMINAL = "terminal"
    RECORDING = "recording"


@dataclass(frozen=True)
class Proof:
    """The paper, the terminal's record or the recording: its number at the window, and the SM3 of its scan."""

    kind: ProofKind
    number: str
    sm3: str = ""


@dataclass(frozen=True)
class Given:
    """A consent that is given: by whom, to whom, for what, how much and until when."""

    holder: Holder = field(repr=False)
    organisation: str
    matter: str
    scope: Mapping[str, tuple[str, ...]]
    ends: datetime
    agreement: str = ""
    identifiers: tuple[str, ...] = ()
    most_uses: int | None = None
    giver: Giver = Giver.HOLDER
    # Who acts for the holder: the name; and the paper that says that they may.
    acting: str = field(default="", repr=False)
    basis: str = ""
    proof: Proof | None = None


@dataclass(frozen=True)
class Consent:
    """A consent as it stands on record, every field spelled out; no identifiers are any certificate of the types."""

    id: str
    holder_hash: str = field(repr=False)
    organisation: str
    matter: str
    agreement: str
    scope: Mapping[str, tuple[str, ...]]
    identifiers: tuple[str, ...]
    begins: datetime
    ends: datetime
    most_uses: int | None
    uses: int
    withdrawn_at: datetime | None

    def fields_of(self, type_code: str) -> tuple[str, ...]:
        """Give the fields of a type that were agreed to."""
        return self.scope[type_code]

    def over(self, at: datetime) -> str:
        """Tell why it stands no more; nothing where it does."""
        if self.withdrawn_at is not None:
            return "withdrawn"
        if at < self.begins:
            return "not-yet"
        if at >= self.ends:
            return "expired"
        if self.most_uses is not None and self.uses >= self.most_uses:
            return "used-up"
        return ""

    def takes_in(self, type_code: str, purpose: Purpose, at: datetime, identifier: str | None = None) -> bool:
        """Tell whether a use of a type, or of one certificate of it, lies within what was agreed to."""
        if self.over(at) or type_code not in self.scope:
            return False
        if self.identifiers and identifier not in self.identifiers:
            return False
        return covers(self.matter, purpose.item_code) and self.agreement == agreement_of(purpose)


def known_fields(
    scope: Iterable[str], types: Mapping[str, CertificateType], directories: Mapping[str, Collection[str]]
) -> dict[str, Mapping[str, str]]:
    """Give by each code of a scope that is known every name of its fields, with the field's own name."""
    known: dict[str, Mapping[str, str]] = {}
    for code in scope:
        if code in types:
            known[code] = certificate_fields.names_of(types[code])
        elif code in directories:
            known[code] = {name: name for name in directories[code]}
    return known


def spelled_out(scope: Mapping[str, tuple[str, ...]], known: Mapping[str, Mapping[str, str]]) -> dict[str, list[str]]:
    """Give the fields by their own names; where none are named, all that there are today."""
    return {code: _spelled(names, known[code]) for code, names in scope.items()}


def _spelled(names: tuple[str, ...], known: Mapping[str, str]) -> list[str]:
    return list(dict.fromkeys(known[each] for each in names)) if names else sorted(set(known.values()))


def faults(given: Given, known: Mapping[str, Mapping[str, str]], at: datetime) -> list[tuple[str, str]]:
    """Tell every fault of a consent that is to be given, each with its place."""
    return list(_faults(given, known, at))


def agreement_of(purpose: Purpose) -> str:
    """Give the agreement under which a use is; only agreed uses have one, and those name it (its basis)."""
    return purpose.basis.number if purpose.stage is Stage.AGREEMENT and purpose.basis else ""


def _faults(given: Given, known: Mapping[str, Mapping[str, str]], at: datetime) -> Iterator[tuple[str, str]]:
    code = holder_codes().get(given.holder.type)
    if code is None:
        yield "#/holder/type", "unknown"
    elif fault := code.fault(given.holder.code, at):
        yield "#/holder/code", fault
    if not is_matter_code(given.matter):
        yield "#/matter", "not-a-matter-code"
    if not given.scope or len(given.scope) > MOST_TYPES:
        yield "#/scope", "none-or-too-many"
    for resource, names in given.scope.items():
        if resource not in known:
            yield f"#/scope/{resource}", "unknown-type"
        elif unknown := set(names) - set(known[resource]):
            yield f"#/scope/{resource}", f"unknown-field:{min(unknown)}"
    if not at < given.ends <= at + LONGEST:
        yield "#/ends", "past-or-too-late"
    if given.most_uses is not None and not 1 <= given.most_uses <= MOST_USES:
        yield "#/most_uses", "out-of-range"
    if given.giver is not Giver.HOLDER and not (given.acting.strip() and given.basis.strip()):
        yield "#/basis", "needed-when-acting-for-the-holder"
