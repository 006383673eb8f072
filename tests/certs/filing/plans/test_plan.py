"""Plans: each answer with its reason, and nothing moves that does not rest on what changed."""

import random
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from certs.filing.matter import Matter, Means, Mode, Necessity
from certs.filing.matters.errors import UnfitSituation
from certs.filing.plans import gaps
from certs.filing.plans.offers import HandedIn, Offer, Offers, Standing
from certs.filing.plans.plan import Answer, Line, Plan, plan
from tests.certs.filing.plans import matters
from tests.certs.filing.plans.matters import (
    AT,
    HEALTH,
    HOUSEHOLD,
    IDENTITY,
    LICENCE,
    certificate,
    material,
    matter,
    offers,
    question,
    shared,
    when,
)

DRAWN = 400


def only(planned: Plan) -> Line:
    """Give the only line."""
    (line,) = planned.lines
    return line


def answered(one: Matter, offered: Offers) -> list[Answer]:
    """Plan, and give the answers."""
    return [each.answer for each in plan(one, {}, offered, AT).lines]


def test_a_granted_certificate_replaces_the_paper() -> None:
    line = only(plan(matter(material("1", certificate())), {}, offers(LICENCE), AT))
    assert line.answer is Answer.CERTIFICATE
    assert line.needed
    assert line.legal
    assert "用证清单" in line.because.zh
    assert line.source is not None
    assert line.source.offer.grant == "use-list:demo:1"
    assert line.fallback is not None
    assert line.fallback.answer is Answer.SUBMIT


def test_shared_data_and_checks_replace_papers() -> None:
    one = matter(material("1", shared()), material("2", shared(HEALTH, mode=Mode.CHECK)))
    assert answered(one, offers(HOUSEHOLD, HEALTH)) == [Answer.SHARED, Answer.CHECKED]


def test_an_organ_is_asked_only_where_no_source_serves() -> None:
    helping = certificate("演示档案馆", means=Means.ASSISTANCE)
    offered = offers(LICENCE).with_offer((Means.ASSISTANCE, "演示档案馆"), Offer(Standing.OPEN, working_days=5))
    one = matter(material("1", helping), material("2", helping, certificate()))
    planned = plan(one, {}, offered, AT)
    assert [each.answer for each in planned.lines] == [Answer.ASSISTED, Answer.CERTIFICATE]
    assert planned.lines[0].due == date(2026, 11, 27)
    assert planned.burden.organs == 1


@pytest.mark.parametrize(
    ("peculiar", "kind"),
    [
        ({"granted": False, "reason": "no-grant"}, "grant"),
        ({"standing": Standing.DOWN}, "health"),
        ({"standing": Standing.STALE}, "freshness"),
        ({"standing": Standing.UNSERVED}, "source"),
        ({"fields": frozenset({"other"})}, "fields"),
        ({"modes": frozenset({Mode.CHECK})}, "mode"),
        ({"ends": AT}, "grant"),
    ],
)
def test_what_stands_in_the_way_is_what_would_make_it_free(peculiar: dict[str, Any], kind: str) -> None:
    line = only(plan(matter(material("1", certificate())), {}, offers(LICENCE, **peculiar), AT))
    assert line.answer is Answer.SUBMIT
    assert [each.kind for each in line.would_be_free_if] == [kind]


def test_what_nobody_offers_is_told_by_its_kind() -> None:
    wanted = [
        certificate(""),
        shared(""),
        certificate("m", means=Means.CHECK),
        certificate("o", means=Means.ASSISTANCE),
    ]
    line = only(plan(matter(material("1", *wanted)), {}, offers(), AT))
    assert [each.kind for each in line.would_be_free_if] == ["type", "directory", "check", "organ"]


def test_papers_behind_which_nothing_stands_are_not_one_source() -> None:
    one = matter(material("1", shared("", name="甲")), material("2", shared("", name="乙")))
    lines = plan(one, {}, offers(), AT).lines
    assert not lines[0].rests_on & lines[1].rests_on


def test_a_source_of_another_region_does_not_serve() -> None:
    line = only(plan(matter(material("1", certificate(region="320500"))), {}, offers(LICENCE), AT))
    assert line.would_be_free_if[0].kind == "region"
    assert answered(matter(material("1", certificate(region="320000"))), offers(LICENCE)) == [Answer.CERTIFICATE]


