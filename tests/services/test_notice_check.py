"""The check beside a text: against the case, waived by name with a reason, and what the law of a country asks for."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.cases import Count
from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.notices import Notice
from incident_app.services import deliveries, notices
from incident_app.services.notices.checking import known_of
from incident_app.services.notices.habits import habits
from incident_app.services.place_files import places
from tests.fakes import FakeClock
from tests.letters_kit import Desk, csv_of
from tests.people import People

WHY = "The clinic asked for these very words."


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


def wrong(desk: Desk, notice: Notice, language: str = "en", words: str = "[date]") -> Notice:
    """Add words to the text of a language, as the responder."""
    saved = notice.texts[language]
    return notices.edit(desk.session, notice.id, language=language, subject=saved["subject"],
                        body=f"{saved['body']}\n{words}", version=notice.version, by=desk.people.responder, now=desk.now)


def waive(desk: Desk, notice: Notice, check: str = "placeholder", language: str = "en", reason: str = WHY) -> Notice:
    """Waive it as the responder."""
    return notices.waive(desk.session, notice.id, language, check, reason, by=desk.people.responder, now=desk.now)


def named(desk: Desk, notice: Notice, language: str = "en") -> set[str]:
    """Name what the check finds in a language."""
    return set(notices.check(desk.session, notice.id)[language].named)


def test_a_finding_that_holds_is_waived_with_a_reason_the_record_keeps(desk: Desk) -> None:
    # Given a text that cannot be put up for approval
    notice = wrong(desk, desk.drafted(b"email,language\na@example.org,en\n"))
    with pytest.raises(Refused, match="not complete"):
        notices.ask_approval(desk.session, notice.id, by=desk.people.responder, now=desk.now)

    # When somebody says why it is right
    notice = waive(desk, notice)

    # Then it can, the approver sees who waived what, and the record names it
    [waiver] = notices.check(desk.session, notice.id)["en"].waivers
    assert (waiver.check, waiver.reason, waiver.by) == ("placeholder", WHY, desk.people.responder.name)
    notices.ask_approval(desk.session, notice.id, by=desk.people.responder, now=desk.now)
    notices.approve(desk.session, notice.id, by=desk.people.approver, now=desk.now)
    entries = desk.session.scalars(select(Entry)).all()
    [entry] = [one for one in entries if one.action == "notice.waived"]
    assert (entry.details["check"], entry.details["language"]) == ("placeholder", "en")
    assert next(one for one in entries if one.action == "notice.approved").details["waived"] == ["en:placeholder"]


def test_an_edit_takes_a_waiver_back_and_another_reason_replaces_it(desk: Desk) -> None:
    notice = waive(desk, wrong(desk, desk.drafted(b"email,language\na@example.org,en\n")))
    notice = waive(desk, notice, reason="They asked for it a second time.")
    assert [one.reason for one in notices.check(desk.session, notice.id)["en"].waivers] == ["They asked for it a second time."]

    notice = wrong(desk, notice, words="More words.")

    assert notices.check(desk.session, notice.id)["en"].waivers == ()
    assert not notices.check(desk.session, notice.id)["en"].ready


def test_who_waives_had_a_hand_in_it_and_cannot_approve(desk: Desk) -> None:
    notice = wrong(desk, desk.drafted(b"email,language\na@example.org,en\n"))
    notices.waive(desk.session, notice.id, "en", "placeholder", WHY, by=desk.people.approver, now=desk.now)
    notices.ask_approval(desk.session, notice.id, by=desk.people.responder, now=desk.now)

    with pytest.raises(Forbidden, match="You changed"):
        notices.approve(desk.session, notice.id, by=desk.people.approver, now=desk.now)


def test_nothing_is_waived_without_a_reason_a_finding_or_the_right(desk: Desk) -> None:
    notice = wrong(desk, desk.drafted(b"email,language\na@example.org,en\n"), words="See https://example.org.")

    with pytest.raises(Refused, match="Nothing was waived"):
        waive(desk, notice, reason="Because.")
    with pytest.raises(NotFound):
        waive(desk, notice, "blame")
    with pytest.raises(NotFound):
        waive(desk, notice, language="de")
    with pytest.raises(Refused, match="cannot be waived"):
        waive(desk, notice, "link")
    with pytest.raises(Forbidden):
        notices.waive(desk.session, notice.id, "en", "link", WHY, by=desk.people.auditor, now=desk.now)


def test_nothing_is_waived_in_what_was_approved(desk: Desk) -> None:
    notice = desk.approved(csv_of(2))

    with pytest.raises(Conflict, match="cannot be waived in now"):
        waive(desk, notice)


def test_a_text_left_behind_the_main_one_is_held_until_somebody_looks(desk: Desk) -> None:
    # Given a notice in two languages, the main one of which is changed
    notice = desk.drafted(b"email,language\na@example.org,en\nb@example.org,de\n")
    notice = wrong(desk, notice, words="We have help for you.")

    # Then the other one waits, and is free again once it is changed too
    assert "outdated" in named(desk, notice, "de")
    assert "outdated" not in named(desk, notice)
    notice = wrong(desk, notice, "de", "Wir helfen Ihnen.")
    assert "outdated" not in named(desk, notice, "de")


def test_a_new_subject_alone_leaves_no_other_language_behind(desk: Desk) -> None:
    notice = desk.drafted(b"email,language\na@example.org,en\nb@example.org,de\n")
    notice = notices.edit(desk.session, notice.id, language="en", subject="News from ((service))",
                          body=notice.texts["en"]["body"], version=notice.version, by=desk.people.responder, now=desk.now)

    assert "outdated" not in named(desk, notice, "de")


def test_what_was_written_by_hand_in_the_case_must_be_translated(desk: Desk) -> None:
    case = desk.case(data_categories=("account",))
    case.measures_taken = "We changed every key by hand."
    desk.session.commit()
    people = desk.listed(case, b"email,language\na@example.org,en\nb@example.org,de\n")

    notice = notices.draft(desk.session, case.id, people.id, by=desk.people.responder, now=desk.now)

    assert "untranslated" in named(desk, notice, "de")


@pytest.mark.parametrize(("count", "span"), [
    (Count.unknown(), ()), (Count.exact(7), ((7, 7),)), (Count.about(100), ((90, 110),)), (Count.between(5, 9), ((5, 9),)),
])
def test_the_number_of_people_is_that_of_the_case_or_of_the_list(desk: Desk, count: Count, span: tuple[tuple[int, int]]
                                                                 ) -> None:
    notice = desk.drafted(csv_of(3))
    desk.session.get_one(Case, notice.case_id).people_count = count.to_json()

    assert known_of(desk.session, notice).people == (*span, (3, 3))


def test_a_language_without_habits_is_checked_for_what_needs_none() -> None:
    assert habits("tlh").language == ""
    assert habits("en-US") is not None
    assert habits("en-US").language == "en"


# ----------------------------------------------------------------------------------------------------------- countries

ABROAD = (b"name,email,language,country\nAnn,a@example.org,en,US\nBob,b@example.org,en,GB\nCid,c@example.org,es,MX\n"
          b"Dan,d@example.org,de,US\nEva,e@example.org,pl,KR\n")


def test_people_of_a_country_that_asks_for_more_get_a_text_of_their_own(desk: Desk) -> None:
    notice = desk.drafted(ABROAD)

    # Then there is one for each language read in such a country, and everybody is counted once
    assert set(notice.texts) == {"en", "en-US", "pl-KR", "es-MX", "de-US"}
    counts = notices.languages_of(desk.session, notice)
    assert sum(counts.values()) == 5
    assert counts == dict.fromkeys(counts, 1)
    assert notice.texts["en-US"]["subject"].startswith("Notice of Data Breach")
    assert "What Information Was Involved" in notice.texts["en-US"]["body"]
    assert notices.wording("en-US").label == "English, the United States"


def test_each_of_them_sees_their_own_in_the_preview(desk: Desk) -> None:
    notice = desk.drafted(ABROAD)

    def preview(number: int) -> notices.Preview:
        return notices.preview(desk.session, notice.id, number, by=desk.people.responder, vault=desk.vault, letters=desk.letters)

    assert (preview(1).language, preview(2).language, preview(3).language) == ("en-US", "en", "es-MX")
    assert not preview(1).falls_back
    assert notices.sample(desk.session, notice, "en-US") == 1
    assert notices.sample(desk.session, notice, "en") == 2


def test_a_text_for_a_country_waits_until_its_gaps_are_filled(desk: Desk) -> None:
    notice = desk.drafted(b"email,language,country\na@example.org,en,ZA\n")
    assert "placeholder" in named(desk, notice, "en-ZA")

    body = notice.texts["en-ZA"]["body"]
    gone = body.replace("We [do not know / know] who got at your data[: who].", "")
    notice = notices.edit(desk.session, notice.id, language="en-ZA", subject="Your data", body=gone, version=notice.version,
                          by=desk.people.responder, now=desk.now)

    assert "place_who_ZA" in named(desk, notice, "en-ZA")
    assert not notices.check(desk.session, notice.id)["en-ZA"].ready


def test_a_text_that_people_there_read_for_want_of_their_own_is_held_to_their_law(desk: Desk) -> None:
    # Given a notice drafted before anybody asked for the country
    notice = desk.drafted(b"email,language,country\na@example.org,en,ZA\nb@example.org,en,DE\n")
    notice.texts = {"en": notice.texts["en"]}
    desk.session.commit()

    assert {"place_who_ZA"} <= named(desk, notice)


def test_another_list_brings_the_texts_of_its_countries_and_keeps_what_was_written(desk: Desk) -> None:
    notice = desk.drafted(b"email,language,country\na@example.org,en,ZA\n")
    notice = wrong(desk, notice, "en-ZA", "Kept.")
    other = desk.listed(desk.session.get_one(Case, notice.case_id),
                        b"email,language,country\na@example.org,en,ZA\nb@example.org,en,PH\n")

    notice = notices.set_list(desk.session, notice.id, other.id, version=notice.version, by=desk.people.responder,
                              now=desk.now)

    assert set(notice.texts) == {"en", "en-ZA", "en-PH"}
    assert notice.texts["en-ZA"]["body"].endswith("Kept.")


def test_what_goes_out_is_the_text_of_the_country(desk: Desk) -> None:
    # Given a notice to South Africa and Germany, filled in and approved
    notice = desk.drafted(b"name,email,language,country\nAnn,a@example.org,en,ZA\nBob,b@example.org,en,DE\n")
    body = notice.texts["en-ZA"]["body"].replace("[do not know / know]", "do not know").replace("[: who]", "")
    notices.edit(desk.session, notice.id, language="en-ZA", subject=notice.texts["en-ZA"]["subject"], body=body,
                 version=notice.version, by=desk.people.responder, now=desk.now)
    notices.ask_approval(desk.session, notice.id, by=desk.people.responder, now=desk.now)
    notices.approve(desk.session, notice.id, by=desk.people.approver, now=desk.now)

    # When it is sent
    deliveries.launch(desk.session, notice.id, typed_count=2, by=desk.people.responder, now=desk.now)
    desk.send_all()

    # Then each reads what their country asks for, and nobody else's
    told = {one.address: "who got at your data" in one.text for one in desk.messages}
    assert told == {"a@example.org": True, "b@example.org": False}


def test_every_country_has_its_source_and_words_in_english() -> None:
    assert set(places()) == {"US", "US-CA", "US-ZZ", "KR", "BR", "TR", "ZA", "PH", "MX", "IN"}
    for place in places().values():
        assert place.source
        assert all(part.text["en"] and part.signs["en"] and part.article for part in place.parts)
