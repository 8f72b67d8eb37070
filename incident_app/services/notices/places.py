"""Who of a list lives in a country that asks for more, and the texts for them beside those of each language."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain import notices as rules
from incident_app.domain.notices import Text, language_for
from incident_app.models.organisation import Organisation
from incident_app.models.recipients import Recipient, RecipientList
from incident_app.services.notices.wordings import wording
from incident_app.services.place_files import place_code, places

Texts = dict[str, dict[str, str]]


def roles_of(session: Session) -> frozenset[str]:
    """Return what the organisation said of itself that some law of a country asks about."""
    covered = session.scalar(select(Organisation.covered_entity).order_by(Organisation.id).limit(1))
    return frozenset({"covered_entity"}) if covered else frozenset()


def living(session: Session, people: RecipientList) -> dict[tuple[str, str], int]:
    """Return how many people of a list speak what and live where, of the countries that ask for more.

    The people themselves are asked only in a list that was read in before lists counted this.
    """
    there = sorted(one for one in people.countries if place_code(one))
    if not there:
        return {}
    if people.spoken:
        return {(language, country): count for country in there for language, count in people.spoken[country].items()}
    rows = session.execute(
        select(Recipient.language, Recipient.country, func.count())
        .where(Recipient.list_id == people.id, Recipient.country.in_(there))
        .group_by(Recipient.language, Recipient.country)).all()
    return {(language, country): count for language, country, count in rows}


def unsure_of(language: str) -> str:
    """Say that the strictest law is followed for want of knowing where exactly these people live; empty elsewhere."""
    place = places().get(language.partition("-")[2])
    if place is None or not place.strictest:
        return ""
    return (f"The list does not say in which part of {place.name} these people live. The law of {place.strictest} asks for "
            "most and is followed for all of them. A column “region” with codes such as CA tells them apart.")


def with_places(session: Session, people: RecipientList, texts: Texts, kept: Texts, kinds: tuple[str, ...], fallback: str
                ) -> Texts:
    """Return texts by language, and beside each one for every country that asks for more and has people who read it.

    One that asks nothing for these ``kinds`` of data has no text of its own. A language that is read in such countries alone has no text for anybody else; the fallback always has one.
    """
    found, elsewhere, roles = dict(texts), _counted(people, texts, fallback), roles_of(session)
    for (language, country), count in sorted(living(session, people).items()):
        code = place_code(country)
        if code is None or not places()[code].asks(kinds, roles):
            continue
        own = language_for(language, texts, fallback)
        elsewhere[own] -= count
        key = f"{own}-{code}"
        words = texts[own]
        made = rules.for_place(Text(words["subject"], words["body"]), wording(own), places()[code], kinds, roles)
        found[key] = kept.get(key) or {"subject": made.subject, "body": made.body}
    return {key: words for key, words in found.items() if key == fallback or elsewhere.get(key, 1) > 0}


def _counted(people: RecipientList, texts: Texts, fallback: str) -> dict[str, int]:
    counts = dict.fromkeys(texts, 0)
    for language, count in people.languages.items():
        counts[language_for(language, texts, fallback)] += count
    return counts


def readers(session: Session, people: RecipientList, written: tuple[str, ...], fallback: str) -> dict[str, dict[str, int]]:
    """Return for each text how many people of which of these places read it."""
    found: dict[str, dict[str, int]] = {}
    for (language, country), count in living(session, people).items():
        counts, code = found.setdefault(language_for(language, written, fallback, country), {}), place_code(country) or country
        counts[code] = counts.get(code, 0) + count
    return found
