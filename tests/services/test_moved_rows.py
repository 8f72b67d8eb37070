"""Who moves what is sealed for one person or file to another gets nothing, and somebody is woken."""

import hashlib
import hmac

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incident_app.adapters.vault import AesVault
from incident_app.domain.ports import VaultError
from incident_app.domain.refusals import Refused
from incident_app.models.alerts import Alert
from incident_app.models.cases import Case
from incident_app.models.recipients import Recipient, RecipientList
from incident_app.models.reports import Document
from incident_app.models.uploads import Piece, Upload
from incident_app.services import documents, recipients
from incident_app.services.recipients.importing import NoSheets
from incident_app.services.recipients.reading import email_value
from tests.fakes import FakeClock
from tests.letters_kit import Desk, csv_of
from tests.people import People


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    """A desk with the real vault."""
    return Desk(session, people, clock, AesVault([("k1", b"k" * 32)]))  # type: ignore[arg-type]  # another Vault


def woken(desk: Desk) -> list[str]:
    """Return what of sealed things somebody was woken about."""
    desk.session.rollback()
    return [one.key.split("/")[2] for one in desk.session.scalars(select(Alert).where(Alert.kind == "sealed_row"))]


def swapped(desk: Desk) -> None:
    """Give the second person what was sealed for the first."""
    first = select(Recipient.sealed).where(Recipient.number == 1).scalar_subquery()
    desk.session.execute(update(Recipient).where(Recipient.number == 2).values(sealed=first))
    desk.session.commit()


def test_a_contact_of_another_person_is_not_shown(desk: Desk) -> None:
    case = desk.case()
    made = desk.listed(case, csv_of(2))
    swapped(desk)

    for _ in range(2):
        with pytest.raises(Refused, match="cannot be opened"):
            recipients.open_contact(desk.session, case.id, made.id, 2, by=desk.people.responder, now=desk.now,
                                    vault=desk.vault)

    assert woken(desk) == ["contact"]
    assert recipients.open_contact(desk.session, case.id, made.id, 1, by=desk.people.responder, now=desk.now,
                                   vault=desk.vault).email == "person1@example.org"


def test_nobody_is_written_to_at_the_address_of_another(desk: Desk) -> None:
    desk.launched(csv_of(4))
    swapped(desk)

    desk.send_all()

    assert len(desk.messages) == 3
    assert woken(desk) == ["contact"]


def test_a_file_in_the_place_of_another_is_neither_handed_out_nor_called_unchanged(desk: Desk) -> None:
    case, by = desk.case(), desk.people.responder
    one, other = (documents.add(desk.session, case.id, kind="evidence", name="a", media_type="", content=content, by=by,
                                now=desk.now, vault=desk.vault).public_id for content in (b"one", b"other"))
    sealed = select(Document.sealed).where(Document.public_id == one).scalar_subquery()
    desk.session.execute(update(Document).where(Document.public_id == other).values(sealed=sealed))
    desk.session.commit()

    with pytest.raises(Refused, match="another row"):
        documents.read(desk.session, case.id, other, by=by, now=desk.now, vault=desk.vault)
    assert woken(desk) == ["file"]
    verdict = documents.verify(desk.session, case.id, other, by=by, now=desk.now, vault=desk.vault)

    assert (verdict.outcome, verdict.matches) == ("missing", False)
    assert woken(desk) == ["file"]


def test_a_piece_of_another_upload_is_not_read_in(desk: Desk) -> None:
    case, by = desk.case(), desk.people.responder
    one, other = (recipients.receive(desk.session, case.id, "a.csv", [csv_of(count)], by=by, now=desk.now,
                                     vault=desk.vault).id for count in (2, 3))
    sealed = select(Piece.sealed).where(Piece.upload_id == one).scalar_subquery()
    desk.session.execute(update(Piece).where(Piece.upload_id == other).values(sealed=sealed))
    desk.session.commit()

    done = recipients.read_claimed(desk.session, other, clock=desk.clock, vault=desk.vault, sheets=NoSheets())

    assert done is not None
    assert (done.state, "does not open" in done.reason) == ("failed", True)
    assert desk.session.scalars(select(RecipientList)).all() == []
    assert desk.session.get_one(Upload, one).state == "uploaded"
    assert woken(desk) == ["upload"]


def test_the_blind_index_confirms_no_guess_to_who_holds_the_database_alone(desk: Desk) -> None:
    case, other = desk.case(), desk.case()
    desk.listed(case, csv_of(2))
    desk.listed(other, csv_of(2))
    session = desk.session
    blinds = session.scalars(select(Recipient.email_blind).where(Recipient.case_id == case.id))
    kept = {bytes(blind) for blind in blinds if blind}
    ring, ring_of_other = (session.scalars(select(Case.data_key).where(Case.id == one.id)).one() for one in (case, other))
    assert ring is not None
    assert ring_of_other is not None
    guess = email_value("person1@example.org")

    # With the outer key the guess is confirmed; with every outer key but that one, or by another case's key, it is not
    assert desk.vault.blind(ring, guess) in kept
    assert desk.vault.blind(ring_of_other, guess) not in kept
    with pytest.raises(VaultError, match="is not the key"):
        AesVault([("k1", b"z" * 32)]).blind(ring, guess)
    for key in _in_the_database(session):
        assert kept.isdisjoint(_digests(key, guess))


def _in_the_database(session: Session) -> set[bytes]:
    """Return everything a thief might take for a key: every cell, and every 32 bytes of the wrapped keys."""
    cells = {bytes(cell) if isinstance(cell, bytes | memoryview) else str(cell).encode()
             for table in (Case, Recipient, RecipientList) for row in session.execute(table.__table__.select()) for cell in row}
    rings = [bytes(ring) for ring in session.scalars(select(Case.data_key)) if ring]
    return cells | {ring[at : at + 32] for ring in rings for at in range(len(ring) - 31)} | {b""}


def _digests(key: bytes, guess: str) -> set[bytes]:
    plain = guess.encode()
    values = (plain, plain.removeprefix(b"email:"))
    return {hmac.digest(key, one, "sha256") for one in values} | {hashlib.sha256(key + one).digest() for one in values}
