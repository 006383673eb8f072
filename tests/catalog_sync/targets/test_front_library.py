"""The front library: what is written there, that a repeat is seen, and what comes back; on three databases."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert

from catalog_sync.record import Operation
from catalog_sync.targets.target import ChannelDown, ChannelRefused, Outcome
from tests.catalog_sync.targets.front_house import HOURS, Front, certificate, step


def outcomes(replies: object) -> list[str]:
    return [each.outcome.value for each in replies]  # type: ignore[attr-defined]


def test_a_certificate_is_a_row_of_the_directory_and_no_more(front: Front, at: datetime):
    record = certificate()
    (reply,) = front.target.send([record], {}, at)
    assert (reply.outcome, reply.upstream_id) == (Outcome.ACCEPTED, record.subject.id)
    (row,) = front.rows("up_lic_data")
    assert row["certificate_source_id"] == record.subject.id
    assert row["certificate_holder"] == "演示企业1有限公司"
    assert (row["cd_operation"], row["data_source"], row["cd_batch"]) == ("I", "p32", reply.receipt)
    assert row["cd_time"] == datetime(2026, 11, 21, 10, 30)  # noqa: DTZ001 - Beijing's, as the column has it
    assert not {"surface", "data", "valid_until"} & set(row)


def test_what_is_told_twice_is_written_once_even_after_the_rows_were_cleared_away(front: Front, at: datetime):
    records = [certificate(1), certificate(2), step()]
    first = front.target.send(records, {}, at)
    assert front.target.send(records, {}, at + timedelta(hours=1)) == first
    front.run("DELETE FROM up_lic_data", "DELETE FROM up_pro_accept")
    assert front.again().send(records, {}, at + timedelta(days=8)) == first
    assert front.rows("up_lic_data") == []
    assert [front.target.find(each, at) for each in records] == list(first)
    assert front.target.find(certificate(3), at) is None


def test_a_step_makes_its_rows_in_every_table_it_has_facts_for(front: Front, at: datetime):
    front.target.send([step()], {}, at)
    assert [len(front.rows(f"up_pro_{each}")) for each in ("accept", "process", "material", "result")] == [1, 1, 2, 0]
    (accept,) = front.rows("up_pro_accept")
    assert (accept["apply_date"], accept["project_no"]) == (datetime(2026, 11, 20, 9, 0), "演示办件0001")  # noqa: DTZ001
    assert len({each["row_guid"] for each in front.rows("up_pro_material")}) == 2


def test_a_change_takes_the_place_of_the_row_and_an_ended_certificate_is_deleted_there(front: Front, at: datetime):
    front.target.send([certificate()], {}, at)
    front.target.send([certificate(version=2, operation=Operation.UPDATE, region="320981")], {}, at)
    (row,) = front.rows("up_lic_data")
    assert (row["cd_operation"], row["certificate_area_code"]) == ("U", "320981")
    front.target.send([certificate(version=3, operation=Operation.UPDATE, state="revoked")], {}, at)
    assert [each["cd_operation"] for each in front.rows("up_lic_data")] == ["D"]


def test_an_earlier_version_never_takes_the_place_of_a_later_one(front: Front, at: datetime):
    front.target.send([certificate(version=5, operation=Operation.UPDATE, region="320981")], {}, at)
    (reply,) = front.target.send([certificate(version=4, operation=Operation.UPDATE)], {}, at)
    assert (reply.outcome, reply.code) == (Outcome.STORED, "overtaken")
    assert [each["certificate_area_code"] for each in front.rows("up_lic_data")] == ["320981"]


def test_a_value_that_does_not_fit_is_refused_with_its_column_and_the_others_go(front: Front, at: datetime):
    long, nobody = certificate(2, number="号" * 129), certificate(4, holders=[])
    split = certificate(
        5, holders=[{"name": "甲^乙", "code": "1", "type": "099"}, {"name": "丙", "code": "2", "type": "099"}]
    )
    replies = front.target.send([certificate(1), long, nobody, split], {}, at)
    assert outcomes(replies) == ["accepted", "refused", "refused", "refused"]
    assert [each.code for each in replies] == ["", "too-long", "missing", "holds-the-separator"]
    assert replies[1].words == "up_lic_data.certificate_number too-long 129 > 128"
    assert "号号" not in replies[1].words
    assert len(front.rows("up_lic_data")) == 1


def test_a_shorter_column_of_the_real_database_holds(lite: Front, at: datetime):
    made = next(each for each in lite.sql("up_lic_data") if "CREATE TABLE" in each)
    lite.run("DROP TABLE up_lic_data", made.replace("issue_dept VARCHAR(256)", "issue_dept VARCHAR(4)"))
    (reply,) = lite.again().send([certificate()], {}, at)
    assert (reply.outcome, reply.words) == (Outcome.REFUSED, "up_lic_data.issue_dept too-long 8 > 4")


def test_other_columns_than_we_know_stop_the_channel_and_are_named(lite: Front, at: datetime):
    lite.run("ALTER TABLE up_lic_data ADD COLUMN wanted TEXT NOT NULL DEFAULT ''")
    assert outcomes(lite.again().send([certificate()], {}, at)) == ["accepted"]
    lite.run("ALTER TABLE up_lic_data RENAME COLUMN issue_dept TO issue_organ")
    with pytest.raises(ChannelRefused) as caught:
        lite.again().send([certificate(2)], {}, at)
    assert caught.value.reason == "no-column:up_lic_data.issue_dept"
    lite.run("DROP TABLE yinxin_sent")
    with pytest.raises(ChannelRefused) as caught:
        lite.again().send([certificate(2)], {}, at)
    assert caught.value.reason == "no-table:yinxin_sent"


def test_a_front_library_that_does_not_answer_is_down_and_one_without_an_address_refuses(lite: Front, at: datetime):
    lite.file.write_text(f"sqlite:///{lite.file.parent}/nowhere/front.db\n")
    with pytest.raises(ChannelDown):
        lite.again().send([certificate()], {}, at)
    for address in ("postgresql://演示@127.0.0.1:1/x", "oracle://x/y", "nonsense", ""):
        lite.file.write_text(address)
        with pytest.raises((ChannelRefused, ChannelDown)):
            lite.again().receipts("", at)
    lite.file.chmod(0o644)
    with pytest.raises(ChannelRefused) as caught:
        lite.again().find(certificate(), at)
    assert caught.value.reason == "no-address"


def test_a_row_that_the_database_refuses_is_found_among_the_others(front: Front, at: datetime):
    if front.engine.dialect.name == "sqlite":
        front.run(
            "CREATE TRIGGER no_third BEFORE INSERT ON up_lic_data WHEN NEW.certificate_number LIKE '%0000003%' "
            "BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
    else:
        front.run("ALTER TABLE up_lic_data ADD CONSTRAINT no_third CHECK (certificate_number NOT LIKE '%%0000003%%')")
    try:
        replies = front.target.send([certificate(each) for each in (1, 2, 3, 4)], {}, at)
    finally:
        if front.engine.dialect.name != "sqlite":
            front.run("ALTER TABLE up_lic_data DROP CONSTRAINT no_third")
    assert outcomes(replies) == ["accepted", "accepted", "refused", "accepted"]
    assert replies[2].code == "database"
    assert "0000003" not in replies[2].words
    assert len(front.rows("up_lic_data")) == 3


def test_a_refusal_comes_back_once_with_the_column_that_it_names(front: Front, at: datetime):
    good, bad = certificate(1), certificate(2)
    front.target.send([good, bad], {}, at)
    for _ in range(2):
        front.refuse(bad, "持证主体代码校验未通过：110101199003078857", at + timedelta(hours=9))
    later = at + timedelta(hours=1)
    told = front.target.receipts("", later)
    (receipt,) = told.receipts
    assert (receipt.about, receipt.reply.outcome) == (bad.key, Outcome.REFUSED)
    assert receipt.reply.code == "certificate_holder_code"
    assert "持证主体代码" in receipt.reply.words
    assert "110101199003078857" not in receipt.reply.words
    assert front.target.receipts(told.mark, later).receipts == ()
    assert front.again().receipts("", later).receipts == told.receipts
    reply = front.target.find(bad, later)
    assert reply is not None
    assert reply.outcome is Outcome.REFUSED


def test_silence_counts_as_stored_after_the_hours_that_were_agreed_and_says_so(front: Front, at: datetime):
    records = [certificate(1), step()]
    front.target.send(records, {}, at)
    before = at + timedelta(hours=HOURS) - timedelta(seconds=1)
    assert front.target.receipts("", before).receipts == ()
    told = front.target.receipts("", at + timedelta(hours=HOURS))
    assert {each.about for each in told.receipts} == {each.key for each in records}
    assert {each.reply.outcome for each in told.receipts} == {Outcome.STORED}
    assert {each.reply.words for each in told.receipts} == {f"not refused within {HOURS} h"}
    assert front.target.receipts(told.mark, at + timedelta(days=9)).receipts == ()


def test_a_refusal_of_a_guid_or_of_something_unknown_is_told_as_such(front: Front, at: datetime):
    record = step()
    front.target.send([record], {}, at)
    guid = front.rows("up_pro_accept")[0]["row_guid"]
    table = front.target.database.table("dn_audit_abnormal")
    told = {"cd_time": at.replace(tzinfo=None), "project_no": "演示办件0001", "row_guid": guid}
    with front.engine.begin() as connection:
        connection.execute(insert(table), {**told, "error_remark": "apply_date 晚于受理时间"})
        unknown = {"row_guid": "x", "project_no": "演示办件9999", "error_remark": "未登记"}
        connection.execute(insert(table), {**told, **unknown})
    found = {each.about: each.reply.code for each in front.target.receipts("", at).receipts}
    assert found == {record.key: "apply_date", "演示办件9999": "refused"}


def test_what_was_refused_may_be_told_again_and_then_counts(front: Front, at: datetime):
    record = certificate()
    front.target.send([record], {}, at)
    front.refuse(record, "类型未登记", at)
    front.target.receipts("", at)
    (reply,) = front.target.send([record], {}, at + timedelta(days=1))
    assert reply.outcome is Outcome.ACCEPTED
    assert len(front.rows("up_lic_data")) == 1
    (told,) = front.target.receipts("1", at + timedelta(days=1, hours=HOURS)).receipts
    assert told.reply.outcome is Outcome.STORED


def test_a_listing_tells_the_newest_version_of_what_stands(front: Front, at: datetime):
    front.target.send([certificate(each) for each in range(1, 5)], {}, at)
    front.target.send([certificate(1, 2, Operation.UPDATE, region="320981")], {}, at)
    front.target.send([certificate(2, 2, Operation.DELETE)], {}, at)
    told = front.target.listing("certificate", "", at)
    assert [(each.subject, each.version) for each in told.held] == [
        (certificate(1).subject, 2),
        (certificate(3).subject, 1),
        (certificate(4).subject, 1),
    ]
    assert told.held[0].digest == certificate(1, 2, Operation.UPDATE, region="320981").digest
    counted = front.target.statistics(at)
    assert (counted["rows"]["up_lic_data"], counted["sent"]) == (4, {"accepted": 6})  # type: ignore[index,call-overload]
