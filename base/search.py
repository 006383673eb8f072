"""Search in Chinese text: one tokeniser for both sides, and the parts of SQL that a room's search is built from.

What is told apart, in this order: runs of Chinese characters become words (rjieba) and overlapping pairs; letters and
digits stay whole, small and half-width; and every run gives its pinyin initials from each word to its end, so that
`spjyxkz` finds 食品经营许可证 inside a longer title. Words alone would lose what people type: in 社会保障卡 the
segmenter sees no 保障卡. Pairs find it; words decide which hits come first.

Neither engine parses our text: tokens hold letters and digits only, FTS5 is told to keep every other byte together
(its `ascii` tokeniser), and PostgreSQL is handed finished lexemes. A query is made of the same tokens in quotes, so
nothing a user types is ever read as syntax.

A room makes a `search_table`, fills it with `put`, and asks `best` or puts `matches` into its own statement.
"""

import re
import unicodedata
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

import rjieba
from sqlalchemy import (
    DDL,
    ColumnElement,
    Dialect,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    TableClause,
    Text,
    TypeDecorator,
    cast,
    column,
    delete,
    event,
    false,
    func,
    insert,
    literal,
    literal_column,
    select,
    table,
)
from sqlalchemy import Column as TableColumn
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

# Raise it when the rules below change; indexes made under another version must be filled again.
RULES = 1
# Beyond it a text is not a title or a description; PostgreSQL holds at most 1 MiB of lexemes (tsvector).
LONGEST_TEXT = 20_000
# Codes of 128 characters exist (证照标识); PostgreSQL refuses lexemes over 2 KiB, which 128 characters never reach.
LONGEST_TOKEN = 128
# Initials are typed for a name, not for a sentence.
LONGEST_INITIALS = 24
# What people type into a search box; the rest of a longer query is not looked at.
MOST_TERMS = 24
SUBJECT_LENGTH = 128

# Unified ideographs with extensions A to I, the compatibility forms that stay, and 〇, which counts as one.
CHINESE = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
RUNS = re.compile(f"([{CHINESE}]+)|([^ {CHINESE}]+)")


def tokens_version() -> str:
    """Tell what the tokens depend on; kept beside an index, it says whether the index is still right."""
    return f"{RULES} rjieba-{version('rjieba')} pypinyin-{version('pypinyin')}"


def tokenize(text: str) -> list[str]:
    """Give the tokens of a text, each once, in the order in which they first appear."""
    found: dict[str, None] = {}
    for chinese, other in RUNS.findall(_plain(text)):
        if other:
            found[other[:LONGEST_TOKEN]] = None
            continue
        words = [word[:LONGEST_TOKEN] for word in rjieba.cut_for_search(chinese)]
        found.update(dict.fromkeys((*words, *_pairs(chinese), chinese[-1], *_initials(chinese))))
    return list(found)


def fts5_query(text: str) -> str | None:
    """Write a user's text as an FTS5 query, or tell that there is nothing in it to look for."""
    return " AND ".join(_fts5_term(word) for word in _terms(text)) or None


def tsquery(text: str) -> str | None:
    """Write a user's text as a PostgreSQL tsquery of finished lexemes, or tell that there is nothing to look for."""
    return " & ".join(_tsquery_term(word) for word in _terms(text)) or None


def _plain(text: str) -> str:
    """Fold width and case, and put a blank for everything that is no letter, mark or digit."""
    folded = unicodedata.normalize("NFKC", text[:LONGEST_TEXT]).casefold()
    return "".join(sign if unicodedata.category(sign)[0] in "LMN" else " " for sign in folded[:LONGEST_TEXT])


def _pairs(run: str) -> list[str]:
    return [run[place : place + 2] for place in range(len(run) - 1)]


def _initials(run: str) -> list[str]:
    import pypinyin  # its dictionaries take 0.15 s and 40 MiB, which most commands never need

    letters = [
        "".join(pypinyin.lazy_pinyin(word, style=pypinyin.Style.FIRST_LETTER, errors="ignore"))
        for word in rjieba.cut(run)
    ]
    return [found for found in ("".join(letters[word:])[:LONGEST_INITIALS] for word in range(len(letters))) if found]


def _terms(text: str) -> list[str]:
    """Cut a query into words: Chinese by the segmenter, the rest as typed; each once."""
    found: dict[str, None] = {}
    for chinese, other in RUNS.findall(_plain(text)):
        found.update(dict.fromkeys([other] if other else rjieba.cut(chinese)))
    return [word[:LONGEST_TOKEN] for word in found][:MOST_TERMS]


def _is_chinese(word: str) -> bool:
    return re.fullmatch(f"[{CHINESE}]{{2,}}", word) is not None


# A Chinese word of two or more stands as itself (which ranks) or as all its pairs (which finds); anything else is a
# beginning: of a code, of initials, of a word.
def _fts5_term(word: str) -> str:
    if not _is_chinese(word):
        return f"{_fts5_quoted(word)}*"
    return f"({_fts5_quoted(word)} OR ({' AND '.join(map(_fts5_quoted, _pairs(word)))}))"


