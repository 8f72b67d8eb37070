"""Draft, edit, check, approve: bound to its text, its list and its plan, by four eyes."""

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.notices import Approval, Notice
from incident_app.models.obligations import Obligation
from incident_app.models.organisation import Organisation
from incident_app.services import notices, recipients
from incident_app.services.notices.supervising import names, supervision
from tests.fakes import FakeClock
from tests.letters_kit import Desk, csv_of
from tests.people import ANYBODY, People


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


def edit(desk: Desk, notice: Notice, **facts: object) -> Notice:
    """Edit the English text as the responder."""
    given = {"language": "en", "subject": "Hello", "body": notice.texts["en"]["body"], "version": notice.version,
             "by": desk.people.responder, "now": desk.now} | facts
    return notices.edit(desk.session, notice.id, **given)  # type: ignore[arg-type]  # named by the test


def test_a_draft_is_written_in_every_language_of_the_list_and_complete(desk: Desk) -> None:
    notice = desk.drafted(csv_of(10))

    assert sorted(notice.texts) == ["de", "en", "es", "fr", "ru"]
    assert all(check.ready for check in notices.check(desk.session, notice.id).values())
    assert notices.languages_of(desk.session, notice) == dict.fromkeys(("de", "en", "es", "fr", "ru"), 2)
    assert notice.facts["case_ref"] == "BR-2026-001"
    assert (notice.state, notice.number, notice.plan["order"]) == ("draft", 1, ["telegram", "email"])


def test_people_without_a_language_we_write_get_the_fallback_visibly(desk: Desk) -> None:
    notice = desk.drafted(b"email,language\na@example.org,tlh\nb@example.org,\nc@example.org,de\n")

    assert notices.languages_of(desk.session, notice) == {"en": 2, "de": 1}
    seen = notices.preview(desk.session, notice.id, 1, by=desk.people.responder, vault=desk.vault,
                           letters=desk.letters)
    assert (seen.language, seen.falls_back, seen.telegram) == ("en", True, None)
    assert notice.plan["order"] == ["email"]


def test_whoever_signs_reads_first_what_most_people_read(desk: Desk) -> None:
    notice = desk.drafted(b"email,language\na@example.org,de\nb@example.org,en\nc@example.org,en\n")

    read = notices.read_by_all(desk.session, notice)

    assert list(read) == ["en", "de"]
    assert "BR-2026-001" in read["de"].body
    assert "((case_ref))" not in read["de"].body
    assert "((name))" in read["de"].body


def test_a_home_language_we_cannot_write_falls_back_to_english(desk: Desk) -> None:
    desk.session.execute(update(Organisation).values(language="tlh"))
    desk.session.commit()

    assert desk.drafted(csv_of(1)).fallback_language == "en"


def test_the_draft_says_what_the_case_knows(desk: Desk) -> None:
    case = desk.case(data_categories=("health",), occurred_at=desk.now)
    case.contained_at, case.measures_taken = desk.now, "All keys were changed."
    desk.session.execute(update(Obligation).where(Obligation.recipient_type == "authority").values(state="discharged"))
    desk.session.commit()
    people = desk.listed(case, csv_of(5))

    notice = notices.draft(desk.session, case.id, people.id, by=desk.people.responder, now=desk.now)

    # Days and moments are told to each person in the way of their own country
    body = notice.texts["en"]["body"]
    assert "It happened on ((occurred_on))." in body
    seen = notices.preview(desk.session, notice.id, 5, by=desk.people.responder, vault=desk.vault, letters=desk.letters)
    assert (seen.language, "It happened on 23 November 2026." in seen.body) == ("en", True)
    assert "(Central European Standard Time)" in seen.body
    assert "All keys were changed." in body
    assert "We have told the data protection authority: Berliner Beauftragte für Datenschutz und Informationsfreiheit." in body
    assert body.endswith("for example: ((authority)).")  # each reads that of their own country


def test_a_list_with_kinds_of_data_per_person_names_each_their_own(desk: Desk) -> None:
    notice = desk.drafted(b"name,email,language,data\nAnn,a@example.org,en,health\nBob,b@example.org,en,location\n")

    first, second = (
        notices.preview(desk.session, notice.id, number, by=desk.people.responder, vault=desk.vault, letters=desk.letters)
        for number in (1, 2)
    )
    read = notices.preview(desk.session, notice.id, 1, by=desk.people.auditor, vault=desk.vault, letters=desk.letters)
    assert ("Ann" in first.body, "Ann" in read.body, read.masked_email) == (True, False, "")
    assert "about your health" in first.body
    assert "health" not in second.body
    assert "location sharing" in second.body
    assert "Do not pay" in first.body
    assert first.email is not None
    assert first.masked_email == "a…@example.org"
    assert notices.check(desk.session, notice.id)["en"].length > 1000


