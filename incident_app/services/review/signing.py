"""What people add to a review, and their two signatures: each is bound to exactly the facts and words they saw."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from incident_app.domain import review as rules
from incident_app.domain.accounts import Actor, Permission, may, require
from incident_app.domain.cases import CaseState, PeopleData
from incident_app.domain.closing import ReviewStanding
from incident_app.domain.refusals import Conflict, Forbidden, Refused, Stale
from incident_app.domain.review import Signed
from incident_app.models.cases import Case
from incident_app.models.review import ReviewSignature, ReviewWords, signatures_of, words_of
from incident_app.services import audit
from incident_app.services.holding import locked_case
from incident_app.services.review.gathering import facts, facts_as_before, stories_as_before
from incident_app.services.unit import writing

_BEFORE = frozenset({CaseState.DECIDED.value, CaseState.NOTIFIED.value})
WORDS_CHANGED, FACTS_CHANGED = "The words were changed.", "The facts changed."


@dataclass(frozen=True, slots=True)
class Look:
    """A review as it stands. ``facts`` is JSON of :class:`incident_app.domain.review.Review`; of a closed case as it was signed.

    ``standing`` are the signatures under exactly this, ``void`` those under what it was before.
    """

    facts: dict[str, Any]
    words: ReviewWords | None
    versions: tuple[ReviewWords, ...]
    content_hash: str
    standing: tuple[ReviewSignature, ...]
    void: tuple[ReviewSignature, ...]

    @property
    def complete(self) -> bool:
        """Whether two people signed it."""
        return len(self.standing) >= rules.SIGNERS


def look(session: Session, case: Case) -> Look:
    """Return the review of a case."""
    versions = tuple(session.scalars(words_of(case.id)))
    signed = session.scalars(signatures_of(case.id)).all()
    living = [one for one in signed if one.voided_at is None]
    if case.state == CaseState.CLOSED.value and living:  # as it was signed: what came later, such as receipts, changes nothing
        return Look(living[-1].facts, versions[0], versions, living[-1].content_hash, tuple(living),
                    tuple(one for one in signed if one.voided_at is not None))
    words = versions[0] if versions else None
    found = facts(session, case).to_json()
    content, standing = _standing(found, words, living)
    for before in _as_before(session, case, found, living[-1].at) if living and not standing else ():
        content_before, standing_before = _standing(before, words, living)
        if standing_before:
            found, content, standing = before, content_before, standing_before
            break
    return Look(found, words, versions, content, standing, tuple(one for one in signed if one not in standing))


def _as_before(session: Session, case: Case, found: dict[str, Any], signed_at: datetime) -> Iterator[dict[str, Any]]:
    """Yield the facts as they were written before duties without a date said why, and before the story and its figures were
    told as now."""
    yield rules.as_before(found)
    for review in (facts_as_before(session, case), *stories_as_before(session, case, signed_at)):
        older = review.to_json()
        yield older
        yield rules.as_before(older)


def _standing(
    found: dict[str, Any], words: ReviewWords | None, living: Sequence[ReviewSignature]
) -> tuple[str, tuple[ReviewSignature, ...]]:
    content = rules.hash_of(found, words.judgement if words else "", words.to_change if words else "")
    return content, tuple(one for one in living if one.content_hash == content)


def standing_of(session: Session, case: Case) -> ReviewStanding:
    """Return how far the review has come, for closing. An event without data of people needs none."""
    if case.people_data == PeopleData.NO.value:
        return ReviewStanding(owed=False)
    seen = look(session, case)
    return ReviewStanding(True, seen.words is not None, len(seen.standing), bool(seen.void))


def save(
    session: Session, case_id: int, judgement: str, to_change: str, *, version: int, by: Actor, now: datetime
) -> ReviewWords:
    """Keep a further version of the words. ``version`` is the number that was read, 0 where there was none.

    Raises ``Refused`` by field, ``Stale`` where somebody was faster; signatures under the words before are void.
    """
    require(by, Permission.WRITE_REVIEW)
    problems = rules.check_words(judgement, to_change)
    if problems:
        raise Refused("The review was not saved.", problems)
    with writing(session):
        case = locked_case(session, case_id)
        newest = session.scalars(words_of(case_id).limit(1)).first()
        number = newest.number if newest is not None else 0
        if version != number:
            raise Stale("Somebody changed the review while you were editing. Nothing of yours was saved.")
        made = ReviewWords(case_id=case_id, number=number + 1, by_id=by.id, at=now, judgement=judgement.strip(),
                           to_change=to_change.strip())
        session.add(made)
        session.flush()
        voided = _void(session, case, _living(session, case_id), WORDS_CHANGED, now)
        audit.record(session, action="review.written", by=by, now=now, case_id=case_id, subject="review", subject_id=case.ref,
                     details={"version": made.number, "fields": _changed(newest, made), "voided": voided})
    return made


def _changed(before: ReviewWords | None, after: ReviewWords) -> list[str]:
    return [name for name in ("judgement", "to_change") if before is None or getattr(before, name) != getattr(after, name)]


def _living(session: Session, case_id: int) -> Sequence[ReviewSignature]:
    return session.scalars(signatures_of(case_id).where(ReviewSignature.voided_at.is_(None))).all()


def _void(session: Session, case: Case, signatures: Sequence[ReviewSignature], why: str, now: datetime) -> int:
    for one in signatures:
        one.voided_at, one.voided_why = now, why
        if one.state_before and case.state == CaseState.REVIEWED.value:
            case.state = one.state_before
    session.flush()
    return len(signatures)


def settle(session: Session, case: Case, now: datetime) -> str:
    """End the signatures under what the review was before, inside the caller's transaction; return the hash that two people
    signed, ``""`` where they did not. What a case is closed with is the review as it stands then."""
    seen = look(session, case)
    _void(session, case, [one for one in seen.void if one.voided_at is None], FACTS_CHANGED, now)
    return seen.content_hash if seen.complete else ""


def why_not(seen: Look, by: Actor) -> str | None:
    """Return why ``by`` cannot sign it, or ``None``; pages show it in the button's place."""
    if not may(by, Permission.SIGN_REVIEW):
        return "Who works on cases signs it, and an approver."
    standing = [Signed(one.person, one.decides) for one in seen.standing]
    return rules.why_not_sign(by.person, may(by, Permission.CLOSE_CASE), seen.words is not None, standing)


