"""The rules of a filing: what is asked, what is missing, what was changed, what must not be in it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident_app.adapters.form_files import FormFiles
from incident_app.domain.cases import Count
from incident_app.domain.filings import (
    Answer,
    CaseRecord,
    Condition,
    Field,
    FieldType,
    Form,
    Option,
    Phase,
    Section,
    Situation,
    Source,
    asking_problems,
    changes,
    checked,
    cover,
    differing,
    digest,
    facts,
    fill,
    from_json,
    missing,
    phase_refusal,
    places,
    refuse_personal_data,
    to_json,
    words,
)
from incident_app.domain.refusals import Refused

FORM = FormFiles().load()["edpb-1"]
INITIAL = Situation(Phase.INITIAL)
AT = datetime(2026, 11, 23, 9, 40, tzinfo=UTC)
ZONE = "Europe/Berlin"
RECORD = CaseRecord(
    case_ref="BR-2026-001", previous_reference="", controller_name="Bot GmbH", controller_contact="Street 1", dpo_name="",
    dpo_contact="", processors=(), occurred_at=None, contained_at=None, detected_at=None, aware_at=AT,
    aware_source="SOC call", gap_reason="", confidentiality=None, integrity=None, availability=None, unintelligible=None,
    kind="other", summary="Storage was open.", cause="", people=Count.unknown(), records=Count.unknown(),
    data_categories=(), data_labels=(), countries=(), area_countries=(), measures_before="", consequences="", measures_taken="",
    measures_planned="", level=None, score="", reasons=(), authority=None, people_decision=None, decision_reasons=(),
    told=None,
)


def record(**changed: object) -> CaseRecord:
    return CaseRecord(**{name: getattr(RECORD, name) for name in CaseRecord.__slots__} | changed)


def field(kind: FieldType, **more: object) -> Field:
    return Field(id="x", label="X", type=kind, **more)  # type: ignore[arg-type]  # named by the test


OPTIONS = (Option("a", "Label A"), Option("b", "Label B"))


@pytest.mark.parametrize(
    ("kind", "given_", "kept"),
    [
        (FieldType.TEXT, " one\r\ntwo ", "one\ntwo"), (FieldType.TEXT, "  ", None), (FieldType.TEXT, None, None),
        (FieldType.MOMENT, "2026-11-24T09:40:00+01:00", "2026-11-24T08:40:00+00:00"),
        (FieldType.COUNT, {"certainty": "about", "low": 10}, {"certainty": "about", "low": 10, "high": None}),
        (FieldType.CHOICE, "a", "a"), (FieldType.CHOICE, "", None),
        (FieldType.LIST, ["b", " a ", "b", ""], ["b", "a"]), (FieldType.YESNO, False, False),
    ],
)
def test_an_answer_is_kept_in_one_shape(kind: FieldType, given_: object, kept: object) -> None:
    assert checked(field(kind, options=OPTIONS if kind in {FieldType.CHOICE, FieldType.LIST} else ()), given_) == kept


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (FieldType.TEXT, 7), (FieldType.TEXT, "x" * 6001), (FieldType.MOMENT, "soon"), (FieldType.MOMENT, 7),
        (FieldType.MOMENT, "2026-11-24T09:40:00"), (FieldType.COUNT, 7), (FieldType.COUNT, {}),
        (FieldType.COUNT, {"certainty": "exact"}), (FieldType.CHOICE, "c"), (FieldType.CHOICE, 7),
        (FieldType.LIST, ["c"]), (FieldType.LIST, "a"), (FieldType.LIST, [7]), (FieldType.YESNO, "yes"),
    ],
)
def test_an_answer_of_another_shape_is_refused_at_its_field(kind: FieldType, wrong: object) -> None:
    with pytest.raises(Refused) as refused:
        checked(field(kind, options=OPTIONS if kind in {FieldType.CHOICE, FieldType.LIST} else ()), wrong)

    assert list(refused.value.problems) == ["x"]


def test_a_free_list_is_limited() -> None:
    assert checked(field(FieldType.LIST), ["anything"]) == ["anything"]
    for wrong in (["x" * 101], [str(number) for number in range(61)]):
        with pytest.raises(Refused):
            checked(field(FieldType.LIST), wrong)


@pytest.mark.parametrize(
    ("kind", "value", "printed"),
    [
        (FieldType.TEXT, "one", "one"), (FieldType.MOMENT, "2026-11-24T08:40:00+00:00", "Tue 24 Nov 2026 09:40 CET"),
        (FieldType.COUNT, Count.about(10_000).to_json(), "about 10\u202f000"),
        (FieldType.COUNT, Count.unknown().to_json(), "cannot be determined"), (FieldType.COUNT, 7, "7"),
        (FieldType.CHOICE, "a", "Label A"), (FieldType.CHOICE, "gone", "gone"),
        (FieldType.LIST, ["a", "b"], "Label A; Label B"), (FieldType.LIST, "odd", "odd"),
        (FieldType.YESNO, True, "Yes"), (FieldType.YESNO, False, "No"), (FieldType.TEXT, None, "not answered"),
        (FieldType.LIST, [], "not answered"),
    ],
)
def test_an_answer_is_printed_in_words(kind: FieldType, value: object, printed: str) -> None:
    assert words(field(kind, options=OPTIONS), Answer(value), ZONE) == printed


def test_not_yet_known_is_printed_as_to_be_determined() -> None:
    assert words(field(FieldType.COUNT), Answer(None, not_yet_known=True), ZONE) == "to be determined"


ANSWER = st.builds(
    Answer, st.one_of(st.none(), st.text(), st.booleans(), st.lists(st.text())), st.sampled_from(Source), st.booleans()
)


@given(st.dictionaries(st.text(), ANSWER))
def test_answers_survive_being_kept(answers: dict[str, Answer]) -> None:
    assert from_json(to_json(answers)) == answers


IDS = [one.id for one in FORM.fields()]


@given(st.dictionaries(st.sampled_from(IDS), ANSWER))
def test_the_hash_is_of_the_content_and_not_of_where_it_came_from(answers: dict[str, Answer]) -> None:
    elsewhere = {name: Answer(one.value, Source.CASE, one.not_yet_known) for name, one in reversed(answers.items())}

    assert digest(FORM, "initial", answers) == digest(FORM, "initial", elsewhere)
    assert digest(FORM, "initial", answers) != digest(FORM, "final", answers)
    assert digest(FORM, "initial", answers) != digest(FORM, "initial", answers | {"systems": Answer("never drawn")})


@given(st.dictionaries(st.sampled_from(IDS), ANSWER), st.sampled_from(Phase), st.booleans())
def test_what_is_counted_adds_up_whatever_was_answered(answers: dict[str, Answer], phase: Phase, late: bool) -> None:
    found = cover(FORM, answers, Situation(phase, late))

    assert 0 <= found.required_answered <= found.required
    assert found.complete == (not found.gaps)
    assert found.required - found.required_answered <= len(found.gaps)
    assert all(0 <= one.answered <= one.total for one in found.sections)
    shown = {one.id for section in found.sections for one in section.fields}
    assert {gap.field_id for gap in found.gaps} <= shown


def test_an_empty_filing_misses_every_letter_of_art_33_3() -> None:
    articles = {gap.article for gap in missing(FORM, {}, INITIAL)}

    assert {"Art. 33(3)(a)", "Art. 33(3)(b)", "Art. 33(3)(c)", "Art. 33(3)(d)", "Art. 33(1)"} <= articles


def test_late_reasons_are_asked_only_when_late_and_cannot_wait() -> None:
    waits = {"late_reasons": Answer(None, not_yet_known=True)}

    assert "late_reasons" not in {gap.field_id for gap in missing(FORM, {}, INITIAL)}
    gap = next(gap for gap in missing(FORM, waits, Situation(Phase.INITIAL, late=True)) if gap.field_id == "late_reasons")
    assert not gap.waits
    assert "is not answered" in gap.words


def test_what_is_still_missing_is_asked_only_while_something_is() -> None:
    answers = {one.id: Answer(None, not_yet_known=True) for one in FORM.fields()} | {
        one.id: Answer("x") for one in FORM.fields() if not one.may_wait}

    waiting = cover(FORM, answers, INITIAL)
    complete = cover(FORM, {name: Answer("x") for name in answers}, INITIAL)

    assert "open_points" in {one.id for section in waiting.sections for one in section.fields}
    assert "open_points" not in {one.id for section in complete.sections for one in section.fields}
    assert complete.complete
    assert asking_problems(waiting, Phase.INITIAL) == {}
    assert asking_problems(waiting, Phase.FINAL)


def test_a_section_without_a_question_is_left_out() -> None:
    only = Field("x", "X", FieldType.TEXT, conditions=(Condition("y", ("yes",)),))
    other = Field("y", "Y", FieldType.YESNO)
    form = Form("f", "1", "F", "", "", (Section("one", "One", (only,)), Section("two", "Two", (other,))))

    assert [one.section.id for one in cover(form, {}, INITIAL).sections] == ["two"]
    assert len(cover(form, {"y": Answer(True)}, INITIAL).sections) == 2
    assert len(cover(form, {"y": Answer(False)}, INITIAL).sections) == 1
    assert form.field("z") is None


def test_a_gap_without_an_article_is_a_sentence_too() -> None:
    only = Field("x", "X", FieldType.TEXT, required=True)
    form = Form("f", "1", "F", "", "", (Section("one", "One", (only,)),))

    assert [gap.words for gap in missing(form, {}, INITIAL)] == ["“X” is not answered."]


@pytest.mark.parametrize(
    ("phase", "filed", "allowed"),
    [(Phase.INITIAL, False, True), (Phase.INITIAL, True, False), (Phase.FINAL, False, False), (Phase.FINAL, True, True)],
)
def test_phases_come_in_their_order(phase: Phase, filed: bool, allowed: bool) -> None:
    assert (phase_refusal(phase, filed_before=filed) is None) is allowed


def test_phases_have_words() -> None:
    assert [one.words for one in Phase] == ["Initial", "Follow-up", "Final", "Withdrawal"]


def test_changes_say_what_was_there_before() -> None:
    before, after = {"cause": Answer("old"), "systems": Answer("same")}, {"cause": Answer("new"), "systems": Answer("same")}

    assert changes(FORM, before, after, ZONE) == {"cause": "old"}


@pytest.mark.parametrize(
    "text",
    [
        "write to eve@example.net", "+49 30 5550100", "0171 2345678", "Card 4111 1111 1111 1111",
        "IBAN DE89 3704 0044 0532 0130 00", "user 123456789012", "@eve_user, @bob_user", "line\nand 030/5550100-22",
    ],
)
def test_data_of_affected_people_are_found(text: str) -> None:
    assert places(text)


@pytest.mark.parametrize(
    "text",
    [
        "It began on 2026-11-20 21:48 and ended 2026-11-21T07:00:00.", "On 20.11.2026 at 21:48, 10,000 people and 1 000 000 records.",
        "The attacker came from 203.0.113.200 by CVE-2024-22876.", "BR-2026-021, 72 hours, Art. 33(1).", "Bot @our_bot",
        "SHA 9f86d081884c7d659a2feaa0c55ad015", "write to DPO@example.org", "",
    ],
)
def test_what_a_filing_needs_is_not_taken_for_data_of_people(text: str) -> None:
    assert places(text, ["dpo@example.org"]) == []


def test_the_place_is_named() -> None:
    assert places("fine\nask eve@example.net") == ["line 2: an email address"]


def test_contacts_of_staff_and_moments_are_left_alone() -> None:
    fine = {
        "dpo_contact": Answer("dpo@example.org\n+49 30 5550100"), "began_at": Answer("2026-11-20T21:48:00+00:00"),
        "people_countries": Answer(["DE", "FR"]), "people_count": Answer({"certainty": "exact", "low": 1234567890}),
    }
    refuse_personal_data(FORM, fine)

    with pytest.raises(Refused) as refused:
        refuse_personal_data(FORM, {"people_countries": Answer(["DE", "eve@example.net"])})
    assert "line 2: an email address" in refused.value.problems["people_countries"]


def test_a_case_that_knows_little_fills_little_and_never_a_zero() -> None:
    filled = fill(FORM, facts(RECORD))

    assert filled["people_count"] == Answer(None, Source.CASE, not_yet_known=True)
    assert filled["risk_outcome"].not_yet_known
    assert filled["told"].value == "investigating"
    assert {"nature", "began_at", "cause", "unintelligible", "period", "cross_border", "dpo_designated"}.isdisjoint(filled)


COUNTS = st.one_of(
    st.just(Count.unknown()), st.integers(0, 10**9).map(Count.exact), st.integers(0, 10**9).map(Count.about)
)


@given(COUNTS)
def test_a_count_is_taken_as_it_is_known(count: Count) -> None:
    answer = fill(FORM, facts(record(people=count)))["people_count"]

    assert answer.not_yet_known == (count == Count.unknown())
    assert answer.not_yet_known or Count.from_json(answer.value) == count  # type: ignore[arg-type]  # JSON of a count


@pytest.mark.parametrize(
    ("authority", "people", "outcome", "told"),
    [
        ("required", "required", "high_risk", "will_be"), ("required", "not_required", "risk", "no_high_risk"),
        ("not_required", "not_required", "no_risk", "no_high_risk"), ("required", None, None, "investigating"),
        ("need_more_facts", "need_more_facts", None, "investigating"),
    ],
)
def test_only_what_a_human_decided_is_an_outcome(
    authority: str, people: str | None, outcome: str | None, told: str
) -> None:
    known = facts(record(authority=authority, people_decision=people))

    assert known["risk_outcome"].value == outcome
    assert known["told"].value == told


def test_people_outside_the_area_do_not_make_a_breach_cross_border() -> None:
    filled = fill(FORM, facts(record(countries=("DE", "RU"), area_countries=("DE",))))

    assert "cross_border" not in filled


def test_a_case_that_knows_much_fills_much() -> None:
    filled = fill(FORM, facts(record(
        occurred_at=AT - timedelta(days=1), contained_at=AT, confidentiality=True, integrity=False, unintelligible=False,
        countries=("DE", "FR", "RU"), area_countries=("DE", "FR"), level="high", score="3.00", reasons=("because",), dpo_name="Dana",
        data_categories=("authentication",), processors=("Cloud",),
    )))

    assert filled["period"].value == "period"
    assert filled["nature"].value == ["confidentiality"]
    assert filled["unintelligible"].value == "no"
    assert filled["severity"].value == "severe"
    assert filled["data_kinds"].value == ["credentials"]
    assert filled["cross_border"].value is True
    assert filled["dpo_designated"].value is True
    assert filled["risk_reasons"].value == "ENISA severity 3.00: high.\nbecause"


def test_a_fact_that_fits_no_option_is_left_open() -> None:
    filled = fill(FORM, facts(record(kind="nobody knows", data_categories=("nobody knows",))))

    assert {"incident_kind", "data_kinds"}.isdisjoint(filled)


def test_facts_that_hold_data_of_people_are_left_to_a_human() -> None:
    filled = fill(FORM, facts(record(summary="eve@example.net called", controller_contact="mail@example.org")))

    assert "what_happened" not in filled
    assert filled["controller_contact"].value == "mail@example.org"


def test_use_offers_what_differs() -> None:
    answers = {"cause": Answer("typed"), "controller_name": Answer("Bot GmbH")}

    offers = differing(FORM, answers, facts(record(cause="from the case")), ZONE)

    assert offers["cause"] == "from the case"
    assert "controller_name" not in offers
