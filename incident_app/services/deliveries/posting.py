"""Letters on paper: two people let the file out, it is taken once, and then these people have their outcome."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, insert, literal, select, update
from sqlalchemy.orm import Session

from incident_app.domain import deliveries as sending
from incident_app.domain import posting as rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.deliveries import DeliveryState
from incident_app.domain.notices import ChannelPlan, NoticeState
from incident_app.domain.ports import Clock, Vault
from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused
from incident_app.models.cases import Case
from incident_app.models.deliveries import Attempt, Delivery, Tally
from incident_app.models.following import due_letters_up_to, later_letters_up_to
from incident_app.models.notices import Notice
from incident_app.models.organisation import Organisation
from incident_app.models.posting import (
    POST,
    PostExport,
    due_letters,
    due_now,
    exports_of,
    letters_between,
    parts_of_export,
    reference_of,
    waiting_letters,
)
from incident_app.models.recipients import Recipient
from incident_app.services import accounts, audit
from incident_app.services.deliveries.counting import Moves, lock_notice
from incident_app.services.deliveries.launching import HELD, mismatch
from incident_app.services.deliveries.lettering import HEADER, Writer, writer_of
from incident_app.services.recipients.looking import GONE
from incident_app.services.unit import changed, writing

PAGE = 500
MOST_COUNTED = 1000
NO_TABLE = "These letters are printed here: there is no table of them."
NOBODY = "Nobody's turn is a letter now. Nothing was asked for."
Mine = tuple[ColumnElement[bool], ...]
_ATTEMPT = ["delivery_id", "started_at", "ended_at", "outcome", "permanent", "reason", "reference"]


@dataclass(frozen=True, slots=True)
class Posting:
    """How many people's turn is a letter now (``due``) or later too (``waiting``), and the files, the newest first.

    ``waiting`` is of everybody whose turn is a letter now (``due``) or later. ``follows``: whether that is known at little
    cost, so that a page may ask for it again and again. ``side``: where envelopes of the organisation's country have their window; ``kept``: whether the letters of the ``open``
    file are still kept here.
    """

    waiting: int
    due: int
    exports: Sequence[PostExport]
    open: PostExport | None
    side: str = "left"
    kept: bool = False
    follows: bool = True


def posting_of(session: Session, notice: Notice, *, now: datetime, most: int | None = None) -> Posting:
    """Return how the letters of a notice stand.

    With ``most``, nobody's rows are counted beyond so many: how many wait is known by their counter, and whose turn is now by
    the smaller part. Where both parts are larger it does not ``follow``, and ``due`` is no number to show.
    """
    if POST not in ChannelPlan.from_json(notice.plan).order:
        return Posting(0, 0, (), None)
    exports = session.scalars(exports_of(notice.id)).all()
    waiting, due = _counted(session, notice, now) if most is None else _at_a_glance(session, notice, now, most)
    country = session.scalar(select(Organisation.country).order_by(Organisation.id)) or ""
    going = next((one for one in exports if one.stand.waits(now)), None)
    kept = going is not None and session.scalar(select(parts_of_export(going.id).exists())) is True
    follows = due is not None and min(due, waiting - due) <= (MOST_COUNTED if most is None else most)
    return Posting(waiting, due or 0, exports, going, rules.side_for(country), kept, follows)


def _counted(session: Session, notice: Notice, now: datetime) -> tuple[int, int]:
    due = session.execute(due_letters(notice.id, now)).one()[0]
    return session.scalar(waiting_letters(notice.id)) or 0, due


def _at_a_glance(session: Session, notice: Notice, now: datetime, most: int) -> tuple[int, int | None]:
    waiting = int(session.scalar(select(func.sum(Tally.count)).where(
        Tally.notice_id == notice.id, Tally.channel == POST, Tally.state == "waiting")) or 0)
    later = session.scalar(later_letters_up_to(notice.id, now, most)) or 0
    if later <= most:
        return waiting, max(waiting - later, 0)
    due = session.scalar(due_letters_up_to(notice.id, now, most)) or 0
    return waiting, due if due <= most else None


def check_sending(notice: Notice) -> None:
    """Refuse where the notice is stopped, held or over."""
    if notice.state != NoticeState.SENDING:
        raise Conflict("This notice is not being sent now: no letters are given out.")


def record_export(session: Session, export: PostExport, notice: Notice, did: str, by: Actor, now: datetime,
                  **details: object) -> None:
    """Write what happened to a file into the record."""
    audit.record(session, action=f"post.{did}", by=by, now=now, case_id=notice.case_id, subject="notice",
                 subject_id=notice.id, details={"export": export.number, **details})


def ask_post_export(session: Session, notice_id: int, reason: str, *, by: Actor, now: datetime, form: str = rules.TABLE,
                    side: str = "left") -> PostExport:
    """Ask for the file of everybody whose turn is a letter. Another approver has to confirm it.

    ``form``: a table, or letters printed here, with the address where the window of the envelope is (``side``). Raises ``Conflict`` where nobody waits for a letter, or another file is under way.
    """
    require(by, Permission.EXPORT_RECIPIENTS)
    problems = {}
    if len(reason.strip()) < rules.SHORTEST_REASON:
        problems["reason"] = f"Say what the file is for, in at least {rules.SHORTEST_REASON} characters: it is recorded."
    if form not in {rules.TABLE, rules.PRINTED}:
        problems["form"] = "Choose letters printed here, or a table."
    if side not in rules.SIDES:
        problems["side"] = "Choose on which side the envelopes have their window."
    if problems:
        raise Refused("Nothing was asked for.", problems)
    with writing(session):
        notice = lock_notice(session, notice_id)
        check_sending(notice)
        stand = posting_of(session, notice, now=now)
        if not stand.due:
            raise Conflict(NOBODY)
        if stand.open is not None:
            raise Conflict("Another file of letters is under way. Nothing was changed.")
        newest = session.scalar(select(func.max(PostExport.number)).where(PostExport.notice_id == notice_id)) or 0
        export = PostExport(notice_id=notice_id, number=newest + 1, state=rules.ASKED, reason=reason.strip(),
                            asked_by_id=by.id, asked_at=now, people_count=stand.due, answer_reason="", form=form, side=side)
        session.add(export)
        session.flush()
        record_export(session, export, notice, "asked", by, now, reason=export.reason, people=stand.due,
                      form=form)
    return export


def find_export(session: Session, notice_id: int, number: int) -> PostExport:
    """Return a file. Raises ``NotFound``."""
    return _one(session, select(PostExport).where(PostExport.notice_id == notice_id, PostExport.number == number))


def found_export(session: Session, notice_id: int, number: int) -> PostExport:
    """Return a file, held for this transaction. Raises ``NotFound``."""
    return _one(session, select(PostExport).where(PostExport.notice_id == notice_id, PostExport.number == number)
                .with_for_update(of=PostExport))


def _one(session: Session, question: Select[PostExport]) -> PostExport:
    found = session.scalar(question)
    if found is None:
        raise NotFound("There is no such file of letters.")
    return found


def answer_post_export(
    session: Session, notice_id: int, number: int, *, confirmed: bool, reason: str = "", by: Actor, now: datetime
) -> PostExport:
    """Confirm a file as its second person, or send it back with a reason. Raises ``Forbidden`` for who asked for it."""
    require(by, Permission.EXPORT_RECIPIENTS)
    if not confirmed and len(reason.strip()) < rules.SHORTEST_REASON:
        raise Refused("It was not sent back.", {"reason": f"Say why, in at least {rules.SHORTEST_REASON} characters: who asked for it has to know."})
    with writing(session):
        notice = lock_notice(session, notice_id)
        export = found_export(session, notice_id, number)
        if export.state != rules.ASKED:
            raise Conflict("This was answered before. Nothing was changed.")
        if confirmed and by.person in accounts.persons_of(session, [export.asked_by_id]):
            raise Forbidden(rules.YOURSELF)
        export.state = rules.CONFIRMED if confirmed else rules.REFUSED
        export.answered_by_id, export.answered_at, export.answer_reason = by.id, now, reason.strip()
        export.open_until = now + rules.WINDOW if confirmed and export.form == rules.TABLE else None
        record_export(session, export, notice, "confirmed" if confirmed else "refused", by, now, reason=reason.strip())
    return export


@dataclass(slots=True)
class Taking:
    """One file on its way out: who takes it, up to which row, what went wrong with whom. Holds no record: between two
    pages no transaction is open."""

    session: Session
    notice_id: int
    number: int
    by: Actor
    now: datetime
    clock: Clock
    writer: Writer
    upto: int
    lost: list[int] = field(default_factory=list)
    count: int = 0

    def rows(self) -> Iterator[Sequence[str]]:
        """Yield the header and one row a person; at the end, and only then, these people have their outcome."""
        whole = False
        try:
            yield HEADER
            yield from self._people()
            self._settle()
            whole = True
        finally:
            if not whole:
                self._end(rules.BROKEN, "broken")

    def _people(self) -> Iterator[Sequence[str]]:
        after = 0
        while True:
            rows = self.session.execute(letters_between(self.notice_id, self.now, after, self.upto, PAGE)).all()
            writer = self._writer_now()
            page = [(row.id, writer.letter(person)) for row, person in rows]
            self.session.rollback()
            if not page:
                return
            after = page[-1][0]
            for row_id, letter in page:
                if letter is None:
                    self.lost.append(row_id)
                else:
                    self.count += 1
                    yield letter

    def _writer_now(self) -> Writer:
        """Return the writer with the key as it is after the rows were read: they may have been sealed anew meanwhile."""
        key = self.session.scalar(
            select(Case.data_key).join(Notice, Notice.case_id == Case.id).where(Notice.id == self.notice_id))
        return self.writer if key is None else replace(self.writer, key=key)

    def _settle(self) -> None:
        """Give everybody of the file their outcome; nobody else's changes."""
        session, now = self.session, self.clock.now()
        mine = (*due_now(self.notice_id, self.now), Delivery.id <= self.upto)
        with writing(session):
            notice, moves = lock_notice(session, self.notice_id), Moves()
            failed = without_address(session, moves, mine, self.lost, now)
            sent = taken_by_post(session, moves, self.notice_id, mine, self.number, started=self.now, now=now)
            moves.write(session, notice, now)
            notice.last_result_at = now
            self._ended(notice, rules.DONE, "given", accepted=sent, failed=failed)

    def _end(self, state: str, did: str) -> None:
        with writing(self.session):
            self._ended(lock_notice(self.session, self.notice_id), state, did)

    def _ended(self, notice: Notice, state: str, did: str, **details: object) -> None:
        export = found_export(self.session, self.notice_id, self.number)
        export.state, export.people_count = state, self.count
        record_export(self.session, export, notice, did, self.by, self.clock.now(), people=self.count, **details)