def sign(
    session: Session, case_id: int, content_hash: str, *, by: Actor, now: datetime, method: str = ""
) -> ReviewSignature:
    """Sign exactly what was seen: ``content_hash``. With the second signature the case is reviewed.

    Raises ``Forbidden`` for who signed it or may not, ``Conflict`` where no words were added yet, ``Stale`` where it is not what
    was seen any more.
    """
    require(by, Permission.SIGN_REVIEW)
    with writing(session):
        audit.lock(session)  # two at once: the second one sees the first
        case = locked_case(session, case_id)
        seen = look(session, case)
        reason = why_not(seen, by)
        if reason is not None:
            raise Conflict(reason) if seen.words is None else Forbidden(reason)
        if content_hash != seen.content_hash:
            raise Stale("The review is not what you saw any more. Nothing was signed: read it again.")
        return _signed(session, case, seen, by, now, method)


def _signed(session: Session, case: Case, seen: Look, by: Actor, now: datetime, method: str) -> ReviewSignature:
    voided = _void(session, case, [one for one in seen.void if one.voided_at is None], FACTS_CHANGED, now)
    number = seen.words.number if seen.words is not None else 0
    second = bool(seen.standing)
    made = ReviewSignature(
        case_id=case.id, words_number=number, content_hash=seen.content_hash, by_id=by.id, person=by.person, method=method,
        decides=may(by, Permission.CLOSE_CASE), at=now, facts=seen.facts,
        state_before=case.state if second and case.state in _BEFORE else "")
    if made.state_before:
        case.state = CaseState.REVIEWED.value
    session.add(made)
    session.flush()
    audit.record(session, action="review.signed", by=by, now=now, case_id=case.id, subject="review", subject_id=case.ref,
                 details={"version": number, "hash": seen.content_hash, "voided": voided, "complete": second})
    return made
