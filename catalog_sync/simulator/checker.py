"""What the platform took against what its sender says: lost, doubled, altered, out of order, each by its name. Pure.

A sender tells its `Claim`s: every record with its version and key, and how it thinks that it stands. The platform has
its effects, in their order. Beside the four, two kinds are told that are no fault while a sender still works, and are
one when it is at rest: records that arrived and that the sender does not know of as arrived (`unmarked`), and effects
that no claim accounts for (`stray`).
"""

import enum
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

ARRIVED: Final = frozenset({"accepted", "stored"})
DELETE: Final = "D"


class Fault(enum.StrEnum):
    """What is wrong with a record."""

    LOST = "lost"
    """Its sender thinks that it arrived, and it did not."""
    DOUBLED = "doubled"
    """It took effect twice, or its thing is there twice."""
    ALTERED = "altered"
    """What is there is not what was sent."""
    OUT_OF_ORDER = "out-of-order"
    """An earlier version took effect after a later one."""
    UNMARKED = "unmarked"
    """It arrived, and its sender does not know."""
    STRAY = "stray"
    """It took effect, and its sender never had it."""


# What says nothing while the sender still works.
AT_REST: Final = frozenset({Fault.UNMARKED, Fault.STRAY})


@dataclass(frozen=True)
class Claim:
    """A record, as its sender has it."""

    kind: str
    id: str
    version: int
    operation: str
    key: str
    digest: str
    state: str


@dataclass(frozen=True)
class Effect:
    """What a record brought about, as the platform has it; `own` is the sender's id of the thing."""

    number: int
    guid: str
    kind: str
    own: str
    operation: str
    version: int | None
    key: str
    digest: str


@dataclass(frozen=True)
class Finding:
    """Something wrong with one record."""

    fault: Fault
    kind: str
    id: str
    version: int | None
    detail: str


@dataclass(frozen=True)
class Verdict:
    """What a check came to."""

    claims: int
    effects: int
    findings: tuple[Finding, ...] = field(repr=False)

    @property
    def counts(self) -> Mapping[str, int]:
        """Count the findings by fault; each fault is named, also where there is none."""
        found = dict.fromkeys((each.value for each in Fault), 0)
        for each in self.findings:
            found[each.fault.value] += 1
        return found

    @property
    def is_good(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


def check(claims: Iterable[Claim], effects: Iterable[Effect], *, at_rest: bool) -> Verdict:
    """Compare a sender's records with a platform's effects."""
    said, happened = list(claims), list(effects)
    findings = [
        *_of_claims(said, happened),
        *_doubled(happened),
        *_out_of_order(happened),
        *_stray(said, happened),
    ]
    told = [each for each in findings if at_rest or each.fault not in AT_REST]
    return Verdict(len(said), len(happened), tuple(told))


def _of_claims(claims: Sequence[Claim], effects: Sequence[Effect]) -> list[Finding]:
    by_key: dict[str, list[Effect]] = defaultdict(list)
    for each in effects:
        by_key[each.key].append(each)
    things = {(each.kind, each.own) for each in effects}
    found = []
    for claim in claims:
        there = by_key.get(claim.key, [])
        if claim.state in ARRIVED and not there and not _needed_none(claim, things):
            found.append(_finding(Fault.LOST, claim, f"state {claim.state}, key {claim.key}"))
        elif claim.state not in ARRIVED | {"refused"} and there:
            found.append(_finding(Fault.UNMARKED, claim, f"state {claim.state}, key {claim.key}"))
        found += [_finding(Fault.ALTERED, claim, f"effect {each.number}") for each in there if _differs(claim, each)]
    return found


def _needed_none(claim: Claim, things: set[tuple[str, str]]) -> bool:
    """What was never there needs no deletion."""
    return claim.operation == DELETE and (claim.kind, claim.id) not in things


def _differs(claim: Claim, effect: Effect) -> bool:
    same = (claim.kind, claim.id, claim.version, claim.digest) == (
        effect.kind,
        effect.own,
        effect.version,
        effect.digest,
    )
    return not same or (claim.operation == DELETE) != (effect.operation == DELETE)


def _doubled(effects: Sequence[Effect]) -> list[Finding]:
    """Find keys that took effect twice, and things that are there under two names."""
    first: dict[str, Effect] = {}
    live: dict[tuple[str, str], dict[str, Effect]] = defaultdict(dict)
    found = []
    for each in effects:
        if each.key and each.key in first:
            numbers = f"effects {first[each.key].number}, {each.number}"
            found.append(Finding(Fault.DOUBLED, each.kind, each.own, each.version, numbers))
        first.setdefault(each.key, each)
        names = live[each.kind, each.own]
        if each.operation == DELETE:
            names.pop(each.guid, None)
        else:
            names[each.guid] = each
    twice = [each for each in live.values() if len(each) > 1]
    told = {(each.kind, each.id) for each in found}
    for names in twice:
        latest = max(names.values(), key=lambda each: each.number)
        if (latest.kind, latest.own) not in told:
            found.append(Finding(Fault.DOUBLED, latest.kind, latest.own, latest.version, f"{len(names)} names"))
    return found


def _out_of_order(effects: Sequence[Effect]) -> list[Finding]:
    newest: dict[tuple[str, str], int] = {}
    found = []
    for each in effects:
        if each.version is None:
            continue
        before = newest.get((each.kind, each.own), each.version)
        if each.version < before:
            found.append(Finding(Fault.OUT_OF_ORDER, each.kind, each.own, each.version, f"after version {before}"))
        newest[each.kind, each.own] = max(before, each.version)
    return found


def _stray(claims: Sequence[Claim], effects: Sequence[Effect]) -> list[Finding]:
    known = {each.key for each in claims}
    return [
        Finding(Fault.STRAY, each.kind, each.own, each.version, f"effect {each.number}")
        for each in effects
        if each.key not in known
    ]


def _finding(fault: Fault, claim: Claim, detail: str) -> Finding:
    return Finding(fault, claim.kind, claim.id, claim.version, detail)