def test_a_yes_or_no_needs_no_granted_fields() -> None:
    one = matter(material("1", certificate(mode=Mode.CHECK)))
    assert answered(one, offers(LICENCE, fields=frozenset())) == [Answer.CHECKED]


def test_what_may_not_be_asked_for_is_cancelled() -> None:
    one = matter(
        material("1", certificate(), necessity=Necessity.NOT_ALLOWED),
        material("2", certificate(), basis=" "),
    )
    planned = plan(one, {}, offers(LICENCE), AT)
    assert [each.answer for each in planned.lines] == [Answer.CANCELLED] * 2
    assert not any(each.needed or each.legal for each in planned.lines)
    assert planned.spared == 2


def test_what_only_a_locality_asks_for_is_answered_and_flagged() -> None:
    line = only(plan(matter(material("1", certificate(), necessity=Necessity.LOCAL)), {}, offers(LICENCE), AT))
    assert line.answer is Answer.CERTIFICATE
    assert line.needed
    assert not line.legal
    assert "地方要求" in line.because.zh


def test_a_paper_handed_in_before_serves_again_until_its_day() -> None:
    one = matter(material("1"))
    handed = HandedIn("演示办件20260001", AT - timedelta(days=3), AT + timedelta(days=1))
    assert answered(one, offers(handed_in={"1": handed})) == [Answer.REUSED]
    assert answered(one, offers(handed_in={"1": replace(handed, until=AT)})) == [Answer.SUBMIT]


def test_the_source_itself_is_asked_rather_than_an_old_paper_unless_that_needs_a_consent() -> None:
    one, handed = matter(material("1", certificate())), {"1": HandedIn("演示办件", AT)}
    assert answered(one, offers(LICENCE, handed_in=handed)) == [Answer.CERTIFICATE]
    assert answered(one, offers(LICENCE, handed_in=handed, consent=True)) == [Answer.REUSED]


def test_a_promise_comes_before_a_later_paper_and_that_before_a_paper_now() -> None:
    assert answered(matter(material("1", later_working_days=10, may_be_promised=True)), offers()) == [Answer.PROMISED]
    planned = plan(matter(material("1", later_working_days=10), material("2")), {}, offers(), AT)
    assert [each.answer for each in planned.lines] == [Answer.LATER, Answer.SUBMIT]
    assert planned.lines[0].due == date(2026, 12, 4)
    assert "2026-12-04" in planned.lines[0].because.zh
    assert (planned.spared, planned.to_submit) == (0, 2)


def test_a_term_that_reaches_into_an_unknown_year_is_told_in_days() -> None:
    line = only(plan(matter(material("1", later_working_days=40)), {}, offers(), AT))
    assert line.due is None
    assert "40个工作日" in line.because.zh


def test_a_consent_is_preferred_to_a_promise() -> None:
    one = matter(material("1", certificate(), may_be_promised=True))
    assert answered(one, offers(LICENCE, consent=True)) == [Answer.CERTIFICATE]


def test_one_source_serves_several_materials_and_says_so() -> None:
    one = matter(
        material("1", certificate(LICENCE), certificate(IDENTITY)),
        material("2", certificate(IDENTITY)),
    )
    planned = plan(one, {}, offers(LICENCE, IDENTITY), AT)
    assert planned.burden.sources == 1
    assert [each.source.replacement.target for each in planned.lines if each.source] == [IDENTITY] * 2
    assert "演示材料2" in planned.lines[0].because.zh


def test_two_persons_are_two_questions() -> None:
    one = matter(material("1", certificate()), material("2", certificate(), role="spouse"))
    assert plan(one, {}, offers(LICENCE, consent=True), AT).burden[:4] == (0, 0, 0, 2)


def test_a_source_that_answers_badly_is_taken_only_where_no_other_serves() -> None:
    unsteady = offers(LICENCE, HOUSEHOLD).with_offer((Means.CERTIFICATE, LICENCE), Offer(Standing.UNSTEADY))
    one = matter(material("1", certificate(), shared()))
    assert answered(one, unsteady) == [Answer.SHARED]
    line = only(plan(matter(material("1", certificate(), may_be_promised=True)), {}, unsteady, AT))
    assert "不稳" in line.because.zh
    assert line.fallback is not None
    assert line.fallback.answer is Answer.PROMISED


