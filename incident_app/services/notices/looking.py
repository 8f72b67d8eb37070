"""Look at notices: which languages, which people, what a real person of the list would read."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain import notices as rules
from incident_app.domain import recipients as people_rules
from incident_app.domain.accounts import Actor, Permission, may, require
from incident_app.domain.notices import ChannelPlan, Facts, Reader, Text, language_for
from incident_app.domain.ports import Letter, Letters, Vault
from incident_app.domain.recipients import Contact
from incident_app.domain.refusals import NotFound
from incident_app.models.cases import Case
from incident_app.models.notices import Notice, notices_of_case
from incident_app.models.organisation import Organisation
from incident_app.models.recipients import Recipient, RecipientList
from incident_app.services import scope
from incident_app.services.notices.places import living
from incident_app.services.notices.times import times_of
from incident_app.services.notices.ways import case_is_sensitive, channels_of
from incident_app.services.notices.wordings import STANDARD, languages, wording
from incident_app.services.recipients.looking import find_person, label_of, opened


@dataclass(frozen=True, slots=True)
class Preview:
    """What person ``number`` would read. Channels on which they cannot be reached are ``None``.

    ``ways`` are those on which they can be reached, in the order in which they are tried.
    """

    number: int
    count: int
    label: str
    masked_email: str
    masked_telegram: str
    language: str
    falls_back: bool
    first_channel: str | None
    subject: str
    body: str
    telegram: str | None
    email: Letter | None
    values: tuple[str, ...]
    headings: frozenset[str]
    has_post: bool = False
    post: bool = False
    ways: tuple[str, ...] = ()


def get(session: Session, notice_id: int) -> Notice:
    """Return a notice. Raises ``NotFound``."""
    found = session.get(Notice, notice_id)
    if found is None:
        raise NotFound("There is no such notice.")
    return found


def find(session: Session, case_id: int, number: int) -> Notice:
    """Return notice ``number`` of a case. Raises ``NotFound``."""
    found = session.scalar(select(Notice).where(Notice.case_id == case_id, Notice.number == number))
    if found is None:
        raise NotFound("There is no such notice in this case.")
    return found


def find_by_ref(session: Session, ref: str, number: int, *, by: Actor) -> Notice:
    """Return notice ``number`` of the case ``ref``, for who may stop it knowing no more than the number of the case."""
    found = session.scalar(
        select(Notice).join(Case, Case.id == Notice.case_id).where(
            Case.ref == ref, Notice.number == number, scope.clock_visible_to(by))
    )
    if found is None:
        raise NotFound("There is no such case.")
    return found


def of_case(session: Session, case_id: int) -> Sequence[Notice]:
    """Return the notices of a case, the newest first."""
    return session.scalars(notices_of_case(case_id)).all()


def texts_of(notice: Notice) -> dict[str, Text]:
    """Return the texts by language."""
    return {language: Text(words["subject"], words["body"]) for language, words in notice.texts.items()}


def writer_languages(people: RecipientList, fallback: str) -> list[str]:
    """Return the languages a notice to this list is written in, the most people first; the rest get ``fallback``."""
    counts: dict[str, int] = {}
    for language, count in people.languages.items():
        target = language_for(language, languages(), fallback)
        counts[target] = counts.get(target, 0) + count
    return sorted(counts, key=lambda language: (-counts[language], language))


def languages_of(session: Session, notice: Notice) -> dict[str, int]:
    """Return how many people are written to in each language of the notice."""
    people = session.get_one(RecipientList, notice.list_id)
    counts = dict.fromkeys(notice.texts, 0)
    written, fallback = tuple(notice.texts), notice.fallback_language
    for language, count in people.languages.items():
        counts[language_for(language, written, fallback)] += count
    for (language, country), count in living(session, people).items():
        counts[language_for(language, written, fallback)] -= count
        counts[language_for(language, written, fallback, country)] += count
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def preview(
    session: Session, notice_id: int, number: int, *, by: Actor, vault: Vault, letters: Letters
) -> Preview:
    """Show what person ``number`` of the list would read on each channel; the contact stays masked.

    To who does not work on the case nothing of a person is opened: they read the notice without a name.
    """
    require(by, Permission.SEE_NOTICES)
    notice = get(session, notice_id)
    people = session.get_one(RecipientList, notice.list_id)
    row = find_person(session, notice.list_id, number)
    key = session.scalar(select(Case.data_key).where(Case.id == notice.case_id))
    contact = (opened(row, key, vault) if may(by, Permission.SEE_MASKED) else None) or Contact()
    language = language_for(row.language, tuple(notice.texts), notice.fallback_language, row.country)
    facts = Facts.from_json(notice.facts)
    words = wording(language, facts.to)
    made = rules.render(texts_of(notice)[language], facts, reader_of(contact, facts, language, row.country), words)
    headings = frozenset(words.headings.values())
    allowed = channels_of(ChannelPlan.from_json(notice.plan), row.sensitive, case_is_sensitive(notice))
    reachable = [channel for channel in allowed if channel in row.reachable]
    return Preview(
        number=number, count=people.people_count, label=people_rules.controller_label(number) if notice.kind == rules.CONTROLLERS else label_of(number),
        masked_email=people_rules.masked_email(contact.email),
        masked_telegram=people_rules.masked_telegram(contact.telegram), language=language,
        falls_back=row.language != rules.base(language), first_channel=reachable[0] if reachable else None,
        subject=made.subject, body=made.body, telegram=made.telegram if "telegram" in reachable else None,
        email=letters.email(made.subject, made.body, language=language, facts=facts.letterhead(words), headings=headings)
        if "email" in reachable else None,
        values=tuple(value for value in made.values.values() if value),
        headings=headings, has_post=row.has_post, post="post" in reachable,
        ways=tuple(reachable),
    )


def read_by_all(session: Session, notice: Notice) -> dict[str, rules.Rendered]:
    """Return what everybody reads in each language, the most people first; fields that are each reader's own stay."""
    facts, texts = Facts.from_json(notice.facts), texts_of(notice)
    return {language: rules.render_for_all(texts[language], facts, wording(language, facts.to))
            for language in languages_of(session, notice)}