def count_moves(session: Session, moves: Moves, mine: Mine, state: str, cause: str) -> None:
    """Count those whose turn it was out of who waits, and into what becomes of them; before their rows change."""
    groups = session.execute(
        select(Recipient.language, Recipient.country, func.count()).join(Delivery, Delivery.recipient_id == Recipient.id)
        .where(*mine).group_by(Recipient.language, Recipient.country))
    for language, country, count in groups:
        moves.tallies[POST, language, country, "waiting", ""] -= count
        moves.tallies[POST, language, country, state, cause] += count
        moves.buckets["waiting"] -= count
        moves.buckets[state] += count
        moves.taken += count if state == DeliveryState.ACCEPTED else 0


def without_address(session: Session, moves: Moves, mine: Mine, lost: Sequence[int], now: datetime) -> int:
    """Let those of ``mine`` fail whose address is gone; return how many."""
    cause = sending.cause_of(GONE)
    count_moves(session, moves, (*mine, Delivery.id.in_(lost)), DeliveryState.FAILED, cause)
    return changed(session, update(Delivery).where(*mine, Delivery.id.in_(lost)).values(
        state=DeliveryState.FAILED.value, reason=GONE, cause=cause, result_at=now))


def taken_by_post(session: Session, moves: Moves, notice_id: int, mine: Mine, number: int, *, started: datetime, now: datetime,
                  words: str = "") -> int:
    """Count everybody of ``mine`` as written to by file ``number``, with a try in their story; return how many."""
    reference = reference_of(number)
    count_moves(session, moves, mine, DeliveryState.ACCEPTED, "")
    sent = changed(session, update(Delivery).where(*mine).values(
        state=DeliveryState.ACCEPTED.value, provider_reference=reference, result_at=now, attempts=1, reason=words))
    tried = select(
        Delivery.id, literal(started), literal(now), literal("sent"), literal(value=False), literal(words), literal(reference),
    ).where(Delivery.notice_id == notice_id, Delivery.channel == POST, Delivery.provider_reference == reference)
    session.execute(insert(Attempt).from_select(_ATTEMPT, tried))
    return sent