def test_only_what_the_situation_asks_for_is_planned() -> None:
    one = matter(material("1"), material("2", when=when("yes")), questions=(question(),))
    assert [each.key for each in plan(one, {}, offers(), AT).open_questions] == ["kind"]
    assert len(plan(one, {"kind": "no"}, offers(), AT).lines) == 1
    answered_one = plan(one, {"kind": "yes"}, offers(), AT)
    assert len(answered_one.lines) == 2
    assert not answered_one.open_questions


def test_an_answer_that_the_matter_does_not_know_is_refused() -> None:
    with pytest.raises(UnfitSituation):
        plan(matter(material("1")), {"kind": "maybe"}, offers(), AT)


# --- laws ---------------------------------------------------------------------------------------------------------


def test_the_same_input_gives_the_same_plan() -> None:
    dice = random.Random(1)  # noqa: S311 - cases, not secrets
    for _ in range(DRAWN):
        one, offered = matters.drawn_matter(dice), matters.drawn_offers(dice)
        mixed = list(offered.offered.items())
        dice.shuffle(mixed)
        assert plan(one, {}, replace(offered, offered=dict(mixed)), AT) == plan(one, {}, offered, AT)


def test_a_changed_offer_moves_only_lines_that_rest_on_it() -> None:
    dice, moved = random.Random(2), 0  # noqa: S311 - cases, not secrets
    for _ in range(DRAWN):
        one, offered = matters.drawn_matter(dice, 7), matters.drawn_offers(dice)
        target = dice.choice(matters.TARGETS)
        before = plan(one, {}, offered, AT)
        after = plan(one, {}, offered.with_offer(target, matters.drawn_offer(dice)), AT)
        for old, new in zip(before.lines, after.lines, strict=True):
            assert old == new or target in old.rests_on & new.rests_on
            moved += old != new
    assert moved > DRAWN / 8


def test_a_changed_rule_of_a_material_moves_only_that_line_and_those_that_share_its_sources() -> None:
    dice = random.Random(3)  # noqa: S311 - cases, not secrets
    for _ in range(DRAWN):
        one, offered = matters.drawn_matter(dice, 7), matters.drawn_offers(dice)
        place = dice.randrange(len(one.materials))
        changed = matters.drawn_material(dice, one.materials[place].key)
        other = replace(one, materials=(*one.materials[:place], changed, *one.materials[place + 1 :]))
        before, after = plan(one, {}, offered, AT), plan(other, {}, offered, AT)
        touched = before.lines[place].rests_on | after.lines[place].rests_on
        for number, (old, new) in enumerate(zip(before.lines, after.lines, strict=True)):
            assert number == place or old == new or (old.rests_on | new.rests_on) & touched


def test_more_on_offer_never_burdens_the_applicant_more() -> None:
    dice = random.Random(4)  # noqa: S311 - cases, not secrets
    for _ in range(DRAWN):
        one, offered = matters.drawn_matter(dice), matters.drawn_offers(dice)
        more = offered.held([dice.choice(matters.TARGETS)])
        assert plan(one, {}, more, AT).burden <= plan(one, {}, offered, AT).burden


def test_every_line_that_is_not_free_for_want_of_a_source_says_what_is_in_the_way() -> None:
    dice = random.Random(5)  # noqa: S311 - cases, not secrets
    for _ in range(DRAWN):
        for line in plan(matters.drawn_matter(dice), {}, matters.drawn_offers(dice), AT).lines:
            wanted = len(line.material.replacements) if not line.is_free else 0
            assert len(line.would_be_free_if) == wanted
            assert line.because.zh.endswith("。")
            assert line.because.en.endswith(".")
            assert "{" not in line.because.zh + line.because.en


def test_each_gap_that_is_closed_alone_frees_what_the_list_promises() -> None:
    """A material with one obstacle less is free once that one is gone; the list counts just these."""
    dice = random.Random(6)  # noqa: S311 - cases, not secrets
    for _ in range(DRAWN):
        one, offered = matters.drawn_matter(dice), matters.drawn_offers(dice)
        planned = plan(one, {}, offered, AT)
        for gap in gaps.ranked([planned], {one.item_code: 10}):
            if gap.kind in gaps.CLOSED_BY_BRINGING_IN and (one_target := gap.target) in matters.TARGETS:
                after = plan(one, {}, offered.held([one_target]), AT)
                freed = {
                    new.material.name
                    for old, new in zip(planned.lines, after.lines, strict=True)
                    if not old.is_free and new.is_free
                }
                assert {name for _, name in gap.materials} <= freed
