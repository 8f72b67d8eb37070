"""A review writes itself: figures from what the register writes down, silences from what people did."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from incident_app.domain import review as rules
from incident_app.domain.cases import Count
from incident_app.domain.register import Entry, Notified, Sent
from incident_app.domain.review import Act, Differed, Review, Signed, Silence, Told
from tests.fakes import START


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def act(hours: float, action: str = "case.noted", *, human: bool = True) -> Act:
    return Act(at(hours), action, f"{action} happened", "Rene Responder", human)


CASE = Entry(ref="BR-1", title="Export open", drill=False, state="notified", role="controller", kind="other", zone="Europe/Berlin",
             aware_at=START, logged_at=START, people=Count.about(12), records=Count.unknown())
AUTHORITY = Notified("AEPD", "authority", "EU-GDPR Art 33(1)", "discharged", due_at=at(72), told_at=at(50), reference="88213")
PEOPLE = Notified("People", "data_subjects", "EU-GDPR Art 34(1)", "discharged", told_at=at(30))


def written(entry: Entry = CASE, acts: tuple[Act, ...] = (), told: Told | None = None, differed: tuple[Differed, ...] = ()) -> Review:
    return rules.written(entry, acts, told or Told(), differed)


def test_hours_are_counted_from_the_first_sign_to_the_last_person_told() -> None:
    # Given a case seen two and a half hours before awareness, filed after 50 hours, people told between hour 30 and 31
    entry = replace(CASE, detected_at=at(-2.5), duties=(AUTHORITY, PEOPLE))

    hours = written(entry, told=Told(at(30), at(31), 7)).hours

    assert (hours.signal_to_awareness, hours.awareness_to_filing) == (2.5, 50.0)
    assert (hours.awareness_to_first_told, hours.awareness_to_last_told) == (30.0, 31.0)

    # And an earlier hint counts; where nothing of ours was sent, the duty says when people were told; unknown is not zero
    assert written(replace(entry, first_signal_at=at(-4))).hours.signal_to_awareness == 4.0
    assert written(entry).hours.awareness_to_first_told == 30.0
    assert set(vars_of(written().hours)) == {None}


def vars_of(hours: rules.Hours) -> list[float | None]:
    return [hours.signal_to_awareness, hours.awareness_to_filing, hours.awareness_to_first_told, hours.awareness_to_last_told]


@pytest.mark.parametrize(("duty", "outcome", "reason"), [
    (AUTHORITY, "kept", ""),
    (replace(AUTHORITY, told_at=at(80), late_by_seconds=8 * 3600, late_reason="Easter"), "missed", "Easter"),
    (PEOPLE, "told", ""),
    (replace(AUTHORITY, state="owed", told_at=None), "open", ""),
    (replace(AUTHORITY, state="undecided", told_at=None), "open", ""),
    (replace(AUTHORITY, state="excused", told_at=None, reason="No risk"), "excused", "No risk"),
])
def test_a_deadline_is_kept_missed_open_or_not_owed(duty: Notified, outcome: str, reason: str) -> None:
    (found,) = written(replace(CASE, duties=(duty,))).deadlines

    assert (found.outcome, found.reason) == (outcome, reason)
    assert found.late_by_seconds == (8 * 3600 if outcome == "missed" else 0)
    assert found.hours == (None if duty.told_at is None else rules.hours_between(START, duty.told_at))


def test_a_clock_that_has_not_begun_is_said_to_have_no_date_only_until_it_begins() -> None:
    # Given a duty whose clock waits for what has not happened, one without a date in law, and one with a date
    waits = "not started: 15 days from the notice to people being sent"
    duties = (replace(AUTHORITY, state="owed", told_at=None, due_at=None, undated=waits), PEOPLE, AUTHORITY)

    facts = written(replace(CASE, duties=duties)).to_json()

    # Then each says why it has no date, and one with a date is written down as it was before
    assert [rules.dated(one) for one in facts["deadlines"]][:2] == [waits, "no date in law"]
    assert "undated" not in facts["deadlines"][2]

    # And what was signed before facts said why reads on, without claiming anything
    before = rules.as_before(facts)
    assert ["undated" in one for one in before["deadlines"]] == [False, False, False]
    assert rules.dated(before["deadlines"][0]) == "no date"
    assert rules.hash_of(before, "", "") != rules.hash_of(facts, "", "")


def test_only_what_people_did_breaks_a_silence() -> None:
    # Given somebody who looked at the case in hour 1 and again in hour 60, while the app woke people and somebody read a file
    acts = (act(1), act(20, "alert.raised", human=False), act(30, "document.read"), act(40, "review.written"), act(50, "case.closed"),
            act(60))

    review = written(replace(CASE, detected_at=at(-30)), acts)

    assert review.silences == (Silence(at(-30), START, 30.0), Silence(at(1), at(60), 59.0))
    assert written(CASE, (act(1), act(24.9))).silences == ()


def test_the_story_has_moments_decisions_and_sends_in_their_order() -> None:
    entry = replace(CASE, occurred_at=at(-10), contained_at=at(3))
    acts = (act(1, "risk.decided"), act(2, "case.noted"), act(5, "review.signed"), act(6, "case.closed"))

    steps = written(entry, acts, Told(at(4), at(4.5))).steps

    assert [one.words for one in steps] == ["It happened", "Aware", "risk.decided happened", "Contained", "The first person was told",
                                            "The last person was told"]
    assert steps[2].who == "Rene Responder"


def test_reach_and_actions_are_those_of_the_register() -> None:
    entry = replace(CASE, sent=(Sent(1, 7, START, 10, 6, 2, 1), Sent(2, 8, START, 5, 5, 0, 0)),
                    actions=(("Rotate keys", "done"), ("Let exports expire", "open"), ("Call", "done")))

    review = written(entry, told=Told(reached=8, none=1))

    reach = review.reach
    assert (reach.listed, reach.told, reach.reached, reach.failed, reach.uncertain, reach.none, reach.missing) == (15, 11, 8, 2, 1, 1, 0)
    assert written(entry).reach.missing == 1, "a sum that does not add up is seen"
    assert (review.actions, review.open_actions) == ({"done": 2, "open": 1}, ("Let exports expire",))
    assert (review.people, review.counted("kept")) == ("about 12", 0)


def test_whoever_got_two_notices_is_one_person_and_was_two_in_reviews_signed_before() -> None:
    # Given three notices to one list, the second of which reached most, and one to another list
    entry = replace(CASE, sent=(Sent(1, 7, START, 10, 6, 2, 2), Sent(2, 7, START, 10, 8, 1, 1), Sent(3, 7, START, 10, 3, 0, 0),
                                Sent(4, 8, START, 5, 5, 0, 0)))

    reach = written(entry).reach
    assert (reach.listed, reach.told, reach.failed, reach.uncertain) == (15, 13, 1, 1)

    before = rules.written(entry, (), Told(), (), every=True).reach
    assert (before.listed, before.told, before.failed, before.uncertain) == (35, 22, 3, 3)


def test_what_is_signed_is_the_facts_and_the_words() -> None:
    differed = Differed("people", "not required", "required", "All were phoned.", "Ada Approver", "confirmed", at(2))
    review = written(replace(CASE, duties=(AUTHORITY,)), (act(1, "risk.decided"),), differed=(differed,))
    plain = review.to_json()

    first = rules.hash_of(plain, "Well done.", "Nothing.")

    assert first == rules.hash_of(review.to_json(), "Well done.", "Nothing.")
    assert plain["deadlines"][0]["told_at"] == "2026-11-25T11:40:00+00:00"
    assert plain["reach"] == {"listed": 0, "told": 0, "reached": 0, "failed": 0, "uncertain": 0, "none": 0, "missing": 0}
    others = {rules.hash_of(plain, "Well done.", "Much."), rules.hash_of(plain, "Badly done.", "Nothing."),
              rules.hash_of(written().to_json(), "Well done.", "Nothing.")}
    assert len({first, *others}) == 4


def test_words_are_asked_for_by_field() -> None:
    assert rules.check_words("Well.", "Nothing, for it went well.") == {}
    assert set(rules.check_words(" ", "")) == {"judgement", "to_change"}
    assert rules.check_words("x" * (rules.LONGEST_WORDS + 1), "y") == {"judgement": "At most 20\u202f000 characters."}


def test_two_different_persons_sign_one_of_them_an_approver() -> None:
    works, decides = Signed(1, decides=False), Signed(2, decides=True)

    assert rules.why_not_sign(1, False, True, []) is None
    assert rules.why_not_sign(3, False, True, [decides]) is None
    assert rules.why_not_sign(2, True, True, [works]) is None
    assert "written" in (rules.why_not_sign(1, False, False, []) or "")
    assert "second person" in (rules.why_not_sign(2, True, True, [decides]) or "")
    assert "has to be an approver" in (rules.why_not_sign(3, False, True, [works]) or "")
    assert rules.why_not_sign(3, True, True, [works, decides]) == "Two people signed it."
