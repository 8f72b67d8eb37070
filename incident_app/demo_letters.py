"""The demo's notices to people: one that everybody was sent weeks ago, and one that is ready for the newcomer to send."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.notices import NoticeState, Part
from incident_app.domain.ports import Clock
from incident_app.models.cases import Case
from incident_app.models.notices import Notice
from incident_app.services import cases, deliveries, notices, recipients
from incident_app.services.cases import World
from incident_app.wiring import Ports

Then = Callable[[Clock], Ports]
"""Returns the outside world of a day in the past, which tells the time by the clock it is given and hurries nobody."""

EXPORT_TAKEN = {
    "de": "Der Link ist gesperrt, die Schlüssel sind ausgetauscht, und der Export ist gelöscht.",
    "es": "El enlace está cerrado, las claves se han cambiado y la exportación se ha borrado.",
    "fr": "Le lien est fermé, les clés ont été changées et l’export a été supprimé.",
}
"""What was done, in the languages of the people it is told to: nobody who tries the demo has to translate it first."""
KEY_TAKEN = {
    "es": "La clave se anuló a las cuatro horas y se creó otra; el proveedor de pagos revisó todos los accesos.",
    "pt": "A chave foi anulada ao fim de quatro horas e foi criada outra; todos os acessos foram verificados.",
}
TOLD = 1812
"""How many were told of the key in the repository."""
DAYS_ROUNDS = 48
"""Looks, one every half hour, until the last had an answer on every channel: a day."""


class _Moved:
    """A clock of a day in the past, moved by whoever tells what happened then."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def move(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


def _csv(lines: Iterable[str]) -> bytes:
    return "\n".join(["name,email,telegram_id,language,country", *lines]).encode()


def _export_people() -> bytes:
    """Make a list of 1,000 people in four languages, with doubles, a person without contact and a long name."""
    languages = (("es", "ES"), ("de", "DE"), ("fr", "FR"), ("en", "IE"))
    lines = []
    for number in range(1, 1001):
        language, country = languages[number % 4]
        email = f"person{number}@example.org" if number % 3 else ""
        chat = str(500000 + number) if number % 4 != 1 or not email else ""
        lines.append(f"Person {number},{email},{chat},{language},{country}")
    lines += ["Person 1 again,PERSON1@example.org,,de,DE", "Nobody reaches me,,,en,IE", "Not an address,someone at home,,en,IE",
              '"Wolfeschlegelsteinhausenbergerdorff, Hubert Blaine",hubert@example.org,,de,DE']
    return _csv(lines)


def _key_people() -> bytes:
    """Make a list of subscribers in two languages: most have Telegram, most an email, some only one of them."""
    lines = []
    for number in range(1, TOLD + 1):
        language, country = ("pt", "PT") if number % 3 == 0 else ("es", "ES")
        email = f"subscriber{number}@example.org" if number % 7 else ""
        chat = str(600000 + number) if number % 5 else ""
        lines.append(f"Subscriber {number},{email},{chat},{language},{country}" if email or chat else
                     f"Subscriber {number},,{600000 + number},{language},{country}")
    return _csv(lines)


def prepare_export(session: Session, case: Case, by: Actor, now: datetime, world: World, held: Ports) -> Notice:
    """Write down what the letter needs, upload the list and draft the notice; a second person may approve it."""
    facts = replace(
        cases.facts_of(case), occurred_at=case.aware_at - timedelta(hours=12), confidentiality=True, integrity=False,
        availability=False, malicious=True, unintelligible=False,
        consequences="Somebody may read what people asked the assistant, and may use it to deceive or embarrass them.",
        measures_taken="The link was closed, the keys were changed and the export was deleted.",
        measures_planned="Exports will carry an expiry date and need a second person.",
        cause="A debug switch wrote conversations to open storage.",
    )
    cases.edit(session, case.id, facts, version=case.version, by=by, now=now, world=world)
    return _drafted(session, case, _export_people(), EXPORT_TAKEN, by, now, held)


def tell_of_key(session: Session, case: Case, by: tuple[Actor, Actor], at: datetime, world: World, then: Then) -> Notice:
    """Tell the subscribers whose data the key opened, at that moment in the past: drafted, approved, sent and finished."""
    responder, approver = by
    facts = replace(
        cases.facts_of(case), occurred_at=case.aware_at - timedelta(hours=4),
        consequences="Somebody may have read the names and the last four digits of cards, and may use them to deceive people.",
        measures_taken="The key was revoked after four hours and made anew; the payment provider looked through all access.",
        measures_planned="Keys come from the vault, and new repositories from a template.",
        cause="A settings file with the key was committed.",
    )
    cases.edit(session, case.id, facts, version=case.version, by=responder, now=at, world=world)
    clock = _Moved(at)
    held = then(clock)
    notice = _drafted(session, case, _key_people(), KEY_TAKEN, responder, at, held)
    clock.move(20 * 60)
    notices.ask_approval(session, notice.id, version=notice.version, by=responder, now=clock.now(), envelope=held.envelope)
    clock.move(25 * 60)
    notices.approve(session, notice.id, version=notice.version, by=approver, now=clock.now(), envelope=held.envelope)
    clock.move(10 * 60)
    deliveries.launch(session, notice.id, typed_count=notice.list_count or 0, by=responder, now=clock.now(), envelope=held.envelope)
    for _ in range(DAYS_ROUNDS):
        deliveries.pump(session, clock=clock, channels=held.channels, limiter=held.limiter, vault=held.vault,
                        letters=held.letters, law=held.law, worker="demo", sleep=clock.move, envelope=held.envelope, mode=held.mode)
        session.refresh(notice)
        if notice.state == NoticeState.FINISHED:
            break
        clock.move(30 * 60)
    return notice


def _drafted(session: Session, case: Case, people: bytes, taken: Mapping[str, str], by: Actor, at: datetime, held: Ports) -> Notice:
    listed = recipients.import_list(session, case.id, "people.csv", people, by=by, now=at, vault=held.vault)
    notice = notices.draft(session, case.id, listed.id, by=by, now=at, envelope=held.envelope)
    for language, words in taken.items():
        heading, text = notices.wording(language).headings[Part.MEASURES], notice.texts[language]
        body = text["body"].replace(f"{heading}\n", f"{heading}\n{words}\n", 1)
        notice = notices.edit(session, notice.id, language=language, subject=text["subject"], body=body,
                              version=notice.version, by=by, now=at)
    return notice
