"""The check of every language of a notice against what Art 34(2) GDPR asks for."""

from dataclasses import replace

from sqlalchemy.orm import Session

from incident_app.domain import notices as rules
from incident_app.domain.notices import Check, Facts, Reader
from incident_app.models.notices import Notice
from incident_app.models.recipients import RecipientList
from incident_app.services.notices.looking import get, languages_of, texts_of
from incident_app.services.notices.wordings import wording

LONGEST_NAME = "M" * 60
MOST_DATA = 12


def check_of(session: Session, notice: Notice) -> dict[str, Check]:
    """Check every language of ``notice``, those with most people first.

    Lengths are judged with a long name and many kinds of data, so that no real person gets a longer message.
    """
    facts = Facts.from_json(notice.facts)
    texts = texts_of(notice)
    differing = rules.differing_facts(texts)
    people = session.get_one(RecipientList, notice.list_id)
    checks = {}
    for language in languages_of(session, notice):
        words = wording(language)
        kinds = tuple(words.blocks)[:MOST_DATA] if "data" in people.columns else ()
        worst = Reader(LONGEST_NAME, kinds)
        longest = rules.longest_values(facts, [worst], words) | (rules.longest_advice(words) if kinds else {})
        found = rules.check_text(texts[language], words, longest)
        checks[language] = replace(found, hints=found.hints + differing[language])
    return checks


def check(session: Session, notice_id: int) -> dict[str, Check]:
    """Check every language of a notice. Raises ``NotFound``."""
    return check_of(session, get(session, notice_id))
