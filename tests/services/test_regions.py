"""Where somebody lives within a country: kept where the law of a part asks for more, and only those get its text."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.models.notices import Notice
from incident_app.models.recipients import Recipient, RecipientList
from incident_app.services import cases, deliveries, notices, recipients
from incident_app.services.filings import telling
from incident_app.services.place_files import place_code, place_of
from tests.fakes import FakeClock
from tests.letters_kit import Desk
from tests.people import People

HEADER = b"name,email,language,country,region\n"
THREE = HEADER + (b"Ann,a@example.org,en,US,CA\nBob,b@example.org,en,US,US-NY\nCid,c@example.org,en,US,\n"
                  b"Dan,d@example.org,en,GB,\nEva,e@example.org,de,DE,BY\n")


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


def drafted(desk: Desk, content: bytes, kinds: tuple[str, ...] = ("account",)) -> Notice:
    """Draft a notice to a list, in a case with these kinds of data."""
    case = desk.case(data_categories=kinds)
    people = desk.listed(case, content)
    return notices.draft(desk.session, case.id, people.id, by=desk.people.responder, now=desk.now)


def covered(desk: Desk) -> None:
    """Say that HIPAA binds the organisation."""
    cases.organisation(desk.session).covered_entity = True
    desk.session.commit()


def test_a_region_is_kept_only_where_the_law_of_a_part_asks_for_more(desk: Desk) -> None:
    people = desk.listed(desk.case(), THREE)

    kept = desk.session.scalars(select(Recipient.country).where(Recipient.list_id == people.id).order_by(Recipient.number)).all()
    assert kept == ["US-CA", "US-NY", "US", "GB", "DE"]
    assert people.countries == {"US-CA": 1, "US-NY": 1, "US": 1, "GB": 1, "DE": 1}
    assert people.spoken["US-CA"] == {"en": 1}
    assert people.problem_count == 0
    assert (place_of("US", "NY"), place_of("DE", "BY")) == ("US-NY", "DE")
    assert [place_code(one) for one in ("US", "US-CA", "US-NY", "KR", "DE", "DE-BY")] == ["US", "US-CA", "US-ZZ", "KR", None, None]


def test_only_californians_and_those_of_whom_nobody_knows_get_the_stricter_text(desk: Desk) -> None:
    notice = drafted(desk, THREE)

    # Then New Yorkers read what everybody reads, and everybody is counted once
    assert set(notice.texts) == {"en", "de", "en-US", "en-US-CA"}
    assert notices.languages_of(desk.session, notice) == {"en": 2, "de": 1, "en-US": 1, "en-US-CA": 1}
    assert notice.texts["en-US"]["body"] == notice.texts["en-US-CA"]["body"]
    assert "What Information Was Involved" in notice.texts["en-US-CA"]["body"]
    assert notices.wording("en-US-CA").label == "English, California"
    for number, language in ((1, "en-US-CA"), (2, "en"), (3, "en-US")):
        seen = notices.preview(desk.session, notice.id, number, by=desk.people.responder, vault=desk.vault, letters=desk.letters)
        assert seen.language == language
    assert notices.sample(desk.session, notice, "en-US-CA") == 1


def test_the_page_says_for_whom_the_strictest_law_is_followed() -> None:
    assert "The law of California asks for most and is followed for all of them." in notices.unsure_of("en-US")
    assert notices.unsure_of("en-US-CA") == ""
    assert notices.unsure_of("en") == ""


def test_the_check_holds_californians_to_their_law_and_nobody_else(desk: Desk) -> None:
    notice = drafted(desk, HEADER + b"Ann,a@example.org,en,US,CA\nBob,b@example.org,en,US,NY\n")
    assert set(notice.texts) == {"en", "en-US-CA"}

    # When the title that California fixes is taken out
    notices.edit(desk.session, notice.id, language="en-US-CA", subject="Your data", body=notice.texts["en-US-CA"]["body"],
                 version=notice.version, by=desk.people.responder, now=desk.now)

    found = notices.check(desk.session, notice.id)
    assert "place_title_US-CA" in found["en-US-CA"].named
    assert not [name for name in found["en"].named if name.startswith("place_")]


def test_health_data_ask_for_a_free_number_only_of_who_is_under_hipaa(desk: Desk) -> None:
    content = HEADER + b"Ann,a@example.org,en,US,CA\nBob,b@example.org,en,US,NY\n"
    free = "You can call us free of charge"

    # Given an organisation that is no covered entity, then nobody is told of a number
    notice = drafted(desk, content, ("health",))
    assert set(notice.texts) == {"en", "en-US-CA"}
    assert not any(free in words["body"] for words in notice.texts.values())

    # When it says that it is one, then people of every State are, by a text of their own
    covered(desk)
    bound = drafted(desk, content, ("health",))
    assert set(bound.texts) == {"en", "en-US-CA", "en-US-ZZ"}
    assert free in bound.texts["en-US-ZZ"]["body"]
    assert free in bound.texts["en-US-CA"]["body"]
    assert "What Information Was Involved" not in bound.texts["en-US-ZZ"]["body"]
    assert notices.wording("en-US-ZZ").label == "English, the United States outside California"
    assert notices.languages_of(desk.session, bound) == {"en-US-CA": 1, "en-US-ZZ": 1, "en": 0}
    # And the check asks for it from then on, in what was drafted before too
    assert "place_free_contact_US-CA" in notices.check(desk.session, notice.id)["en-US-CA"].named

    # And of other kinds of data HIPAA says nothing
    assert set(drafted(desk, content).texts) == {"en", "en-US-CA"}


def test_reach_counts_the_text_of_each_place_apart_and_each_country_once(desk: Desk) -> None:
    # Given a notice to four people in three texts, sent
    notice = drafted(desk, HEADER + b"Ann,a@example.org,en,US,CA\nBob,b@example.org,en,US,NY\nCid,c@example.org,en,US,\n"
                                    b"Dan,d@example.org,en,GB,\n")
    for language in ("en-US", "en-US-CA"):
        body = notice.texts[language]["body"].replace("[did / did not]", "did not")
        notice = notices.edit(desk.session, notice.id, language=language, subject=notice.texts[language]["subject"], body=body,
                              version=notice.version, by=desk.people.responder, now=desk.now)
    notices.ask_approval(desk.session, notice.id, by=desk.people.responder, now=desk.now)
    notices.approve(desk.session, notice.id, by=desk.people.approver, now=desk.now)
    deliveries.launch(desk.session, notice.id, typed_count=4, by=desk.people.responder, now=desk.now)
    desk.send_all()

    seen = deliveries.overview(desk.session, notice.id, now=desk.now)

    assert {one.name: (one.accepted, one.total) for one in seen.by_language} == {"en": (2, 2), "en-US": (1, 1), "en-US-CA": (1, 1)}
    assert {one.name: (one.accepted, one.total) for one in seen.by_country} == {"US": (3, 3), "GB": (1, 1)}
    subjects = {one.address: one.subject.startswith("Notice of Data Breach") for one in desk.messages}
    assert subjects == {"a@example.org": True, "b@example.org": False, "c@example.org": True, "d@example.org": False}
    # And the filing encloses each of the three texts that somebody got
    assert [letter.language for letter in telling.letters_of(desk.session, notice.case_id)] == ["en", "en-US", "en-US-CA"]


def test_a_list_from_before_lists_counted_this_is_asked_itself(desk: Desk) -> None:
    notice = drafted(desk, THREE)
    people = desk.session.get_one(RecipientList, notice.list_id)
    counted = notices.languages_of(desk.session, notice)
    people.spoken = {}
    desk.session.commit()

    assert notices.languages_of(desk.session, notice) == counted


def test_rows_that_come_as_json_may_name_it_and_bad_ones_are_said(desk: Desk) -> None:
    case = desk.case()
    rows = [{"email": "a@example.org", "country": "US", "region": "ca"}, {"email": "b@example.org", "region": "US-TX"},
            {"email": "c@example.org", "region": "NY"}, {"email": "d@example.org", "country": "GB", "region": "US-NY"},
            {"email": "e@example.org", "country": "US", "region": "California"}]

    people = recipients.import_rows(desk.session, case.id, "rows", rows, by=desk.people.responder, now=desk.now, vault=desk.vault)

    assert people.countries == {"US-CA": 1, "US-TX": 1, "": 1, "GB": 1, "US": 1}
    assert [(one["line"], one["column"]) for one in people.problems] == [(3, "region"), (4, "region"), (5, "region")]
    assert "stands there without a country" in people.problems[0]["words"]
    assert "another country" in people.problems[1]["words"]
    assert "such as CA or US-CA" in people.problems[2]["words"]


def test_rows_of_one_person_keep_country_and_region_together(desk: Desk) -> None:
    people = desk.listed(desk.case(), HEADER + b"Ann,a@example.org,en,,\nAnn,a@example.org,en,US,CA\nBob,b@example.org,en,GB,\n"
                                               b"Bob,b@example.org,en,US,CA\n")

    assert people.countries == {"US-CA": 1, "GB": 1}
