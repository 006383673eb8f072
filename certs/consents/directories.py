"""What of directories holders agreed to: the items that can be named, and the consents by which the gateway asks.

The gateway hands in the conditions of each subject. Whose consent is looked for is told by the item that names a
holder, asked for with one value; a subject that is told in another way is nobody's, and has agreed to nothing. Every
item that is shown must have been agreed to.
"""

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from certs import contents
from certs.contents import Keys
from certs.holder_codes import KEY_ITEMS
from exchange.models import Directory, DirectoryVersion
from exchange.mounting import serving
from exchange.sources.questions import Asked
from exchange.sources.source import Test

_PUBLISHED: Final = and_(DirectoryVersion.directory == Directory.code, DirectoryVersion.number == Directory.published)


def items(session: Session, codes: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Give the items of published directories, by their codes."""
    if not codes:
        return {}
    query = select(Directory.code, DirectoryVersion.content).join(DirectoryVersion, _PUBLISHED)
    rows = session.execute(query.where(Directory.code.in_(sorted(codes)), Directory.state.not_in(serving.OVER)))
    return {code: tuple(each["name"] for each in serving.items_of(content)) for code, content in rows}


def holders_of(session: Session, keys: Keys, asked: Sequence[Asked]) -> tuple[str, ...]:
    """Give the hashes under which the holder may be known whom a subject names; none where it names no single one."""
    for each in asked:
        if each.test not in {Test.EQUAL, Test.IN} or len(each.values) != 1:
            continue
        code = str(each.values[0])
        kinds = [kind for kind, names in KEY_ITEMS.items() if each.item in names]
        if kinds:
            return tuple(contents.holder_hash(session, keys, kind, code) for kind in kinds)
    return ()
