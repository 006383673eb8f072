"""What people type finds what they mean, on both databases, and nothing they type can break a query."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import MetaData, Table, cast, func, insert, literal, select, text, update

from base.db import Database
from base.search import (
    LONGEST_TEXT,
    LONGEST_TOKEN,
    MOST_TERMS,
    SearchTokens,
    best,
    forget,
    fts5_query,
    matches,
    put,
    search_table,
    tokenize,
    tokens_version,
    tsquery,
)

TITLES = {
    "food": "江苏省食品经营许可证办理",
    "card": "社会保障卡申领（演示）",
    "market": "演示市市场监督管理局市场监管事项",
    "bank": "重庆银行行长任职核准",
    "code": "目录 30701505003030050000000003/000123",
    "identifier": "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U",
    "english": "Food Business LICENCE ＡＢＣ",
    "rare": "𫠠𰀀㐀食品店",
    "bridge": "南京市长江大桥",
}


@pytest.fixture
def searched(database: Database) -> Iterator[Table]:
    """Give a search table that holds the titles, on each database."""
    metadata = MetaData()
    table = search_table("base_probe_search", metadata)
    with database.transaction() as session:
        metadata.create_all(session.connection())
        for subject, title in TITLES.items():
            put(session, table, subject, [title])
    yield table
    with database.transaction() as session:
        metadata.drop_all(session.connection())


def found(database: Database, table: Table, query: str) -> set[str]:
    with database.reading() as session:
        ordered = best(session, table, query, 100)
        condition = matches(table, query, session.connection().dialect.name)
        assert set(session.scalars(select(table.c.subject).where(condition))) == set(ordered)
    assert len(ordered) == len(set(ordered))
    return set(ordered)


@pytest.mark.parametrize(
    ("query", "subjects"),
    [
        ("许可", {"food"}),
        ("许可证", {"food"}),
        ("食品经营许可证", {"food"}),
        ("spjyxkz", {"food"}),
        ("SPJYXKZ", {"food"}),
        ("ｓｐｊｙ", {"food"}),
        ("xkz", {"food"}),
        ("食品", {"food", "rare"}),
        ("证", {"food"}),
        ("食 许可", {"food"}),
        ("保障卡", {"card"}),
        ("shbzk", {"card"}),
        ("市场监管", {"market"}),
        ("监管局", set()),
        ("重庆", {"bank"}),
        ("cqyh", {"bank"}),
        ("银行行长", {"bank"}),
        ("307015", {"code"}),
        ("30701505003030050000000003/000123", {"code"}),
        ("11100000000013338w011", {"identifier"}),
        (TITLES["identifier"], {"identifier"}),
        ("licence", {"english"}),
        ("abc food", {"english"}),
        ("𫠠", {"rare"}),
        ("𰀀㐀", {"rare"}),
        ("大桥", {"bridge"}),
        ("长江 食品", set()),
        ("没有的词", set()),
        ("", set()),
        ("（）、 *\"'", set()),
    ],
)
def test_what_people_type_finds_what_they_mean(database: Database, searched: Table, query, subjects):
    assert found(database, searched, query) == subjects


def test_a_title_with_the_word_itself_comes_before_one_that_only_holds_its_characters(database, searched: Table):
    with database.transaction() as session:
        put(session, searched, "whole", ["市长信箱"])
    with database.reading() as session:
        assert best(session, searched, "市长", 10)[0] == "whole"


def test_what_is_put_again_is_found_by_its_new_text_only(database: Database, searched: Table):
    with database.transaction() as session:
        put(session, searched, "food", ["取水许可", "水利局"])
    assert found(database, searched, "食品") == {"rare"}
    assert found(database, searched, "取水 水利") == {"food"}


def test_what_is_forgotten_is_not_found(database: Database, searched: Table):
    with database.transaction() as session:
        forget(session, searched, "food")
        forget(session, searched, "never there")
    assert found(database, searched, "许可") == set()


def test_a_row_changed_in_place_is_found_by_its_new_tokens(database: Database, searched: Table):
    """The triggers of the FTS5 index follow every way of writing, not only `put`."""
    with database.transaction() as session:
        session.execute(update(searched).where(searched.c.subject == "food").values(tokens=tokenize("取水")))
    assert found(database, searched, "许可") == set()
    assert found(database, searched, "取水") == {"food"}


def test_a_transaction_that_fails_leaves_the_index_as_it_was(database: Database, searched: Table):
    def put_and_fail() -> None:
        with database.transaction() as session:
            put(session, searched, "food", ["取水"])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        put_and_fail()
    assert found(database, searched, "许可") == {"food"}
    assert found(database, searched, "取水") == set()


def test_tokens_come_back_as_they_were_written(database: Database, searched: Table):
    with database.reading() as session:
        told = session.scalar(select(searched.c.tokens).where(searched.c.subject == "food"))
    assert told is not None
    assert set(told) == set(tokenize(TITLES["food"]))


def test_nothing_stays_nothing_in_a_column_of_tokens(database: Database):
    with database.reading() as session:
        assert session.scalar(select(cast(literal(None, SearchTokens), SearchTokens))) is None


def test_the_fts5_index_stays_whole_through_everything(database: Database, searched: Table):
    if not database.is_sqlite:
        pytest.skip("FTS5 is SQLite's")
    with database.transaction() as session:
        for turn in range(50):
            put(session, searched, f"subject-{turn % 7}", [f"取水许可{turn}"])
        forget(session, searched, "subject-3")
        session.execute(text("INSERT INTO base_probe_search_fts(base_probe_search_fts) VALUES ('integrity-check')"))


def test_the_index_can_be_used_instead_of_the_whole_table(database: Database, searched: Table):
    with database.transaction() as session:
        rows = [{"subject": f"n{n}", "tokens": tokenize(f"事项{n}号")} for n in range(2000)]
        session.execute(insert(searched), rows)
    with database.reading() as session:
        if not database.is_sqlite:
            session.execute(text("SET LOCAL enable_seqscan = off"))  # so few rows would be read as a whole
        dialect = session.connection().dialect
        statement = select(searched.c.subject).where(matches(searched, "许可", dialect.name))
        written = statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
        explain = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
        plan = "\n".join(str(tuple(row)) for row in session.execute(text(f"{explain} {written}".replace(":", r"\:"))))
    assert ("VIRTUAL TABLE INDEX" in plan) if database.is_sqlite else (f"ix_{searched.name}_tokens" in plan)


HOSTILE = [
    '"',
    '""',
    "'",
    "''",
    "\\",
    "\\'",
    "a\\",
    "* OR 1",
    "NEAR(a b)",
    "NOT a",
    "AND",
    "OR OR",
    "a:b",
    "tokens:a",
    "{a b}:c",
    "^a",
    "a + b",
    "-a",
    "(a",
    "a)",
    "a & | !b",
    "a <-> b",
    "a:*",
    ":*",
    "!",
    "'a':*",
    "a'; DROP TABLE base_probe_search; --",
    "%s %(x)s :x ?",
    "\x00",
    "a\x00b",
    "\ud800",
    "许\x00可",
    "\u200b",
    "é\u0301",
    "İı",
    "ﬃ",
    "½",
    "\uffff",
    "😀👨‍👩‍👧",
    "x" * 5000,
    "许" * 5000,
    "a " * 5000,
    "🂡\u202e",
]
anything = st.one_of(
    st.text(max_size=60),
    st.text("\"'\\*:()^&|!<>-+{}[]%?; \x00aA许可证", max_size=40),
    st.sampled_from(HOSTILE),
    st.lists(st.sampled_from([*HOSTILE, "AND", "OR", "NOT", "NEAR", "许可", "a"]), max_size=6).map(" ".join),
)
in_a_database = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize("query", HOSTILE)
def test_a_hostile_query_is_only_text(database: Database, searched: Table, query):
    found(database, searched, query)
    assert found(database, searched, "许可") == {"food"}


@in_a_database
@given(query=anything)
def test_no_query_breaks_the_syntax_of_either_engine(database: Database, searched: Table, query):
    with database.reading() as session:
        best(session, searched, query, 5)
        session.scalar(
            select(func.count())
            .select_from(searched)
            .where(matches(searched, query, session.connection().dialect.name))
        )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=anything)
def test_whatever_can_be_written_can_be_indexed_and_is_found_by_its_own_text(database, searched: Table, title):
    with database.transaction() as session:
        put(session, searched, "it", [title])
    if fts5_query(title) is not None:
        assert "it" in found(database, searched, title)


chinese = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=12)
places = st.sampled_from(
    ["江苏省", "市场监管", "食品经营", "许可证", "社会保障", "卡", "的", "核准", "机动车", "驾驶员", "重庆", "行"]
)
titles = st.one_of(chinese, st.lists(places, min_size=1, max_size=5).map("".join))


def satisfied(query: str, title: str) -> bool:
    """Judge an FTS5 query of ours by hand: terms joined by AND, each a beginning or a word or all its pairs."""
    held = set(tokenize(title))
    for term in query.split(" AND ") if "(" not in query else _terms_of(query):
        wanted = [part.strip('"') for part in term.strip("()").replace("(", "").replace(" AND ", " ").split()]
        if term.endswith("*"):
            good = any(token.startswith(term[1:-2]) for token in held)
        else:
            word, _or, *pairs = wanted
            good = word in held or held.issuperset(pairs)
        if not good:
            return False
    return True


def _terms_of(query: str) -> list[str]:
    depth, terms = 0, [""]
    for sign in query:
        depth += {"(": 1, ")": -1}.get(sign, 0)
        terms[-1] += sign
        if depth == 0 and terms[-1].endswith(" AND "):
            terms[-1] = terms[-1].removesuffix(" AND ")
            terms.append("")
    return terms


@given(titles, st.data())
def test_every_piece_of_a_title_finds_it(title, data):
    """However the segmenter cuts the piece and the whole; this is what the pairs are for."""
    start = data.draw(st.integers(0, len(title) - 1))
    piece = title[start : data.draw(st.integers(start + 1, len(title)))]
    query = fts5_query(piece)
    assert query is not None
    assert satisfied(query, title), (query, tokenize(title))


@given(st.lists(places, min_size=1, max_size=4), st.data())
def test_the_initials_from_any_word_on_find_the_title(words, data):
    title = "".join(words)
    for token in [token for token in tokenize(title) if token.isascii()]:
        typed = token[: data.draw(st.integers(1, len(token)))]
        query = fts5_query(typed)
        assert query is not None
        assert satisfied(query, title)


@given(st.text(max_size=200))
def test_tokens_hold_letters_marks_and_digits_only_and_are_bounded(written):
    tokens = tokenize(written)
    assert len(tokens) == len(set(tokens))
    for token in tokens:
        assert 0 < len(token) <= LONGEST_TOKEN
        assert not set(token) & set(" \"'\\*:()^&|!<>-+{}[]%?;\x00\n")


@given(st.text(max_size=100))
def test_both_engines_are_asked_for_the_same_tokens(query):
    in_fts5, in_postgresql = fts5_query(query), tsquery(query)
    assert (in_fts5 is None) == (in_postgresql is None)
    if in_fts5 is not None and in_postgresql is not None:
        translated = in_fts5.replace('"', "'").replace("*", ":*").replace(" AND ", " & ").replace(" OR ", " | ")
        assert translated == in_postgresql


def test_a_query_is_looked_at_only_so_far():
    query = tsquery(" ".join(f"w{n}" for n in range(1000)))
    assert query is not None
    assert query.count("&") == MOST_TERMS - 1


def test_the_longest_text_fits_into_both_databases(database: Database, searched: Table):
    longest = "".join(chr(0x4E00 + n * 7 % 20000) for n in range(LONGEST_TEXT))
    with database.transaction() as session:
        put(session, searched, "longest", [longest + "越过界限"])
    assert found(database, searched, longest[1000:1006]) == {"longest"}


def test_the_version_names_the_rules_and_both_dictionaries():
    rules, segmenter, pinyin = tokens_version().split()
    assert rules.isdigit()
    assert segmenter.startswith("rjieba-")
    assert pinyin.startswith("pypinyin-")


def test_a_search_table_is_dropped_with_its_index(database: Database):
    metadata = MetaData()
    search_table("base_probe_search", metadata)
    for _ in range(2):
        with database.transaction() as session:
            metadata.create_all(session.connection())
        with database.transaction() as session:
            metadata.drop_all(session.connection())