def test_everybody_may_complain_to_the_authority_of_their_own_country_and_never_to_anothers(desk: Desk) -> None:
    # Given a controller in Berlin, and a duty to an authority abroad that comes first
    case = desk.case(countries=("RU", "FR", "US", "DE"))
    content = "name,email,language,country\n" + "".join(
        f"Ann,{place or 'nowhere'}@example.org,en,{place}\n" for place in ("FR", "GB", "RU", "US", "DE", ""))
    notice = notices.draft(desk.session, case.id, desk.listed(case, content.encode()).id, by=desk.people.responder, now=desk.now)

    assert notice.texts["en"]["body"].endswith("for example: ((authority)).")
    assert "have told" not in notice.texts["en"]["body"]
    read = [notices.preview(desk.session, notice.id, number, by=desk.people.responder, vault=desk.vault, letters=desk.letters).body
            for number in range(1, 7)]

    ours = "Berliner Beauftragte für Datenschutz und Informationsfreiheit"
    assert [body.rpartition("for example: ")[2].rstrip(".\n") for body in read] == [
        "Commission nationale de l'informatique et des libertés", "Information Commissioner's Office",
        names()["Roskomnadzor"], ours, ours, ours]


def test_the_authority_at_home_is_named_as_told_before_one_abroad(desk: Desk) -> None:
    case = desk.case(countries=("RU", "DE"))

    def told(*recipients: str) -> str:
        for recipient in recipients:
            desk.session.execute(update(Obligation).where(Obligation.case_id == case.id, Obligation.recipient == recipient)
                                 .values(state="discharged"))
        desk.session.commit()
        return supervision(desk.session, case).told_name

    assert told() == ""
    assert told("Roskomnadzor") == names()["Roskomnadzor"]
    assert told("BlnBDI") == names()["BlnBDI"]


def test_before_the_land_of_the_seat_is_set_no_authority_is_named(desk: Desk) -> None:
    desk.session.execute(update(Organisation).values(subdivision=None))
    desk.session.commit()
    case = desk.case()
    desk.session.execute(update(Obligation).where(Obligation.case_id == case.id, Obligation.recipient_type == "authority")
                         .values(state="discharged"))
    desk.session.commit()

    people = desk.listed(case, csv_of(5))
    body = notices.draft(desk.session, case.id, people.id, by=desk.people.responder, now=desk.now).texts["en"]["body"]

    assert "We have told the data protection authority." in body
    assert "Land" not in body
    assert body.endswith("You may also complain to your data protection authority.")


def test_a_house_without_a_contact_is_told_by_the_check_that_one_is_missing(desk: Desk) -> None:
    desk.session.execute(update(Organisation).values(dpo_name="", dpo_email="", dpo_phone="", website=""))
    desk.session.commit()

    notice = desk.drafted(csv_of(5))

    assert "((dpo))" not in notice.texts["en"]["body"]
    assert any("data protection officer" in words for words in notices.check(desk.session, notice.id)["en"].problems)


def test_a_notice_needs_a_list_of_its_own_case_and_an_open_case(desk: Desk) -> None:
    case, other = desk.case(), desk.case()
    people = desk.listed(case, csv_of(1))
    by = desk.people.responder

    with pytest.raises(NotFound):
        notices.draft(desk.session, other.id, people.id, by=by, now=desk.now)
    with pytest.raises(NotFound):
        notices.draft(desk.session, 99, people.id, by=by, now=desk.now)
    with pytest.raises(Forbidden):
        notices.draft(desk.session, case.id, people.id, by=desk.people.auditor, now=desk.now)
    desk.session.execute(update(Case).values(state="closed"))
    desk.session.commit()
    with pytest.raises(Conflict):
        notices.draft(desk.session, case.id, people.id, by=by, now=desk.now)
    desk.session.execute(update(Case).values(state="logged"))
    desk.session.execute(delete(Organisation))
    desk.session.commit()
    with pytest.raises(Refused, match="No organisation"):
        notices.draft(desk.session, case.id, people.id, by=by, now=desk.now)


def test_an_edit_is_kept_and_the_same_words_change_nothing(desk: Desk) -> None:
    notice = desk.drafted(csv_of(5))

    edited = edit(desk, notice, subject=" New words ")
    again = edit(desk, edited, subject="New words", version=edited.version)

    assert edited.texts["en"]["subject"] == "New words"
    assert again.version == edited.version == 2


