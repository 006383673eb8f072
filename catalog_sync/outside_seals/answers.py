"""The seal system's answers about others' seals, read strictly by its dialect. Pure.

Who asks about some codes is answered about these and no others, each once; a state that the dialect does not know is no
answer, since any guess at it would let a document pass or fail for nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from catalog_sync.outside_seals.word import Said, State
from catalog_sync.targets.gateway.answers import Told, Unbelievable
from catalog_sync.targets.gateway.forms import BEIJING, SECONDS
from catalog_sync.targets.signed.answers import list_in, mark_in, object_in, text_in
from catalog_sync.targets.signed.dialect import Dialect

CODE_LENGTH: Final = 64
NAME_LENGTH: Final = 200
REASON_LENGTH: Final = 500
HERE: Final = frozenset({"1", "true"})


def asked(answer: Told, dialect: Dialect, codes: Sequence[str]) -> tuple[Said, ...]:
    """Read what was said of the seals that were asked for. Raises `Unbelievable`."""
    found = tuple(_said(object_in(each), dialect) for each in list_in(object_in(answer.data).get("list")))
    if sorted(each.code for each in found) != sorted(codes):
        raise Unbelievable("an answer about other seals than were asked for")
    return found


def changes(answer: Told, dialect: Dialect) -> tuple[tuple[Said, ...], str]:
    """Read what changed, and the mark from which to read on. Raises `Unbelievable`."""
    data = object_in(answer.data)
    return tuple(_said(object_in(each), dialect) for each in list_in(data.get("list"))), mark_in(data)


def _said(told: Mapping[str, Any], dialect: Dialect) -> Said:
    named = dialect.table["outside"]
    code = text_in(told.get(named["code"]), CODE_LENGTH)
    if not code:
        raise Unbelievable("a word about no seal")
    if text_in(told.get(named["known"], "1"), NAME_LENGTH) not in HERE:
        return Said(code, State.ABSENT)

    def text(member: str, longest: int) -> str:
        return text_in(told.get(named[member]), longest)

    return Said(
        code,
        _state(told.get(named["state"]), named["states"]),
        _moment(told.get(named["since"])),
        text("name", NAME_LENGTH),
        text("unit", CODE_LENGTH),
        text("unit_name", NAME_LENGTH),
        _moment(told.get(named["valid_from"])),
        _moment(told.get(named["valid_until"])),
        text("reason", REASON_LENGTH),
        text("successor", CODE_LENGTH),
    )


def _state(told: Any, states: Mapping[str, Sequence[str]]) -> State:
    found = next((State(name) for name, codes in states.items() if told in codes), None)
    if found is None:
        raise Unbelievable("a state that is not known")
    return found


def _moment(told: Any) -> datetime | None:
    if told is None or told == "":
        return None
    try:
        # In UTC here and now: the first year has hours that have none.
        return datetime.strptime(told, SECONDS).replace(tzinfo=BEIJING).astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise Unbelievable("a time that is none") from error