def reader_of(contact: Contact, facts: Facts, language: str, country: str = "", *, receipt: str = "") -> Reader:
    """Return a person as the texts of a notice need them. Without the code of a ``receipt`` its address stands there without
    one: whoever looks at a letter shall not be able to say in its reader's name that it arrived."""
    at = rules.receipts_at(facts.check)
    link = f"{at}{receipt or '…'}" if contact.controller and at else ""
    return Reader(contact.name, contact.data, contact.controller, link, times_of(facts, language, country))


def sample(session: Session, notice: Notice, language: str) -> int:
    """Return the number of the first person who is written to in ``language``, to show what they would read."""
    written = tuple(notice.texts)
    spoken = session.execute(
        select(Recipient.language, Recipient.country, func.min(Recipient.number))
        .where(Recipient.list_id == notice.list_id).group_by(Recipient.language, Recipient.country)
    ).all()
    fitting = [number for own, country, number in spoken
               if language_for(own, written, notice.fallback_language, country) == language]
    return min(fitting, default=1)


def fallback_for(home_language: str) -> str:
    """Return the language for people whose own we have no words in."""
    return language_for(home_language, languages(), STANDARD)


def told_otherwise(session: Session, people: RecipientList) -> dict[str, dict[str, int]]:
    """Return, by the language a notice would tell them in, how many people of a list speak which other one; empty is none we know."""
    home = session.scalar(select(Organisation.language).order_by(Organisation.id).limit(1))
    return rules.told_otherwise(people.languages, languages(), fallback_for(home or STANDARD))
