"""Two sites are compared: planted faults are named, repaired and settled; the balance of the day is signed by both."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from base.db import Database
from base.models import AuditEntry
from catalog_sync import channels
from catalog_sync.errors import ChannelStepNotAllowed, DifferenceStepNotAllowed, NoSuchDifference
from catalog_sync.models import Evidence, Outbox
from catalog_sync.reconciliation import answering, balance_document, comparing, reconciling, repairing, signing
from catalog_sync.reconciliation.answering import TooManyComparisons, Trees
from catalog_sync.reconciliation.models import Comparison, Difference
from catalog_sync.reconciliation.other_side import Question
from catalog_sync.reconciliation.ranges import EVERYTHING
from catalog_sync.record import Operation, Record, Subject
from catalog_sync.targets.target import Listing, Outcome, Reply
from catalog_sync.wiring import Sync
from tests.catalog_sync import house as houses
from tests.catalog_sync.house import BY, House
from tests.catalog_sync.platform import KIND, OTHER, down, hostile, refused
from tests.catalog_sync.reconciliation.neighbour import Neighbour, balance_key

TARGET = "province"
COUNT = 40


class Story:
    """A house, its neighbour, and what comparisons came to."""

    def __init__(self, database: Database, folder: Path, at: datetime, **told: Any) -> None:
        self.there = Neighbour(database=database, key=balance_key("province.example"))
        self.house = houses.opened(database, folder, at, self.there, **told)
        self.signed_by(balance_key("city.example"))

    def signed_by(self, key: Any) -> None:
        sync = self.house.sync
        self.house.sync = Sync(sync.settings, sync.targets, sync.kinds, sync.keys, sync.parts, balance_key=key)

    def settled(self, count: int = COUNT) -> None:
        """Tell things, until they are stored there."""
        self.house.fill(count)
        self.tell()

    def tell(self) -> None:
        """Tell what is new."""
        self.house.write(TARGET)
        self.house.push(TARGET)

    def compare(self) -> Comparison:
        """Compare once more, an hour later."""
        self.house.later(hours=1)
        house = self.house
        return reconciling.reconcile(house.database, house.sync, house.sync.targets[TARGET], BY, house.now)

    def open(self) -> dict[str, tuple[str, str]]:
        """Give what differs and is not settled: by thing, how, and what may be done."""
        with self.house.database.reading() as session:
            rows = session.scalars(select(Difference).where(Difference.settled_at.is_(None)))
            return {each.thing: (each.difference, each.repair) for each in rows}

    def repair_all(self) -> None:
        with self.house.database.reading() as session:
            numbers = list(session.scalars(select(Difference.number).where(Difference.settled_at.is_(None))))
        for number in numbers:
            self.repair(number)

    def repair(self, number: int) -> Difference:
        house = self.house
        with house.database.transaction() as session:
            return repairing.repair(session, house.sync, number, BY, house.at)

    def number_of(self, thing: str) -> int:
        with self.house.database.reading() as session:
            return session.scalars(select(Difference.number).where(Difference.thing == thing)).one()


@pytest.fixture
def both(database: Database, tmp_path: Path, at: datetime) -> Story:
    """Two sites, on SQLite and on PostgreSQL."""
    return Story(database, tmp_path, at)


@pytest.fixture
def story(house: House, tmp_path: Path) -> Story:
    """Two sites on SQLite."""
    return Story(house.database, tmp_path, house.at)


def test_planted_faults_are_named_told_again_and_settled(both: Story) -> None:
    """Lost, altered and stale there; a deletion that was lost; all of it repaired by telling it again."""
    both.settled()
    both.house.change("t000005", {"name": "演示二"})
    both.house.change("t000006")
    both.tell()
    agreed = both.compare()
    assert (agreed.outcome, agreed.depth, agreed.here, agreed.there) == ("agrees", "content", COUNT - 1, COUNT - 1)
    assert agreed.questions == 1

    record = both.there.held[Subject(KIND, "t000005")]
    both.there.damage(KIND, "t000001")
    both.there.damage(KIND, "t000002", digest="0" * 64)
    both.there.damage(KIND, "t000005", version=1)
    both.there.plant(Record(Subject(KIND, "t000006"), 7, Operation.INSERT, {}, day=record.day), both.house.at)
    found = both.compare()
    named = {
        "t000001": ("missing-there", "tell-again"),
        "t000002": ("altered", "tell-again"),
        "t000005": ("older-there", "tell-again"),
        "t000006": ("missing-here", "tell-again"),
    }
    assert (found.outcome, found.found, both.open()) == ("differs", 4, named)

    both.repair_all()
    moving = both.compare()
    assert both.open() == named, "what was asked and not told yet still differs"
    assert moving.outcome == "differs"
    both.tell()
    told = {each.subject.id: each.operation.value for each in both.there.held.values()}
    assert told["t000001"] == "I"
    assert told["t000002"] == "U"
    assert both.compare().outcome == "agrees"
    assert both.open() == {}
    with both.house.database.reading() as session:
        acts = set(session.scalars(select(AuditEntry.act).where(AuditEntry.act.like("sync.%"))))
    assert {"sync.compared", "sync.repaired", "sync.balance-countersigned"} <= acts


def test_what_is_equal_is_not_told_and_the_share_is_kept(story: Story) -> None:
    story.settled(400)
    story.there.damage(KIND, "t000123", digest="f" * 64)
    found = story.compare()
    assert list(story.open()) == ["t000123"]
    assert found.questions == len(story.there.questions) <= 8
    assert found.sent_bytes == sum(len(each) for each in story.there.questions)
    assert 0 < found.sent_bytes + found.received_bytes < found.weight


def test_what_is_on_its_way_is_no_difference(story: Story) -> None:
    """A thing is changed and sent, and nobody knows whether it arrived; another waits."""
    story.settled()
    story.house.change("t000001", {"name": "新"})
    story.house.write(TARGET)
    story.there.damage(KIND, "t000001", digest="0" * 64)
    found = story.compare()
    assert (found.outcome, found.found, found.moving, story.open()) == ("agrees", 0, 1, {})


def test_what_changed_since_the_comparison_began_is_no_difference(story: Story) -> None:
    """With each question the same thing changes, after our side was read and before the other side answers."""
    story.settled()
    house, asked = story.house, iter(range(COUNT))

    def tell_meanwhile() -> None:
        house.later(minutes=1)
        house.change("t000003", {"name": f"第{next(asked)}次"})
        story.tell()

    story.there.before = lambda records: None if records else tell_meanwhile()
    found = story.compare()
    assert (found.outcome, found.found) == ("agrees", 0)
    assert found.moving == 1
    story.there.before = lambda _records: None
    assert story.compare().moving == 0


def test_a_thing_that_arrived_and_that_we_gave_up_is_taken_over(story: Story) -> None:
    story.settled()
    story.there.replying = lambda _record: Reply(Outcome.REFUSED, code="E7")
    story.house.change("t000009", {"name": "新"})
    story.tell()
    row = story.house.row("t000009")
    assert row.state == "refused"
    story.there.damage(KIND, "t000009", version=row.version, digest=row.content_sm3)
    story.compare()
    assert story.open() == {"t000009": ("older-here", "take-over")}
    story.repair_all()
    assert story.house.row("t000009").state == "stored"
    assert story.compare().outcome == "agrees"


def test_a_row_that_was_corrected_since_is_not_taken_over(story: Story) -> None:
    story.settled()
    story.there.replying = lambda _record: Reply(Outcome.REFUSED, code="E7")
    story.house.change("t000009", {"name": "新"})
    story.tell()
    row = story.house.row("t000009")
    story.there.damage(KIND, "t000009", version=row.version, digest=row.content_sm3)
    story.compare()
    story.house.transaction(
        lambda session: session.execute(update(Outbox).where(Outbox.number == row.number).values(content_sm3="c" * 64))
    )
    with pytest.raises(DifferenceStepNotAllowed) as refusal:
        story.repair(story.number_of("t000009"))
    assert refusal.value.reason == "changed-since"


def test_a_thing_that_only_the_other_side_knows_is_for_a_person(story: Story) -> None:
    story.settled()
    story.there.plant(Record(Subject(OTHER, "strange"), 3, Operation.INSERT, {}, day="2026-11-20"), story.house.at)
    story.compare()
    assert story.open() == {"strange": ("missing-here", "person")}
    number = story.number_of("strange")
    with pytest.raises(DifferenceStepNotAllowed) as refusal:
        story.repair(number)
    assert refusal.value.reason == "for-a-person"
    story.there.damage(OTHER, "strange")
    story.compare()
    assert story.open() == {}
    with pytest.raises(DifferenceStepNotAllowed) as refusal:
        story.repair(number)
    assert refusal.value.reason == "settled"
    with pytest.raises(NoSuchDifference):
        story.repair(999)


def test_a_repair_is_asked_once_for_each_time_that_a_difference_is_named(story: Story) -> None:
    story.settled()
    story.there.damage(KIND, "t000001")
    story.compare()
    first = story.repair(story.number_of("t000001"))
    assert (first.repaired_at, first.repaired_by) == (story.house.at, "person:wang")
    with pytest.raises(DifferenceStepNotAllowed) as refusal:
        story.repair(first.number)
    assert refusal.value.reason == "asked-already"
    story.tell()
    story.there.damage(KIND, "t000001")
    again = story.compare()
    assert again.outcome == "differs"
    assert story.repair(first.number).repaired_at == story.house.at
    story.tell()
    assert story.compare().outcome == "agrees"


def test_differences_are_repaired_by_themselves_where_that_is_set_and_they_are_few(
    house: House, tmp_path: Path, at: datetime
) -> None:
    story = Story(house.database, tmp_path, at, repair=True, repair_most=2)
    story.settled()
    for thing in ("t000001", "t000002", "t000003"):
        story.there.damage(KIND, thing)
    story.compare()
    assert story.house.write(TARGET).written == 0, "three at once are a person's"
    story.repair(story.number_of("t000003"))
    story.tell()
    story.compare()
    story.tell()
    assert story.compare().outcome == "agrees"
    with story.house.database.reading() as session:
        by = dict(session.execute(select(Difference.thing, Difference.repaired_by)).all())
    assert by == {"t000001": "system:catalog_sync", "t000002": "system:catalog_sync", "t000003": "person:wang"}


def test_the_balance_is_signed_by_both_and_verified_offline(both: Story) -> None:
    both.settled()
    row = both.compare()
    assert (row.limits, row.balance is not None) == ([], True)
    document = balance_document.document_of(str(row.balance).encode())
    verdict = balance_document.verify(document, [document.signatures[0].key])
    assert (verdict.is_of_both, verdict.agrees) == (True, True)
    assert [(each.name, each.is_trusted) for each in verdict.signatures] == [
        ("city.example", True),
        ("province.example", False),
    ]
    assert document.balance["here"] == document.balance["there"]
    assert document.balance["here"]["kinds"][KIND]["count"] == COUNT
    assert document.balance["day"] == "2026-11-21"


def test_a_side_that_signs_nothing_or_has_changed_leaves_the_balance_one_sided(story: Story) -> None:
    story.settled()
    story.there.key = None
    assert story.compare().limits == ["not-countersigned"]
    story.there.key = balance_key("province.example")
    story.signed_by(None)
    unsigned = story.compare()
    assert unsigned.limits == ["not-signed", "not-countersigned"]
    document = balance_document.document_of(str(unsigned.balance).encode())
    assert not balance_document.verify(document).is_intact


def test_the_other_side_signs_only_what_it_holds(story: Story) -> None:
    """What is signed for is looked up again, not believed because we said it."""
    story.settled()
    row = story.compare()
    said = balance_document.document_of(str(row.balance).encode())
    ours = balance_document.Document(said.balance, said.signatures[:1])
    assert story.there.countersign(ours.written, story.house.at) is not None
    story.there.damage(KIND, "t000001")
    story.there.trees = type(story.there.trees)()
    assert story.there.countersign(ours.written, story.house.at) is None
    forged = balance_document.Document({**said.balance, "moving": 1}, said.signatures[:1])
    for wrong in (forged.written, said.written, b"{}"):
        with pytest.raises(balance_document.UnreadableBalance):
            story.there.countersign(wrong, story.house.at)


def _signed(story: Story, said: balance_document.Document, **told: Any) -> bytes:
    """Give a balance with something else in it, signed by us anew."""
    key = story.house.sync.balance_key
    assert key is not None
    balance = {**said.balance, **told}
    with story.house.database.reading() as session:
        made = signing.signature(key.signer(session), key.name, balance)
    return balance_document.Document(balance, (made,)).written


def test_the_other_side_signs_nothing_false_about_its_kinds_nor_another_day(story: Story) -> None:
    """The whole is right and the kinds are not, or it is of a year ago: neither is what it holds today."""
    story.settled()
    said = balance_document.document_of(str(story.compare().balance).encode())
    there = {**said.balance["there"], "kinds": {}}
    at = story.house.at
    assert story.there.countersign(_signed(story, said), at) is not None
    assert story.there.countersign(_signed(story, said, there=there), at) is None
    assert story.there.countersign(_signed(story, said, day="2025-11-21"), at) is None
    for told in ({"day": "never"}, {"day": 7}, {"comparison": "x" * 5000}):
        with pytest.raises(balance_document.UnreadableBalance):
            story.there.countersign(_signed(story, said, **told), at)


def test_a_partner_begins_so_many_comparisons_an_hour(story: Story) -> None:
    story.settled(3)
    asked = [Question(f"{number:032x}", (EVERYTHING,)).written for number in range(answering.MOST_BEGUN + 1)]
    at = story.house.at
    for each in asked[:-1]:
        story.there.compare(each, at)
    story.there.compare(asked[-2], at)
    with pytest.raises(TooManyComparisons) as refusal:
        story.there.compare(asked[-1], at)
    assert refusal.value.retry_after == 3601
    assert story.there.compare(asked[-1], at + answering.BEGUN_WITHIN)


def test_a_partner_is_answered_one_question_at_a_time() -> None:
    """Whoever asks from many threads holds one of them; another partner is not kept waiting."""
    trees = Trees()
    with trees.turn("city"):
        with pytest.raises(TooManyComparisons), trees.turn("city"):
            pass
        with trees.turn("county"):
            pass
    with trees.turn("city"):
        pass


def test_a_side_that_always_tells_another_part_is_not_asked_for_ever(story: Story, monkeypatch: Any) -> None:
    monkeypatch.setattr(comparing, "MOST_QUESTIONS", 2)
    story.settled()
    story.there.damage(KIND, "t000001")
    assert story.compare().code == "sync-answer-not-believed"
    with story.house.database.reading() as session:
        assert session.scalars(select(Evidence.reason)).one() == "comparison: without an end"


def test_a_listing_that_never_ends_is_not_believed(house: House, monkeypatch: Any) -> None:
    monkeypatch.setattr(comparing, "MOST_PAGES", 3)
    monkeypatch.setattr(house.platform, "listing", lambda *_asked: Listing((), "next"))
    assert _listed(house, house.at).code == "sync-answer-not-believed"


@pytest.mark.parametrize(
    ("fault", "code", "state"),
    [(down, "sync-channel-down", "running"), (refused, "sync-channel-refused", "running"), (hostile, None, "paused")],
    ids=["down", "not-let-in", "not-believed"],
)
def test_a_comparison_that_came_to_nothing_is_kept_as_that(story: Story, fault: Any, code: str, state: str) -> None:
    story.settled(3)
    story.there.damage(KIND, "t000001")
    story.compare()

    def fail(_records: Any) -> None:
        raise fault()

    story.there.before = fail
    row = story.compare()
    assert (row.outcome, row.code, row.balance) == ("failed", code or "sync-answer-not-believed", None)
    assert list(story.open()) == ["t000001"], "nothing is settled by a comparison that failed"
    assert story.house.channel(TARGET).state == state


def test_an_answer_that_does_not_agree_with_itself_pauses_the_channel_with_its_evidence(story: Story) -> None:
    story.settled(3)
    story.there.bend = lambda answer: answer.replace(b'"count":3', b'"count":4')
    row = story.compare()
    assert row.code == "sync-answer-not-believed"
    with story.house.database.reading() as session:
        evidence = session.scalars(select(Evidence)).one()
    assert (evidence.asked, evidence.reason) == ("compare", "comparison: count")
    with pytest.raises(ChannelStepNotAllowed):
        story.compare()
    story.house.transaction(lambda session: channels.resume(session, TARGET, BY, story.house.at))
    story.there.bend = lambda answer: answer
    assert story.compare().outcome == "agrees"


def test_rows_from_before_departments_were_kept_are_given_theirs(story: Story) -> None:
    story.settled(3)
    story.house.transaction(lambda session: session.execute(update(Outbox).values(department=None)))
    assert story.compare().outcome == "agrees"
    assert {row.department for row in story.house.rows()} == {""}


def _listed(house: House, at: datetime) -> Comparison:
    target = house.sync.targets["platform"]
    return reconciling.reconcile(house.database, house.sync, target, BY, lambda: at)


def test_a_platform_that_only_lists_is_compared_as_deep_as_it_lists(house: House, monkeypatch: Any) -> None:
    house.fill(5)
    house.write()
    house.push()
    agreed = _listed(house, house.at)
    assert (agreed.outcome, agreed.depth, agreed.there, agreed.limits) == (
        "agrees",
        "content",
        5,
        ["not-signed", "not-countersigned"],
    )
    house.later(hours=1)
    gone = house.platform.held.pop(Subject(KIND, "t000001"))
    assert _listed(house, house.at).found == 1
    house.platform.held[gone.subject] = gone
    assert _listed(house, house.at).outcome == "agrees"

    plain = house.platform.listing

    def names_only(kind: str, mark: str, at: datetime) -> Any:
        page = plain(kind, mark, at)
        held = tuple(type(each)(each.subject, "up") for each in page.held)
        return type(page)((*held, *held[:1]), None)

    monkeypatch.setattr(house.platform, "listing", names_only)
    shallow = _listed(house, house.at)
    assert (shallow.depth, shallow.found) == ("identifiers", 1)
    assert shallow.limits[:2] == ["no-content", "no-versions"]
    with house.database.reading() as session:
        doubled = session.scalars(select(Difference).where(Difference.settled_at.is_(None))).one()
    assert (doubled.difference, doubled.repair, doubled.there) == ("doubled-there", "person", None)


def test_a_shallow_comparison_settles_nothing_that_a_deeper_one_named(house: House, monkeypatch: Any) -> None:
    house.fill(2)
    house.write()
    house.push()
    house.later(hours=1)
    right = house.platform.held[Subject(KIND, "t000001")]
    house.platform.held[right.subject] = Record(right.subject, right.version, right.operation, {"name": "另一"})
    assert _listed(house, house.at).found == 1
    plain = house.platform.listing
    monkeypatch.setattr(
        house.platform,
        "listing",
        lambda *asked: type(page := plain(*asked))(
            tuple(type(each)(each.subject, None, each.version) for each in page.held), None
        ),
    )
    shallow = _listed(house, house.at)
    assert (shallow.depth, shallow.found) == ("versions", 0)
    with house.database.reading() as session:
        assert session.scalars(select(Difference.settled_at)).one() is None


def test_a_platform_that_lists_nothing_is_compared_by_its_counts(house: House, monkeypatch: Any) -> None:
    house.fill(3)
    house.write()
    house.push()
    monkeypatch.setattr(house.platform, "lists", "nothing", raising=False)
    monkeypatch.setattr(house.platform, "statistics", lambda _at: {KIND: 3})
    counted = _listed(house, house.at)
    assert (counted.outcome, counted.depth, counted.limits[:2]) == ("agrees", "counts", ["no-listing", "some-kinds"])
    monkeypatch.setattr(house.platform, "statistics", lambda _at: {KIND: 2, OTHER: 0})
    differs = _listed(house, house.at)
    assert (differs.outcome, differs.found, differs.there) == ("differs", 0, 2)
    monkeypatch.setattr(house.platform, "statistics", lambda _at: {"files": {"taken": 3}})
    nothing = _listed(house, house.at)
    assert (nothing.depth, nothing.there) == ("nothing", None)
