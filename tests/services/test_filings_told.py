"""The questions about the notice to people fill themselves from the ledger and the approved notice."""

from datetime import timedelta

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from incident_app.domain.cases import Count
from incident_app.domain.filings import Source, from_json
from incident_app.domain.refusals import Refused
from incident_app.models.cases import Case
from incident_app.models.deliveries import Tally
from incident_app.models.filings import Filing
from incident_app.models.notices import Notice
from incident_app.models.recipients import RecipientList
from incident_app.models.remediation import Action
from incident_app.services import filings
from tests.builders import the_forms, the_law
from tests.people import People
from tests.services.filing_steps import SOON, a_draft, an_owed_case

TEXTS = {
    "de": {"subject": "Ihre Daten", "body": "Guten Tag ((name)),\nrufen Sie an: +49 30 5550 1234."},
    "en": {"subject": "Your data", "body": "Hello ((name)), call us."},
    "fr": {"subject": "Vos données", "body": "Personne ne lit ce texte."},
}


def a_list(session: Session, case: Case, number: int, languages: dict[str, int]) -> RecipientList:
    listed = RecipientList(
        public_id=f"l{number}", case_id=case.id, number=number, name="list", digest="", people_count=10, line_count=10,
        other_count=0, refused_count=0, duplicate_count=0, telegram_count=10, email_count=0, both_count=0,
        languages=languages, at=SOON,
    )
    session.add(listed)
    session.flush()
    return listed


def sent(session: Session, case: Case, listed: RecipientList, number: int, *, hours: int = 0, **more: object) -> Notice:
    counts: dict[str, object] = {"list_count": 10, "accepted_count": 6, "failed_count": 1, "uncertain_count": 1, "waiting_count": 2}
    notice = Notice(
        public_id=f"n{number}", case_id=case.id, list_id=listed.id, number=number, state="sending", texts=TEXTS, facts={},
        plan={"order": ["telegram", "email"]}, fallback_language="en", made_at=SOON, edited_at=SOON,
        launched_at=SOON + timedelta(hours=hours), **(counts | more))
    session.add(notice)
    session.commit()
    return notice


def on_the_template(session: Session, people: People, case: Case) -> Filing:
    filing = a_draft(session, people, case)
    return filings.choose_form(session, filing.id, form_id="edpb-1", version=filing.version, by=people.responder, now=SOON,
                               forms=the_forms(), law=the_law()).filing


def use_all(session: Session, filing: Filing, people: People) -> Filing:
    return filings.use(session, filing.id, None, version=filing.version, by=people.responder, now=SOON, forms=the_forms(),
                       law=the_law())


