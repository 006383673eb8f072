"""What may become of a seal, written down a second time: from the rules, and without a line of `signing`.

The rules are those of docs/seals and of 国办发〔2025〕33号 articles 12 to 18: who applies, who agrees and who activates
are three people of the owner; the maker is none of those who applied, agreed or activate; whoever suspended does not
resume; no system takes a step. A seal that was cancelled or revoked never comes back. A leave to use it counts once a
second person of the owner confirmed it, for its system, kind of document, act, region and time, and so often a day.

The oracle is asked before an act whether it may succeed, and told afterwards what did. It keeps its own notes of who
did what, and nothing else decides.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from types import MappingProxyType

ANY = "*"
CHINA = timezone(timedelta(hours=8))
ON_THE_WAY = ("applied", "agreed", "made", "filed")
LIVING = ("active", "suspended")
# Where the groups of a region code end: province, city, county, town, village (GB/T 2260, GB/T 10114).
REGION_ENDS = (0, 2, 4, 6, 9, 12)


@dataclass(frozen=True)
class Who:
    """Somebody who acts."""

    kind: str
    id: str
    organisation: str


@dataclass(frozen=True)
class Rule:
    """From where to where a step leads, whether only the owner's people take it, and after whose step nobody may."""

    begins: tuple[str, ...]
    ends: str
    own: bool
    not_after: tuple[str, ...] = ()


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "agree": Rule(("applied",), "agreed", own=True, not_after=("apply",)),
        "refuse": Rule(("applied",), "refused", own=True, not_after=("apply",)),
        "withdraw": Rule(("applied", "agreed"), "withdrawn", own=True),
        "make": Rule(("agreed",), "made", own=False, not_after=("apply", "agree")),
        "file": Rule(("made",), "filed", own=False),
        "activate": Rule(("filed",), "active", own=True, not_after=("apply", "agree", "make")),
        "suspend": Rule(("active",), "suspended", own=False),
        "resume": Rule(("suspended",), "active", own=True, not_after=("suspend",)),
        "cancel": Rule(("made", "filed", "active", "suspended"), "cancelled", own=True),
        "revoke": Rule(("made", "filed", "active", "suspended"), "revoked", own=False),
    }
)


@dataclass
class Edition:
    """A seal as it was applied for once, and who did what to it last."""

    begins: datetime
    ends: datetime
    state: str = "applied"
    by: dict[str, str] = field(default_factory=dict)


@dataclass
class Leave:
    """What the owner allows, and who said so."""

    system: str
    document_type: str
    act: str
    region: str
    begins: datetime
    ends: datetime
    ceiling: int
    proposed: str
    confirmed: str | None = None
    withdrawn: bool = False
    uses: dict[str, date] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """A use that is asked for."""

    document_type: str
    act: str
    region: str


@dataclass
class Oracle:
    """The notes on one seal."""

    owner: str
    editions: list[Edition] = field(default_factory=list)
    leaves: dict[str, Leave] = field(default_factory=dict)

    def may_renew(self, who: Who) -> bool:
        """Tell whether somebody may apply for a new edition."""
        states = [each.state for each in self.editions]
        return self._own(who) and any(each in LIVING for each in states) and not any(e in ON_THE_WAY for e in states)

    def applied(self, who: Who, begins: datetime, ends: datetime) -> None:
        """Note an application."""
        self.editions.append(Edition(begins, ends, by={"apply": who.id}))

    def may(self, step: str, who: Who, at: datetime) -> bool:
        """Tell whether somebody may take a step now."""
        rule, edition = RULES[step], self.meant(step)
        if edition is None or who.kind != "person" or (rule.own and not self._own(who)):
            return False
        if step == "activate" and (
            edition.ends <= at or any(e.state in ("cancelled", "revoked") for e in self.editions)
        ):
            return False
        return all(edition.by.get(each) != who.id for each in rule.not_after)

    def took(self, step: str, who: Who) -> None:
        """Note a step."""
        edition = self.meant(step)
        assert edition is not None  # noqa: S101 - what was taken was possible
        if step == "activate":
            for each in self.editions:
                each.state = "superseded" if each.state in LIVING else each.state
        edition.state = RULES[step].ends
        edition.by[step] = who.id

    def meant(self, step: str) -> Edition | None:
        """Give the edition that a step is about: ending takes the oldest that there is, all else the newest."""
        fit = [each for each in self.editions if each.state in RULES[step].begins]
        return (fit[0] if step in ("cancel", "revoke") else fit[-1]) if fit else None

    def brought_to_life_by_fewer_than_three(self) -> bool:
        """Tell whether an edition is active that fewer than three people, or the maker among them, made so."""
        for each in (one for one in self.editions if one.state == "active"):
            people = {each.by[step] for step in ("apply", "agree", "activate") if step in each.by}
            if len(people) != len(("apply", "agree", "activate")) or each.by.get("make") in people:
                return True
        return False

    def may_propose(self, who: Who) -> bool:
        """Tell whether somebody may propose a leave, or take one back."""
        return self._own(who)

    def may_confirm(self, leave: str, who: Who) -> bool:
        """Tell whether somebody may confirm a leave."""
        told = self.leaves[leave]
        return self._own(who) and told.confirmed is None and not told.withdrawn and told.proposed != who.id

    def may_withdraw(self, leave: str, who: Who) -> bool:
        """Tell whether somebody may take a leave back."""
        return self._own(who) and not self.leaves[leave].withdrawn

    def allowed(self, who: Who, asked: Asked, at: datetime) -> list[str]:
        """Give the leaves under which this use is allowed now, as far as their ceilings go."""
        living = [each for each in self.editions if each.state == "active" and each.begins <= at <= each.ends]
        if not living or who.kind != "system":
            return []
        return [name for name, leave in self.leaves.items() if _covers(leave, who, asked, at) and _has_room(leave, at)]

    def _own(self, who: Who) -> bool:
        return who.kind == "person" and who.organisation == self.owner


def _covers(leave: Leave, who: Who, asked: Asked, at: datetime) -> bool:
    return (
        leave.confirmed is not None
        and not leave.withdrawn
        and leave.system == who.id
        and leave.document_type in (ANY, asked.document_type)
        and leave.act in (ANY, asked.act)
        and lies_in(asked.region, leave.region)
        and leave.begins <= at <= leave.ends
    )


def _has_room(leave: Leave, at: datetime) -> bool:
    today = at.astimezone(CHINA).date()
    return sum(day == today for day in leave.uses.values()) < leave.ceiling


def lies_in(place: str, area: str) -> bool:
    """Tell whether a region is another or lies in it: by the digits before the zeros at the end, in whole groups."""
    whole = area.ljust(12, "0")
    end = next(end for end in REGION_ENDS if not whole[end:].strip("0"))
    return place.ljust(12, "0")[:end] == whole[:end]
