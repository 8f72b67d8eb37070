"""Is this message from us? Anybody may ask, with the code of a message and nothing else (``threats.md`` T-65).

A code belongs to a notice, never to a person: no answer says who was written to, or that anybody was.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain import notices as rules
from incident_app.domain.notices import ChannelPlan, Envelope, Facts, Reader, Text
from incident_app.models.notices import Notice
from incident_app.models.organisation import Organisation
from incident_app.models.sealing import TextsShut
from incident_app.services.notices.approving import approval_of
from incident_app.services.notices.looking import texts_of
from incident_app.services.notices.wordings import wording

_OWN_FIELDS = re.compile(r"\(\(\s*(?:data_kinds|controller|contract|people|records|receipt)\s*\)\)")
NOBODYS = "--------"
"""A code that no notice has: asked for where none was read, so that every answer costs the same question."""


class Verdict(StrEnum):
    """What is known of a code. ``UNKNOWN`` is the one answer to every code of no message that left us."""

    SENT = "sent"
    WITHDRAWN = "withdrawn"
    UNKNOWN = "unknown"
    MISTYPED = "mistyped"


@dataclass(frozen=True, slots=True)
class House:
    """Who we are to people outside; empty while no organisation is set up. ``dpo`` is the ``officer`` and how to ``reach`` them."""

    name: str = ""
    legal_name: str = ""
    dpo: str = ""
    forward_to: str = ""
    zone: str = "UTC"
    officer: str = ""
    reach: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """What anybody may know of a message: no person, no case, no kind of data. ``subjects`` by language; ``sender`` of email."""

    verdict: Verdict
    sent_on: date | None = None
    subjects: Mapping[str, str] = field(default_factory=dict)
    channels: tuple[str, ...] = ()
    sender: str = ""
    drill: bool = False


def house(session: Session) -> House:
    """Return who we are, for pages that everybody may see."""
    home = session.scalar(select(Organisation).order_by(Organisation.id))
    if home is None:
        return House()
    dpo = ", ".join(part for part in (home.dpo_name, home.dpo_email, home.dpo_phone) if part)
    return House(home.service_name or home.name, home.legal_name or home.name, dpo, home.dpo_email or home.dpo_phone, home.zone,
                 home.dpo_name, tuple(part for part in (home.dpo_email, home.dpo_phone) if part))


def check_code(session: Session, typed: str) -> Finding:
    """Say whether a message with this code left us. Nothing is written, and nothing about the asker is kept.

    A notice that nobody was sent yet is unknown, like a code that was never given out. One that was stopped stands for
    whoever got it, unless its text was withdrawn: somebody may have to call their bank today.
    """
    code = rules.read_code(typed)
    notice = session.scalar(select(Notice).where(Notice.code == (code or NOBODYS)))
    if code is None:
        return Finding(Verdict.MISTYPED)
    if notice is None or notice.launched_at is None:
        return Finding(Verdict.UNKNOWN)
    approval = approval_of(session, notice)
    subjects, drill = _subjects(notice)
    return Finding(
        Verdict.WITHDRAWN if notice.text_withdrawn else Verdict.SENT,
        sent_on=notice.launched_at.astimezone(ZoneInfo(house(session).zone)).date(), subjects=subjects,
        channels=ChannelPlan.from_json(notice.plan).order,
        sender=Envelope.from_json(approval.envelope).sender if approval else "", drill=drill,
    )


def _subjects(notice: Notice) -> tuple[dict[str, str], bool]:
    """Return the subject in every language of the notice, without anybody's name or kinds of data."""
    try:
        facts, texts = Facts.from_json(notice.facts), texts_of(notice)
    except TextsShut:
        return {}, False
    facts = rules.anonymous(facts)
    public = {language: Text(_OWN_FIELDS.sub("…" if facts.to else "", text.subject), "") for language, text in texts.items()}
    return {language: rules.render(text, facts, Reader(), wording(language)).subject for language, text in public.items()}, facts.drill