def test_figures_and_text_come_from_the_ledger_and_are_taken_with_one_press(session: Session, people: People) -> None:
    # Given a filing drafted before anybody was told
    case = an_owed_case(session, people)
    filing = on_the_template(session, people, case)
    assert from_json(filing.answers)["told"].value == "will_be"

    # When a notice is on its way to a list that reads German, English, and a language nobody wrote a text in
    notice = sent(session, case, a_list(session, case, 1, {"de": 6, "en": 3, "nl": 1}), 1)
    for state, cause, count in (("failed", "Mailbox does not exist", 1), ("accepted", "", 6)):
        session.add(Tally(notice_id=notice.id, channel="email", language="de", country="", state=state, cause=cause, count=count))
    session.commit()
    filing = use_all(session, filing, people)

    # Then the filing says how many, when, by what means, why not all, and the text in the languages it was sent in
    answers = from_json(filing.answers)
    asked = ("told", "told_at", "told_count", "told_everybody", "told_words", "told_means", "told_text")
    assert {answers[name].source for name in asked} == {Source.CASE}
    assert answers["told"].value == "yes"
    assert answers["told_at"].value == SOON.isoformat()
    assert answers["told_count"].value == Count.exact(6).to_json()
    assert answers["told_everybody"].value == "not_all"
    assert answers["told_words"].value == (
        "6 of 10 people told by telegram and email, in de, en; 1 not reached, 1 not certain, 2 still to go. Not reached "
        "because: Mailbox does not exist (1). The people concerned are about 10\u202f000; the others are on no list."
    )
    text = str(answers["told_text"].value)
    assert "2 texts in 2 languages: de, en." in text
    assert "Guten Tag ((name)),\nrufen Sie an: +49 30 5550 1234." in text
    assert "Personne" not in text

    # And what was typed by hand is never overwritten without being asked
    filing = filings.save(session, filing.id, {"told_text": {"value": "In short: call +49 30 5550 1234."}}, version=filing.version,
                          by=people.responder, now=SOON, forms=the_forms())
    session.get_one(Notice, notice.id).accepted_count = 8
    session.commit()
    filing = use_all(session, filing, people)
    answers = from_json(filing.answers)
    assert answers["told_count"].value == Count.exact(8).to_json()
    assert (answers["told_text"].value, answers["told_text"].source) == ("In short: call +49 30 5550 1234.", Source.TYPED)
    filing = filings.use(session, filing.id, ["told_text"], version=filing.version, by=people.responder, now=SOON,
                         forms=the_forms(), law=the_law())
    assert from_json(filing.answers)["told_text"].source is Source.CASE

    # And somebody's number is refused there as everywhere
    with pytest.raises(Refused, match="must not hold data of affected people"):
        filings.save(session, filing.id, {"told_text": {"value": "Ring +49 171 999 8888."}}, version=filing.version,
                     by=people.responder, now=SOON, forms=the_forms())


def test_whoever_got_two_notices_is_one_person_and_two_lists_make_a_figure_less_certain(session: Session, people: People) -> None:
    # Given a notice, its correction to the same list that reached more, and a third to another list that was stopped
    case = an_owed_case(session, people)
    first = a_list(session, case, 1, {"de": 10})
    sent(session, case, first, 1, accepted_count=0, failed_count=10, uncertain_count=0, waiting_count=0)
    sent(session, case, first, 2, hours=1, accepted_count=9, uncertain_count=0, waiting_count=0)
    sent(session, case, first, 3, hours=2, accepted_count=4)
    answers = from_json(on_the_template(session, people, case).answers)
    assert answers["told_count"].value == Count.exact(9).to_json()
    assert answers["told_at"].value == (SOON + timedelta(hours=1)).isoformat(), "the first one reached nobody"
    assert "Notices 1, 2, 3, text in “de”" in str(answers["told_text"].value)

    # When a part of another list was told, too
    sent(session, case, a_list(session, case, 2, {"en": 10}), 4, hours=3, accepted_count=5, failed_count=0, cancelled_count=5,
         uncertain_count=0, waiting_count=0)
    told = filings.record_of(session, case, the_law()).told

    # Then the lists are added up, and the sum is no exact one
    assert told is not None
    assert (told.total, told.accepted, told.failed, told.lists) == (20, 14, 6, 2)
    assert told.reasons == (("Stopped before their turn", 5),)


def test_what_was_done_and_what_shall_prevent_it_come_from_the_actions_where_nobody_summed_it_up(
    session: Session, people: People
) -> None:
    case = session.get_one(Case, an_owed_case(session, people).id)
    session.execute(delete(Action).where(Action.case_id == case.id))
    for title, kind, state in (("Close the bucket", "contain", "done"), ("Tell the press", "notify", "done"),
                               ("Reset the keys", "mitigate", "open"), ("Scan every night", "prevent", "open"),
                               ("Train the team", "prevent", "done"), ("Buy a safe", "prevent", "not_needed")):
        session.add(Action(case_id=case.id, step=title, kind=kind, state=state, made_at=SOON))
    session.commit()
    known = filings.record_of(session, case, the_law())
    assert known.measures_planned == "Scan every night (planned)\nTrain the team (done)"
    assert known.measures_taken == "Access was closed.", "what somebody wrote comes first"

    case.measures_taken = ""
    session.commit()
    assert filings.record_of(session, case, the_law()).measures_taken == "Close the bucket (done)"
