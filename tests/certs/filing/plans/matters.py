"""Invented matters: a restaurant that opens, and whatever a seed makes of materials, replacements and offers."""

import random
from datetime import UTC, date, datetime
from typing import Any

from base.workdays import Calendar
from certs.filing.matter import Condition, Material, Matter, Means, Mode, Necessity, Question, Replacement
from certs.filing.plans.offers import HandedIn, Offer, Offers, Standing

AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
ORGAN = "11320900MB0TEST01X"
ITEM = f"{ORGAN}300012301000001"
CALENDAR = Calendar(frozenset(), frozenset(), frozenset({2026}))
LICENCE, IDENTITY, HOUSEHOLD, HEALTH = "type-licence", "type-identity", "directory-household", "directory-health"


def certificate(target: str = LICENCE, **peculiar: Any) -> Replacement:
    """Let a certificate stand in."""
    told = {"name": f"演示{target}", "fields": ("name",), "mode": Mode.DATA, "basis": "演示依据"}
    return Replacement(**{"means": Means.CERTIFICATE, "target": target, **told, **peculiar})


def shared(target: str = HOUSEHOLD, **peculiar: Any) -> Replacement:
    """Let shared data stand in."""
    return certificate(target, means=Means.SHARED, **peculiar)


def material(key: str, *replacements: Replacement, **peculiar: Any) -> Material:
    """Make a material."""
    told = {"name": f"演示材料{key}", "necessity": Necessity.REQUIRED, "basis": "演示条例第一条"}
    return Material(**{"key": key, **told, "replacements": replacements, **peculiar})


def matter(*materials: Material, questions: tuple[Question, ...] = ()) -> Matter:
    """Make a matter of materials."""
    return Matter(ITEM, "演示事项", ORGAN, "320900", 1, date(2026, 1, 1), None, questions, materials)


def question(key: str = "kind") -> Question:
    """Make a question with two answers."""
    return Question(key, "演示问题", "A question", {"yes": ("是", "yes"), "no": ("否", "no")})


def when(answer: str, key: str = "kind") -> tuple[Condition, ...]:
    """Ask for a material only where a question has this answer."""
    return (Condition(key, frozenset({answer})),)


def offers(*targets: str, handed_in: dict[str, HandedIn] | None = None, **peculiar: Any) -> Offers:
    """Offer certificates and directories by their names; whatever stands in `peculiar` is true of all."""
    offer = Offer(**{"standing": Standing.OPEN, "grant": "use-list:demo:1", **peculiar})
    offered = {(_means(each), each): offer for each in targets}
    return Offers("320900", offered, handed_in or {}, CALENDAR)


def _means(target: str) -> Means:
    return Means.SHARED if target.startswith("directory") else Means.CERTIFICATE


# --- whatever a seed makes ----------------------------------------------------------------------------------------

TARGETS = tuple((means, f"{means.value}-{place}") for means in Means for place in range(3))


def drawn_replacement(dice: random.Random, targets: tuple[tuple[Means, str], ...] = TARGETS) -> Replacement:
    """Draw a replacement."""
    means, target = dice.choice(targets)
    fields = tuple(f"field-{place}" for place in range(dice.randint(0, 3)))
    region = dice.choice(("", "", "", "320900", "320500"))
    return Replacement(means, target, f"演示{target}", fields, dice.choice(list(Mode)), "演示依据", region=region)


def drawn_material(dice: random.Random, key: str, most: int = 3) -> Material:
    """Draw a material."""
    replacements = tuple(drawn_replacement(dice) for _ in range(dice.randint(0, most)))
    necessities = (Necessity.REQUIRED, Necessity.REQUIRED, Necessity.REQUIRED, Necessity.LOCAL, Necessity.NOT_ALLOWED)
    return material(
        key,
        *replacements,
        necessity=dice.choice(necessities),
        basis=dice.choice(("演示条例", "演示条例", "演示条例", "")),
        role=dice.choice(("applicant", "applicant", "spouse")),
        may_be_promised=dice.random() < 0.2,
        later_working_days=dice.choice((None, None, None, 10)),
    )


def drawn_offer(dice: random.Random) -> Offer:
    """Draw how a source stands."""
    standing = dice.choice((Standing.OPEN, Standing.OPEN, Standing.OPEN, *Standing))
    fields = dice.choice((None, None, frozenset({"field-0", "field-1"})))
    return Offer(
        standing,
        dice.random() < 0.8,
        fields,
        consent=dice.random() < 0.4,
        grant=dice.choice(("use-list:x:1", "grant-1")),
    )


def drawn_offers(dice: random.Random) -> Offers:
    """Draw everything that is on offer."""
    handed = {str(place): HandedIn("演示办件", AT) for place in range(5) if dice.random() < 0.1}
    return Offers("320900", {each: drawn_offer(dice) for each in TARGETS if dice.random() < 0.8}, handed, CALENDAR)


def drawn_matter(dice: random.Random, most: int = 5) -> Matter:
    """Draw a matter."""
    return matter(*(drawn_material(dice, str(place)) for place in range(dice.randint(1, most))))