def take_post_export(
    session: Session, notice_id: int, number: int, *, by: Actor, clock: Clock, vault: Vault
) -> Iterator[Sequence[str]]:
    """Take the file, once: yield its rows while contacts are opened one by one; memory does not grow with them.

    Its people count as written to when the last row was taken; where it breaks off before, they still wait. Raises
    ``Conflict`` where it is not to be had now, or what would be printed is no longer what was approved.
    """
    require(by, Permission.EXPORT_RECIPIENTS)
    now = clock.now()
    with writing(session):
        notice = lock_notice(session, notice_id)
        export = found_export(session, notice_id, number)
        if export.form != rules.TABLE:
            raise Conflict(NO_TABLE)
        refusal = export.stand.why_not_take(by.id, now)
        if refusal is not None:
            raise Forbidden(refusal) if refusal == rules.NOT_YOURS else Conflict(refusal)
        check_sending(notice)
        if mismatch(session, notice):
            raise Conflict(HELD)
        key = session.scalar(select(Case.data_key).where(Case.id == notice.case_id))
        if key is None:
            raise Conflict(GONE)
        count, upto = session.execute(due_letters(notice_id, now)).one()
        if not count:
            raise Conflict(NOBODY)
        export.state, export.taken_by_id, export.taken_at = rules.TAKEN, by.id, now
        record_export(session, export, notice, "taken", by, now, people=count)
        writer = writer_of(notice, key, vault)
    return Taking(session, notice_id, number, by, now, clock, writer, upto).rows()