def _tsquery_term(word: str) -> str:
    if not _is_chinese(word):
        return f"{_lexeme(word)}:*"
    return f"({_lexeme(word)} | ({' & '.join(map(_lexeme, _pairs(word)))}))"


def _fts5_quoted(token: str) -> str:
    return '"' + token.replace('"', '""') + '"'


def _lexeme(token: str) -> str:
    return "'" + token.replace("\\", "\\\\").replace("'", "''") + "'"


class SearchTokens(TypeDecorator[list[str]]):
    """Tokens in a column: text between blanks on SQLite, a tsvector of the same lexemes on PostgreSQL."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the column's type."""
        return dialect.type_descriptor(TSVECTOR() if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: list[str] | None, dialect: Dialect) -> str | None:
        """Write the tokens as the database keeps them."""
        if value is None:
            return None
        return " ".join(map(_lexeme, value) if dialect.name == "postgresql" else value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> list[str] | None:
        """Read the tokens; PostgreSQL has sorted them."""
        if value is None:
            return None
        if dialect.name != "postgresql":
            return value.split()
        return [word.replace("''", "'").replace("\\\\", "\\") for word in re.findall(r"'((?:[^']|'')*)'", value)]


def search_table(name: str, metadata: MetaData) -> Table:
    """Make the table of a room's searchable things: a subject (its key, as text) and the tokens of its text.

    On SQLite an FTS5 index is kept beside it by triggers; on PostgreSQL the tokens carry a GIN index.
    """
    made = Table(
        name,
        metadata,
        TableColumn("id", Integer, primary_key=True),
        TableColumn("subject", String(SUBJECT_LENGTH), nullable=False, unique=True),
        TableColumn("tokens", SearchTokens, nullable=False),
        info={"search": True},
    )
    Index(f"ix_{name}_tokens", made.c.tokens, postgresql_using="gin").ddl_if(dialect="postgresql")
    for statement in fts5_statements(name):
        event.listen(made, "after_create", DDL(statement).execute_if(dialect="sqlite"))  # type: ignore[no-untyped-call]
    drop = DDL(f"DROP TABLE IF EXISTS {name}_fts").execute_if(dialect="sqlite")  # type: ignore[no-untyped-call]
    event.listen(made, "before_drop", drop)
    return made


def fts5_statements(name: str) -> list[str]:
    """Give the statements that make a search table's FTS5 index and its triggers, for SQLite migrations."""
    gone = f"INSERT INTO {name}_fts({name}_fts, rowid, tokens) VALUES ('delete', old.id, old.tokens);"  # noqa: S608
    come = f"INSERT INTO {name}_fts(rowid, tokens) VALUES (new.id, new.tokens);"  # noqa: S608 - our own table's name
    return [
        f"CREATE VIRTUAL TABLE {name}_fts USING fts5(tokens, content='{name}', content_rowid='id', tokenize='ascii')",
        f"CREATE TRIGGER {name}_come AFTER INSERT ON {name} BEGIN {come} END",
        f"CREATE TRIGGER {name}_gone AFTER DELETE ON {name} BEGIN {gone} END",
        f"CREATE TRIGGER {name}_changed AFTER UPDATE ON {name} BEGIN {gone} {come} END",
    ]


def put(session: Session, into: Table, subject: str, texts: Iterable[str]) -> None:
    """Make a subject findable by these texts and by nothing it was found by before."""
    forget(session, into, subject)
    session.execute(insert(into).values(subject=subject, tokens=tokenize("\n".join(texts))))


def forget(session: Session, into: Table, subject: str) -> None:
    """Make a subject not findable any more."""
    session.execute(delete(into).where(into.c.subject == subject))


def matches(within: Table, text: str, dialect: str) -> ColumnElement[bool]:
    """Give the condition that a row of a search table is found by a user's text; nothing is found by nothing."""
    query = tsquery(text) if dialect == "postgresql" else fts5_query(text)
    if query is None:
        return false()
    if dialect == "postgresql":
        return within.c.tokens.bool_op("@@")(_as_tsquery(query))
    index = _fts5(within)
    return within.c.id.in_(select(index.c.rowid).where(_fts5_matches(index, query)))


def best(session: Session, within: Table, text: str, limit: int) -> list[str]:
    """List the subjects that a user's text finds, best first; of equal ones the last made."""
    dialect = session.connection().dialect.name
    found = select(within.c.subject).limit(limit)
    if dialect == "postgresql":
        rank = func.ts_rank(within.c.tokens, _as_tsquery(tsquery(text) or "")).desc()
        found = found.where(matches(within, text, dialect)).order_by(rank, within.c.id.desc())
    else:
        index = _fts5(within)
        found = found.join_from(within, index, within.c.id == index.c.rowid)
        found = found.where(_fts5_matches(index, fts5_query(text) or '""')).order_by(index.c.rank, within.c.id.desc())
    return list(session.scalars(found))


def _as_tsquery(query: str) -> ColumnElement[Any]:
    return cast(literal(query, String), TSQUERY)


def _fts5(within: Table) -> TableClause:
    return table(f"{within.name}_fts", column("rowid", Integer), column("rank", Float))


def _fts5_matches(index: TableClause, query: str) -> ColumnElement[bool]:
    return literal_column(index.name).bool_op("MATCH")(literal(query, String))