@pytest.mark.parametrize(("facts", "problem"), [
    ({"body": "Dear ((nmae))"}, "body"), ({"subject": "((x))"}, "subject"), ({"body": " "}, "body"),
    ({"subject": "a\nb"}, "subject"), ({"body": "x" * 20_001}, "body"), ({"body": "a\x07"}, "body"),
])
def test_a_text_that_cannot_be_used_is_refused_on_saving(desk: Desk, facts: dict[str, object], problem: str) -> None:
    notice = desk.drafted(csv_of(5))

    with pytest.raises(Refused) as error:
        edit(desk, notice, **facts)
    assert problem in error.value.problems
    assert desk.session.get_one(Notice, notice.id).version == 1


def test_a_stale_edit_saves_nothing(desk: Desk) -> None:
    notice = desk.drafted(csv_of(5))
    edit(desk, notice)

    with pytest.raises(Conflict, match="Somebody changed this notice"):
        edit(desk, notice, subject="Mine", version=1)
    with pytest.raises(NotFound):
        edit(desk, notice, language="tlh", version=2)
    with pytest.raises(NotFound):
        notices.edit(desk.session, 99, language="en", subject="x", body="y", version=1, by=desk.people.responder,
                     now=desk.now)


def test_the_author_the_editors_and_the_uploader_cannot_approve(desk: Desk) -> None:
    case = desk.case()
    people = recipients.import_list(desk.session, case.id, "x.csv", csv_of(5), by=desk.people.approver, now=desk.now,
                                    vault=desk.vault)
    notice = notices.draft(desk.session, case.id, people.id, by=desk.people.responder, now=desk.now)
    notice = edit(desk, notice, by=desk.people.second_approver)
    notices.ask_approval(desk.session, notice.id, by=desk.people.responder, now=desk.now)

    for actor, words in ((desk.people.approver, "uploaded the list"), (desk.people.second_approver, "changed this")):
        with pytest.raises(Forbidden, match=words):
            notices.approve(desk.session, notice.id, by=actor, now=desk.now)
    with pytest.raises(Forbidden):
        notices.approve(desk.session, notice.id, by=desk.people.responder, now=desk.now)
    assert notices.why_not(desk.session, notice, desk.people.responder) == "Only an approver approves a notice."


def test_an_author_who_is_an_approver_cannot_approve_their_own_notice(desk: Desk) -> None:
    case = desk.case()
    people = desk.listed(case, csv_of(5))
    notice = notices.draft(desk.session, case.id, people.id, by=desk.people.approver, now=desk.now)
    notices.ask_approval(desk.session, notice.id, by=desk.people.approver, now=desk.now)

    with pytest.raises(Forbidden, match="You wrote this notice"):
        notices.approve(desk.session, notice.id, by=desk.people.approver, now=desk.now)
    approved = notices.approve(desk.session, notice.id, by=desk.people.second_approver, now=desk.now)
    assert approved.state == "approved"


def test_an_approval_binds_text_list_and_plan(desk: Desk) -> None:
    notice = desk.approved(csv_of(5))

    approval = desk.session.scalars(select(Approval)).one()
    assert approval.content_hash == notices.bound_hash(notice) == notice.content_hash
    assert (approval.list_count, notice.list_count) == (5, 5)
    people = recipients.find_list(desk.session, notice.case_id, notice.list_id)
    assert approval.list_digest == people.digest
    entry = desk.session.scalars(select(Entry).where(Entry.action == "notice.approved")).one()
    assert entry.details["content"] == approval.content_hash


@pytest.mark.parametrize("change", ["text", "plan", "list"])
def test_any_edit_voids_an_approval_visibly(desk: Desk, change: str) -> None:
    notice = desk.approved(csv_of(5))
    by, version = desk.people.responder, notice.version
    match change:
        case "text":
            notice = edit(desk, notice, subject="Another")
        case "plan":
            notice = notices.set_plan(desk.session, notice.id, order=["email"], version=version, by=by, now=desk.now)
        case _:
            other = desk.listed(desk.session.get_one(Case, notice.case_id), csv_of(6))
            notice = notices.set_list(desk.session, notice.id, other.id, version=version, by=by, now=desk.now)

    assert notice.state == "draft"
    assert notice.state_reason.endswith("This took back the approval.")
    assert (notice.approval_id, notice.content_hash, notice.list_count) == (None, None, None)
    approval = desk.session.scalars(select(Approval)).one()
    assert approval.voided_at == desk.now


