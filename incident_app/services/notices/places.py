"""Who of a list lives in a country that asks for more, and the texts for them beside those of each language."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain import notices as rules
from incident_app.domain.notices import Text, language_for
from incident_app.models.recipients import Recipient, RecipientList
from incident_app.services.notices.place_files import places
from incident_app.services.notices.wordings import wording

Texts = dict[str, dict[str, str]]


def living(session: Session, people: RecipientList) -> dict[tuple[str, str], int]:
    """Return how many people of a list speak what and live where, of the countries that ask for more.

    The list is asked only where it has anybody there.
    """
    there = sorted(set(places()) & set(people.countries))
    if not there:
        return {}
    rows = session.execute(
        select(Recipient.language, Recipient.country, func.count())
        .where(Recipient.list_id == people.id, Recipient.country.in_(there))
        .group_by(Recipient.language, Recipient.country)).all()
    return {(language, country): count for language, country, count in rows}


def with_places(session: Session, people: RecipientList, texts: Texts, kept: Texts, kinds: tuple[str, ...], fallback: str
                ) -> Texts:
    """Return texts by language, and beside each one for every country that asks for more and has people who read it.

    A language that is read in such countries alone has no text for anybody else; the fallback always has one.
    """
    found, elsewhere = dict(texts), _counted(people, texts, fallback)
    for (language, country), count in sorted(living(session, people).items()):
        own = language_for(language, texts, fallback)
        elsewhere[own] -= count
        key = f"{own}-{country}"
        words = texts[own]
        made = rules.for_place(Text(words["subject"], words["body"]), wording(own), places()[country], kinds)
        found[key] = kept.get(key) or {"subject": made.subject, "body": made.body}
    return {key: words for key, words in found.items() if key == fallback or elsewhere.get(key, 1) > 0}


def _counted(people: RecipientList, texts: Texts, fallback: str) -> dict[str, int]:
    counts = dict.fromkeys(texts, 0)
    for language, count in people.languages.items():
        counts[language_for(language, texts, fallback)] += count
    return counts


def readers(session: Session, people: RecipientList, written: tuple[str, ...], fallback: str) -> dict[str, dict[str, int]]:
    """Return for each text how many people of which of these countries read it."""
    found: dict[str, dict[str, int]] = {}
    for (language, country), count in living(session, people).items():
        counts = found.setdefault(language_for(language, written, fallback, country), {})
        counts[country] = counts.get(country, 0) + count
    return found
