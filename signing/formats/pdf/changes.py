"""What happened to a document after a signature, and whether the signature allows it.

pyHanko's difference policy compares every later revision with the signed one, object by object, and refuses what no
rule explains. Ours is its default without the rule that lets ordinary form fields change: a signed document of this
house has no fields to fill, and the one public attack that the default lets through (a field that hides text behind
its appearance) goes through that rule. Document security stores, document time stamps and metadata may be added
(EN 319 142-1 5.4), and are told.
"""

# pyHanko is typed in part only.
# mypy: disallow-untyped-calls=False

from collections.abc import Sequence
from dataclasses import dataclass

from pyhanko.sign.diff_analysis import (
    CatalogModificationRule,
    DocInfoRule,
    DSSCompareRule,
    FormUpdatingRule,
    MetadataUpdateRule,
    ModificationLevel,
    ObjectStreamRule,
    SigFieldCreationRule,
    SigFieldModificationRule,
    StandardDiffPolicy,
    SuspiciousModification,
    XrefStreamRule,
)

from signing.formats.pdf.limits import OverLimit
from signing.formats.pdf.permissions import Permissions
from signing.formats.pdf.structure import Reader, Resolver

__all__ = ["Changes", "changes_since", "named_changes"]


@dataclass(frozen=True)
class Changes:
    """What came after a signature: the highest level, and the first revision (from 1) that is not allowed, with why."""

    level: ModificationLevel = ModificationLevel.NONE
    refused: int | None = None
    reason: str = ""


def changes_since(reader: Reader, revision: int, allowed: Permissions) -> Changes:
    """Compare every later revision with the signed one. Raises `OverLimit`."""
    policy = _policy()
    signed = reader.get_historical_resolver(revision)
    highest = ModificationLevel.NONE
    for later in range(revision + 1, reader.last_revision + 1):
        try:
            found = policy.apply(
                signed,
                reader.get_historical_resolver(later),
                field_mdp_spec=allowed.fields,
                doc_mdp=allowed.document,
            )
        except OverLimit:
            raise
        except SuspiciousModification:
            return Changes(ModificationLevel.OTHER, later + 1, "unexplained")
        except Exception:  # noqa: BLE001 - a revision that cannot be compared is not allowed
            return Changes(ModificationLevel.OTHER, later + 1, "damaged")
        highest = max(highest, found.modification_level)
        # Annotations are refused under /P 3 too: an overlay is how text is hidden (the *EAA* attack).
        if highest > ModificationLevel.FORM_FILLING or (allowed.level is not None and highest.value > allowed.level):
            return Changes(highest, later + 1, "not-permitted")
    return Changes(highest)


def named_changes(reader: Reader, revision: int, signatures: Sequence[str]) -> tuple[str, ...]:
    """Name what one revision (from 0) brought, in the words of PDF; `signatures` are those that it brought."""
    new = reader.get_historical_resolver(revision)
    old = reader.get_historical_resolver(revision - 1)
    touched = {(ref.idnum, ref.generation) for ref in new.explicit_refs_in_revision()}
    found = list(signatures)
    found += [key[1:] for key in ("/DSS", "/Metadata") if _moved(old, new, key, touched)]
    if "/Info" in new.trailer_view:
        info = new.trailer_view.raw_get("/Info")
        if (getattr(info, "idnum", -1), getattr(info, "generation", -1)) in touched:
            found.append("Info")
    return tuple(f"revision {revision + 1}: {each}" for each in found or ["other"])


def _moved(old: Resolver, new: Resolver, key: str, touched: set[tuple[int, int]]) -> bool:
    value = new.root.raw_get(key) if key in new.root else None
    number = (getattr(value, "idnum", -1), getattr(value, "generation", -1))
    before = old.root.raw_get(key) if key in old.root else None
    return number in touched or bool(before != value)


def _policy() -> StandardDiffPolicy:
    lta = ModificationLevel.LTA_UPDATES
    return StandardDiffPolicy(
        global_rules=[
            CatalogModificationRule(),
            DocInfoRule().as_qualified(lta),
            XrefStreamRule().as_qualified(lta),
            ObjectStreamRule().as_qualified(lta),
            DSSCompareRule().as_qualified(lta),
            MetadataUpdateRule().as_qualified(lta),
        ],
        form_rule=FormUpdatingRule(field_rules=[SigFieldCreationRule(), SigFieldModificationRule()]),
    )