def test_the_same_plan_and_the_same_list_change_nothing(desk: Desk) -> None:
    notice = desk.approved(csv_of(5))
    by = desk.people.responder

    notices.set_plan(desk.session, notice.id, order=["telegram", "email"], version=notice.version, by=by, now=desk.now)
    notices.set_list(desk.session, notice.id, notice.list_id, version=notice.version, by=by, now=desk.now)

    assert desk.session.get_one(Notice, notice.id).state == "approved"


def test_another_list_keeps_the_texts_written_and_drafts_what_is_missing(desk: Desk) -> None:
    notice = desk.drafted(b"email,language\na@example.org,en\n")
    notice = edit(desk, notice, subject="Kept")
    other = desk.listed(desk.session.get_one(Case, notice.case_id), csv_of(5))

    notice = notices.set_list(desk.session, notice.id, other.id, version=notice.version, by=desk.people.responder,
                              now=desk.now)

    assert notice.texts["en"]["subject"] == "Kept"
    assert len(notice.texts) == 5


def test_an_incomplete_text_is_not_put_up_for_approval(desk: Desk) -> None:
    notice = desk.drafted(csv_of(5))
    notice = edit(desk, notice, body="Something happened.")

    with pytest.raises(Refused, match="not complete") as error:
        notices.ask_approval(desk.session, notice.id, version=notice.version, by=desk.people.responder, now=desk.now)
    assert "Likely consequences" in error.value.problems["en"]
    assert desk.session.get_one(Notice, notice.id).state == "draft"


def test_a_draft_cannot_be_approved_and_an_approved_one_not_again(desk: Desk) -> None:
    notice = desk.drafted(csv_of(5))
    with pytest.raises(Conflict, match="a draft"):
        notices.approve(desk.session, notice.id, by=desk.people.approver, now=desk.now)
    notices.ask_approval(desk.session, notice.id, by=desk.people.responder, now=desk.now)
    notices.approve(desk.session, notice.id, by=desk.people.approver, now=desk.now)
    with pytest.raises(Conflict):
        notices.approve(desk.session, notice.id, by=desk.people.second_approver, now=desk.now)


def test_an_edit_while_somebody_approves_is_noticed(desk: Desk) -> None:
    notice = desk.drafted(csv_of(5))
    notice = notices.ask_approval(desk.session, notice.id, by=desk.people.responder, now=desk.now)
    seen = notice.version
    notice = edit(desk, notice)
    notices.ask_approval(desk.session, notice.id, by=desk.people.responder, now=desk.now)

    with pytest.raises(Conflict):
        notices.approve(desk.session, notice.id, version=seen, by=desk.people.approver, now=desk.now)


def test_sending_back_needs_a_reason_and_takes_an_approval_back(desk: Desk) -> None:
    notice = desk.approved(csv_of(5))
    for little in (" ", "no"):
        with pytest.raises(Refused) as refused:
            notices.send_back(desk.session, notice.id, little, by=desk.people.approver, now=desk.now)
        assert refused.value.problems["reason"].startswith("Say what should be different, in at least 15 characters: ")

    notice = notices.send_back(desk.session, notice.id, "Say when it happened.", by=desk.people.approver, now=desk.now)

    assert (notice.state, notice.state_reason, notice.approval_id) == ("draft", "Sent back: Say when it happened.", None)


def test_notices_are_found_within_their_case_only(desk: Desk) -> None:
    notice = desk.drafted(csv_of(5))
    other = desk.case()

    assert notices.find(desk.session, notice.case_id, 1).id == notice.id
    assert notices.find_by_ref(desk.session, "BR-2026-001", 1, by=ANYBODY).id == notice.id
    assert [one.id for one in notices.of_case(desk.session, notice.case_id)] == [notice.id]
    with pytest.raises(NotFound):
        notices.find(desk.session, other.id, 1)
    with pytest.raises(NotFound):
        notices.get(desk.session, 99)
    with pytest.raises(NotFound):
        notices.set_list(desk.session, 99, notice.list_id, version=1, by=desk.people.responder, now=desk.now)
    with pytest.raises(NotFound):
        notices.find_by_ref(desk.session, "BR-1999-001", 1, by=ANYBODY)


def test_the_audience_is_counted_by_the_first_channel_of_the_plan(desk: Desk) -> None:
    notice = desk.drafted(csv_of(12))

    assert notices.reach(desk.session, notice).counts == {"telegram": 10, "email": 2}
    notice = notices.set_plan(desk.session, notice.id, order=["email"], version=1, by=desk.people.responder,
                              now=desk.now)
    assert notices.reach(desk.session, notice).counts == {"email": 8, "none": 4}
    assert notices.sample(desk.session, notice, "de") == 1
    assert notices.sample(desk.session, notice, "tlh") == 1
