"""A notice ends a duty to tell people by itself only where nothing speaks against it; what does is said everywhere."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incident_app.domain.cases import Count
from incident_app.domain.ports import Rejected
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.notices import Notice
from incident_app.models.obligations import Obligation
from incident_app.models.recipients import RecipientList
from incident_app.services import deliveries, notices
from incident_app.services.reports.contents import case_matter
from tests.builders import the_law
from tests.fakes import FakeClock
from tests.letters_kit import Desk, csv_of
from tests.people import People

BLOCKED = Rejected("The person has blocked the bot.", permanent=True)


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


def the_case(desk: Desk, people: Count, *countries: str) -> Case:
    """File a case about so many people, with its duties to tell them owed."""
    case = desk.case(data_categories=("ai_prompts", "account"), people=people, countries=countries or ("DE",))
    desk.session.execute(update(Obligation).where(Obligation.recipient_type == "data_subjects").values(state="owed"))
    desk.session.commit()
    return case


def sent(desk: Desk, case: Case, content: bytes, *, stop: bool = False, wrong: bool = False) -> Notice:
    """Tell the people of a list, or stop once those with an address were told, because the list or the text is ``wrong``."""
    notice = notices.draft(desk.session, case.id, desk.listed(case, content).id, by=desk.people.responder, now=desk.now)
    notices.ask_approval(desk.session, notice.id, by=desk.people.responder, now=desk.now)
    notices.approve(desk.session, notice.id, by=desk.people.approver, now=desk.now)
    deliveries.launch(desk.session, notice.id, typed_count=notice.list_count or 0, by=desk.people.responder, now=desk.now)
    if stop:
        deliveries.send_due(
            desk.session, clock=desk.clock, channels={"telegram": desk.telegram, "email": desk.email}, only="email",
            limiter=desk.limiter, vault=desk.vault, letters=desk.letters, worker="w1")
        deliveries.cancel(desk.session, notice.id, reason="It was a wrong text." if wrong else "A wrong list.", text_wrong=wrong,
                          by=desk.people.approver, now=desk.now)
    desk.send_all()
    return notice


def duties(desk: Desk, case: Case) -> dict[str, str]:
    rows = desk.session.execute(select(Obligation.regime, Obligation.state).where(
        Obligation.case_id == case.id, Obligation.recipient_type == "data_subjects"))
    return {row.regime: row.state for row in rows}


def why(desk: Desk, case: Case) -> set[str]:
    return set(deliveries.still_owed(desk.session, case, law=the_law(), now=desk.now).values())


def recorded(desk: Desk, case: Case) -> list[str]:
    found = desk.session.scalars(select(Entry).where(Entry.action == "obligation.still_owed", Entry.case_id == case.id))
    return [one.details["words"] for one in found]


def test_a_few_of_many_people_told_leave_the_duty_owed_and_the_record_says_why(desk: Desk) -> None:
    case = the_case(desk, Count.about(10_000))
    assert why(desk, case) == set()
    assert deliveries.still_owed(desk.session, case, law=the_law(), now=desk.now) == {}

    sent(desk, case, csv_of(12))

    words = ("Notice 1 reached 12 of 12 people in its list; the case says about 10\u202f000 are concerned. "
             "Mark this as done when everybody was told.")
    assert duties(desk, case) == {"EU-GDPR": "owed"}
    assert why(desk, case) == {words}
    assert recorded(desk, case) == [words]


def test_the_duty_ends_with_the_notice_that_tells_the_last_of_them(desk: Desk) -> None:
    case = the_case(desk, Count.between(15, 500))

    sent(desk, case, csv_of(12))
    assert duties(desk, case) == {"EU-GDPR": "owed"}

    # The same twelve again are no others: each counts once, in the same list or in another.
    sent(desk, case, csv_of(12) + b"One more,more@example.org,,en,DE\n")
    assert why(desk, case) == {"Notices 1 and 2 reached 13 of 13 people in their lists; the case says 15 to 500 are concerned. "
                               "Mark this as done when everybody was told."}

    sent(desk, case, csv_of(15).splitlines()[0] + b"\n" + b"\n".join(csv_of(15).splitlines()[13:]))
    assert duties(desk, case) == {"EU-GDPR": "discharged"}

    # The law names no date: the paper says that they were told, and neither on time nor late.
    printed = next(one for one in case_matter(desk.session, case, desk.now, by=desk.people.approver)["duties"] if one["recipient"] == "affected people")
    assert printed["outcome"].startswith("told ")
    assert "on time" not in printed["outcome"]


def test_of_several_long_lists_only_what_is_sure_counts_so_that_no_page_waits_for_all_of_them(desk: Desk) -> None:
    # Given two notices to lists of which one is longer than what is compared person by person
    case = the_case(desk, Count.exact(100_020))
    sent(desk, case, csv_of(12))
    second = sent(desk, case, csv_of(13))
    desk.session.execute(update(RecipientList).where(RecipientList.id == second.list_id).values(people_count=100_001))
    desk.session.commit()

    # Then nobody is compared, and what the longer one says is surely so
    assert why(desk, case) == {"Notices 1 and 2 reached at least 13 people in their lists; the case says 100\u202f020 are "
                               "concerned. Mark this as done when everybody was told."}


def test_a_law_of_another_country_is_not_done_where_nobody_of_the_list_lives_there(desk: Desk) -> None:
    case = the_case(desk, Count.unknown(), "DE", "GB", "BR")

    sent(desk, case, csv_of(12))

    assert duties(desk, case) == {"EU-GDPR": "discharged", "UK-GDPR": "owed", "BR-LGPD": "owed"}
    assert why(desk, case) == {
        "Nobody in its list lives in the United Kingdom. Mark this as done when everybody was told.",
        "Nobody in its list lives in Brazil. Mark this as done when everybody was told."}

    sent(desk, case, b"name,email,country\nAnn,ann@example.org,GB\n")
    assert duties(desk, case) == {"EU-GDPR": "discharged", "UK-GDPR": "discharged", "BR-LGPD": "owed"}


def test_whom_a_stop_left_out_was_not_told(desk: Desk) -> None:
    case = the_case(desk, Count.exact(100))

    notice = sent(desk, case, csv_of(100), stop=True)

    assert 0 < desk.session.get_one(Notice, notice.id).cancelled_count < 100
    assert duties(desk, case) == {"EU-GDPR": "owed"}
    (words,) = why(desk, case)
    assert words.endswith("the case says 100 are concerned. Mark this as done when everybody was told.")


def test_a_notice_that_reached_nobody_told_nobody(desk: Desk) -> None:
    case = the_case(desk, Count.exact(1))
    desk.answer("telegram", lambda message: BLOCKED)

    sent(desk, case, b"name,telegram_id,country\nAnn,1001,DE\n")

    assert duties(desk, case) == {"EU-GDPR": "owed"}
    (words,) = why(desk, case)
    assert words.startswith("Notice 1 reached 0 of 1 person in its list.")


def test_a_late_duty_says_what_was_reached_and_asks_for_the_reasons(desk: Desk) -> None:
    case = the_case(desk, Count.exact(12))
    desk.session.execute(update(Obligation).values(due_at=desk.now - timedelta(hours=1)))
    desk.session.commit()

    sent(desk, case, csv_of(12))

    assert why(desk, case) == {"Notice 1 reached 12 of 12 people in its list. Mark this as done when everybody was told. "
                               "It is past its date, so say why."}


def test_before_it_is_sent_a_notice_says_what_will_stay_open(desk: Desk) -> None:
    case = the_case(desk, Count.about(10_000), "DE", "GB")
    notice = notices.draft(desk.session, case.id, desk.listed(case).id, by=desk.people.responder, now=desk.now)

    assert deliveries.would_stay(desk.session, notice, law=the_law()) == (
        "Notice 1 holds 12 people; the case says about 10\u202f000 are concerned.",
        "Nobody in its list lives in the United Kingdom.", "The duty stays open until everybody was told.")

    # Nothing speaks against it any more; and where nothing is owed there is nothing to say.
    desk.session.execute(update(Case).values(people_count=Count.exact(12).to_json(), countries=["DE"]))
    desk.session.execute(update(Obligation).where(Obligation.regime == "UK-GDPR").values(state="excused"))
    desk.session.commit()
    assert deliveries.would_stay(desk.session, notice, law=the_law()) == ()
    desk.session.execute(update(Obligation).values(state="excused"))
    desk.session.commit()
    assert deliveries.would_stay(desk.session, notice, law=the_law()) == ()
    notice.kind = "controllers"
    assert deliveries.would_stay(desk.session, notice, law=the_law()) == ()
