"""Notices to everybody: by four eyes, on their days, exactly what was approved, and proof of it."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incident_app.domain.notices.wording import Part
from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused, Stale
from incident_app.models.approving import unprotect_public
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.obligations import DISCHARGED, OWED, Obligation
from incident_app.models.publishing import PublicApproval, PublicNotice
from incident_app.services import documents, publishing, saying
from incident_app.services.notices.wordings import languages, public_notice_words, wording
from tests.fakes import START, FakeClock
from tests.letters_kit import Desk
from tests.people import ANYBODY, People

URL = "https://breach.example.org"
TODAY = START.date()
MONTH = timedelta(days=30)
WHY = "The addresses of 40,000 people are years old: letters would come back."


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


def drafted(desk: Desk, *, first: date = TODAY, languages: tuple[str, ...] = ("en", "de")) -> PublicNotice:
    case = desk.case(data_categories=("health",))
    return publishing.draft(desk.session, case.id, languages=languages, first_day=first, last_day=first + MONTH,
                            by=desk.people.responder, now=desk.now)


def approve(desk: Desk, notice: PublicNotice) -> PublicNotice:
    publishing.ask(desk.session, notice.id, by=desk.people.responder, now=desk.now)
    return publishing.approve(desk.session, notice.id, by=desk.people.approver, now=desk.now, vault=desk.vault, public_url=URL)


def look(desk: Desk, notice: PublicNotice, wanted: str = "en") -> publishing.Shown | None:
    return publishing.shown(desk.session, notice.slug, wanted, now=desk.now)


def test_a_draft_greets_nobody_and_names_no_person(desk: Desk) -> None:
    notice = drafted(desk)

    assert set(notice.texts) == {"en", "de"}
    assert not any("((name))" in words["body"] for words in notice.texts.values())
    assert publishing.problems_of(notice) == {"en": [], "de": []}
    assert "These data are affected: health data." in publishing.rendered(notice, "en").body


def test_a_draft_for_everybody_promises_nothing_that_nobody_can_do(desk: Desk) -> None:
    # Given a case of which little is known yet, and one whose message people would be told to keep
    unsure = desk.case(data_categories=("id_documents",))
    unsure.confidentiality = None
    desk.session.commit()

    for language in languages():
        notice = publishing.draft(desk.session, unsure.id, languages=(language,), first_day=TODAY, last_day=TODAY + MONTH,
                                  by=desk.people.responder, now=desk.now)
        body, personal = publishing.rendered(notice, language).body, wording(language)

        # Then it greets nobody, promises to write to nobody, and calls itself no message
        assert body.startswith(personal.headings[Part.NATURE])
        assert public_notice_words(language).unknown["again"] in body
        sayings = [personal.unknown["again"], personal.unknown["read"], personal.contact["will"], personal.contact["will_not"],
                   personal.data_list["intro"].partition("((")[0], personal.steps["keep_message"]]
        assert [one for one in sayings if one in body] == []
        assert publishing.problems_of(notice) == {language: []}


def test_nobody_outside_sees_it_before_a_second_person_approved_it(desk: Desk) -> None:
    notice = drafted(desk)
    with pytest.raises(NotFound):
        look(desk, notice)

    # When its author tries, and then somebody else
    publishing.ask(desk.session, notice.id, by=desk.people.responder, now=desk.now)
    assert publishing.why_not(desk.session, notice, desk.people.responder) == "Only an approver approves a public notice."
    with pytest.raises(Forbidden):
        publishing.approve(desk.session, notice.id, by=desk.people.responder, now=desk.now, vault=desk.vault, public_url=URL)
    publishing.approve(desk.session, notice.id, by=desk.people.approver, now=desk.now, vault=desk.vault, public_url=URL)

    # Then everybody reads it, in their language or the first it is written in
    seen, german, other = look(desk, notice), look(desk, notice, "de"), look(desk, notice, "uk")
    assert seen is not None
    assert german is not None
    assert other is not None
    assert (seen.language, german.language, other.language) == ("en", "de", next(iter(notice.texts)))
    assert seen.body != german.body
    assert (seen.first_day, seen.last_day, seen.drill) == (TODAY, TODAY + MONTH, False)


def test_who_changed_it_cannot_approve_it(desk: Desk) -> None:
    notice = drafted(desk)
    publishing.edit(desk.session, notice.id, language="en", subject="Changed", body=notice.texts["en"]["body"],
                    version=notice.version, by=desk.people.approver, now=desk.now)
    publishing.ask(desk.session, notice.id, by=desk.people.responder, now=desk.now)

    with pytest.raises(Forbidden, match="changed this notice"):
        publishing.approve(desk.session, notice.id, by=desk.people.approver, now=desk.now, vault=desk.vault, public_url=URL)


def test_a_snapshot_with_its_hash_is_kept_and_recorded(desk: Desk) -> None:
    notice = approve(desk, drafted(desk))

    kept = publishing.snapshot_of(desk.session, notice)
    assert kept is not None
    _, content = documents.read(desk.session, notice.case_id, kept.public_id, by=desk.people.approver, now=desk.now, vault=desk.vault)
    assert f"{URL}/notice/{notice.slug}" in content.decode()
    assert publishing.rendered(notice, "de").body in content.decode()
    entry = desk.session.scalars(select(Entry).where(Entry.action == "public.approved")).one()
    assert entry.details["content"] == publishing.hash_of(notice)
    assert entry.details["sha256"] == kept.sha256
    assert (entry.details["from"], entry.details["until"]) == (TODAY.isoformat(), (TODAY + MONTH).isoformat())


def test_saving_the_same_changes_nothing(desk: Desk) -> None:
    notice = approve(desk, drafted(desk))
    words = notice.texts["en"]

    publishing.edit(desk.session, notice.id, language="en", **words, version=notice.version, by=desk.people.responder, now=desk.now)
    publishing.set_days(desk.session, notice.id, notice.first_day, notice.last_day, version=notice.version,
                        by=desk.people.responder, now=desk.now)

    assert look(desk, notice) is not None


def test_it_can_be_read_on_its_days_only(desk: Desk) -> None:
    notice = approve(desk, drafted(desk, first=TODAY + timedelta(days=2)))
    with pytest.raises(NotFound):
        look(desk, notice)

    desk.clock.move(hours=48)
    assert look(desk, notice) is not None
    desk.clock.move(hours=24 * 30)
    assert look(desk, notice) is not None
    desk.clock.move(hours=24)
    assert look(desk, notice) is None


def test_withdrawn_is_withdrawn_for_good(desk: Desk) -> None:
    notice = approve(desk, drafted(desk))

    with pytest.raises(Refused, match="withdrawn"):
        publishing.withdraw(desk.session, notice.id, " ", by=desk.people.responder, now=desk.now)
    publishing.withdraw(desk.session, notice.id, "It named the wrong day.", by=desk.people.responder, now=desk.now)

    assert look(desk, notice) is None
    with pytest.raises(Conflict, match="withdrawn"):
        publishing.ask(desk.session, notice.id, by=desk.people.responder, now=desk.now)
    entry = desk.session.scalars(select(Entry).where(Entry.action == "public.withdrawn")).one()
    assert saying.opened(desk.session, [entry])[entry.seq] == {"reason": "It named the wrong day."}


@pytest.mark.parametrize("planted", ["days", "approval", "voided", "entry", "nothing approved"])
def test_what_somebody_writes_into_the_tables_alone_is_shown_to_nobody(desk: Desk, planted: str) -> None:
    # Given a published notice, and an intruder in the database
    notice = approve(desk, drafted(desk))
    desk.session.commit()
    changes = {
        "days": update(PublicNotice).values(last_day=TODAY + 3 * MONTH),
        "approval": update(PublicApproval).values(content_hash="0" * 64),
        "voided": update(PublicApproval).values(voided_at=desk.now),
        "entry": None,
        "nothing approved": update(PublicNotice).values(approval_id=None),
    }
    unprotect_public(desk.session.connection(execution_options={"sqlite_write": True}))
    if planted == "entry":
        desk.session.execute(changes["voided"])  # type: ignore[arg-type]  # it is not None
        copy = PublicApproval(public_notice_id=notice.id, content_hash=publishing.hash_of(notice), by_id=desk.people.approver.id,
                              at=desk.now)
        desk.session.add(copy)
        desk.session.flush()
        notice.approval_id = copy.id
    else:
        desk.session.execute(changes[planted])  # type: ignore[arg-type]  # none of the others is None
    desk.session.commit()
    desk.session.expire_all()

    assert look(desk, notice) is None


def test_a_notice_whose_texts_are_gone_is_over(desk: Desk) -> None:
    notice = approve(desk, drafted(desk))
    slug = notice.slug
    desk.session.execute(update(Case).values(text_key=None))
    desk.session.commit()
    desk.session.expunge_all()

    assert publishing.shown(desk.session, slug, "en", now=desk.now) is None


def test_it_discharges_the_duty_to_tell_people_with_the_snapshot_as_proof(desk: Desk) -> None:
    notice = approve(desk, drafted(desk))
    duties = publishing.open_duties(desk.session, notice.case_id)
    assert duties
    assert all(one.recipient_type == "data_subjects" for one in duties)

    done = publishing.count(desk.session, notice.id, duties[0].id, public_reason=WHY, by=desk.people.approver, now=desk.now, public_url=URL)

    assert (done.state, done.discharged_how, done.proof_document_id) == (DISCHARGED, "public", notice.document_id)
    assert done.receipt_reference == f"{URL}/notice/{notice.slug}"
    assert done.discharged_at == desk.now
    assert done.public_reason == WHY
    entry = desk.session.scalars(select(Entry).where(Entry.action == "obligation.discharged")).one()
    assert saying.opened(desk.session, [entry])[entry.seq]["public_reason"] == WHY
    assert WHY not in str(entry.details)
    with pytest.raises(Conflict, match="settled"):
        publishing.count(desk.session, notice.id, duties[0].id, public_reason=WHY, by=desk.people.approver, now=desk.now, public_url=URL)


def test_it_tells_nobody_without_the_ground_on_which_the_law_allows_it(desk: Desk) -> None:
    notice = approve(desk, drafted(desk))
    duty = publishing.open_duties(desk.session, notice.case_id)[0]

    with pytest.raises(Refused) as refused:
        publishing.count(desk.session, notice.id, duty.id, public_reason="  ", by=desk.people.approver, now=desk.now, public_url=URL)

    assert "not one by one" in refused.value.problems["public_reason"]
    assert duty.state != DISCHARGED


def test_it_counts_from_its_first_day_and_for_people_only(desk: Desk) -> None:
    notice = approve(desk, drafted(desk, first=TODAY + timedelta(days=1)))
    duty = publishing.open_duties(desk.session, notice.case_id)[0]
    with pytest.raises(Conflict, match="Nobody can read it yet"):
        publishing.count(desk.session, notice.id, duty.id, public_reason=WHY, by=desk.people.approver, now=desk.now, public_url=URL)

    desk.clock.move(hours=26)
    authority = desk.session.scalars(select(Obligation).where(
        Obligation.case_id == notice.case_id, Obligation.recipient_type == "authority")).first()
    assert authority is not None
    with pytest.raises(Conflict, match="others are to be told"):
        publishing.count(desk.session, notice.id, authority.id, public_reason=WHY, by=desk.people.approver, now=desk.now, public_url=URL)
    assert publishing.count(desk.session, notice.id, duty.id, public_reason=WHY, by=desk.people.approver, now=desk.now, public_url=URL).state != OWED


@pytest.mark.parametrize(("languages", "first", "last", "field"), [
    ((), 0, 1, "languages"), (("tlh",), 0, 1, "languages"), (("en",), 2, 1, "last_day"), (("en",), -9, -2, "last_day"),
    (("en",), 0, 9999, "last_day"),
])
def test_what_cannot_be_published_is_refused_by_field(
    desk: Desk, languages: tuple[str, ...], first: int, last: int, field: str
) -> None:
    case = desk.case()

    with pytest.raises(Refused) as refused:
        publishing.draft(desk.session, case.id, languages=languages, first_day=TODAY + timedelta(days=first),
                         last_day=TODAY + timedelta(days=last), by=desk.people.responder, now=desk.now)

    assert field in refused.value.problems


def test_a_text_for_everybody_takes_no_name_and_every_part_the_law_asks_for(desk: Desk) -> None:
    notice = drafted(desk)
    body = notice.texts["en"]["body"]

    def save(words: str, **more: object) -> PublicNotice:
        given = {"language": "en", "subject": "About ((service))", "body": words, "version": notice.version,
                 "by": desk.people.responder, "now": desk.now} | more
        return publishing.edit(desk.session, notice.id, **given)  # type: ignore[arg-type]  # named by the test

    save(f"Dear ((name)),\n\n{body}")
    with pytest.raises(Refused) as refused:
        publishing.ask(desk.session, notice.id, by=desk.people.responder, now=desk.now)
    assert "everybody reads this text" in refused.value.problems["en"]
    save("What happened\nNothing is said here about the rest of it.")
    with pytest.raises(Refused) as refused:
        publishing.ask(desk.session, notice.id, by=desk.people.responder, now=desk.now)
    assert "Art. 34(2)" in refused.value.problems["en"] or "33(3)" in refused.value.problems["en"]
    save(body + " x" * 3000)  # longer than Telegram takes, but this is a page
    assert publishing.ask(desk.session, notice.id, by=desk.people.responder, now=desk.now).state == "in_review"

    with pytest.raises(Refused):
        save("((password))")
    with pytest.raises(Refused, match="Nothing was saved"):
        save(body, language="fr")
    with pytest.raises(Stale):
        save(body, version=1)
    with pytest.raises(NotFound):
        publishing.ask(desk.session, 4711, by=desk.people.responder, now=desk.now)
    with pytest.raises(NotFound):
        publishing.find(desk.session, notice.case_id, 9)


def test_it_is_sent_back_with_a_reason(desk: Desk) -> None:
    notice = drafted(desk)
    publishing.ask(desk.session, notice.id, by=desk.people.responder, now=desk.now)

    with pytest.raises(Refused):
        publishing.send_back(desk.session, notice.id, " ", by=desk.people.approver, now=desk.now)
    publishing.send_back(desk.session, notice.id, "Say which days.", by=desk.people.approver, now=desk.now)

    assert (notice.state, notice.state_reason) == ("draft", "Sent back: Say which days.")
    assert list(publishing.of_case(desk.session, notice.case_id)) == [notice]


def test_who_may_not_is_refused(desk: Desk) -> None:
    notice = drafted(desk)
    auditor = desk.people.auditor

    for act in (
        lambda: publishing.draft(desk.session, notice.case_id, languages=("en",), first_day=TODAY, last_day=TODAY, by=auditor, now=desk.now),
        lambda: publishing.ask(desk.session, notice.id, by=auditor, now=desk.now),
        lambda: publishing.withdraw(desk.session, notice.id, "x", by=auditor, now=desk.now),
        lambda: publishing.count(desk.session, notice.id, 1, public_reason=WHY, by=ANYBODY, now=desk.now, public_url=URL),
    ):
        with pytest.raises(Forbidden):
            act()
