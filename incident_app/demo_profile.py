"""What the demo organisation knows of itself and has learnt: its systems, what its cases hit, why, and what was done."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.lessons import Lessons
from incident_app.domain.organisation import Contact, Establishment
from incident_app.domain.remediation import ActionKind
from incident_app.domain.systems import Facts
from incident_app.models.cases import Case
from incident_app.services import lessons, organisation, picking, remediation, systems
from incident_app.services.cases import World
from incident_app.services.cases import organisation as home_of
from incident_app.services.remediation import NewAction

SYSTEMS = (
    Facts(
        name="Conversation store", description="Accounts and conversations with the assistant", place="Hosting provider, Frankfurt",
        data_categories=("account", "telegram_identity", "ai_prompts"), people_kinds=("users", "minors"),
        purposes="Answering what people ask, and finding faults.", processors=("AI provider", "Hosting provider"),
        transfers="AI provider: United States, standard contractual clauses.",
        retention="Conversations 90 days, accounts until they are closed.",
        list_source="Data team, report “people by conversation”, about two hours.",
    ),
    Facts(
        name="Billing", description="Subscriptions and payments", place="Payment provider, Dublin",
        data_categories=("payment", "account"), people_kinds=("subscribers",), purposes="Taking payments and keeping the books.",
        processors=("Payment provider", "Hosting provider"), retention="Invoices ten years.",
        list_source="Finance, export of subscribers, half an hour.",
    ),
    Facts(
        name="Mail and support desk", description="Newsletters and mails with users", place="Hosting provider, Madrid",
        data_categories=("contact", "communication"), people_kinds=("users", "customers"), purposes="News and help.",
        processors=("Hosting provider",), retention="Mails two years.", list_source="Support lead, export of the mailbox.",
    ),
    Facts(
        name="Staff devices", description="Laptops and phones of staff", place="With their holders",
        data_categories=("contact",), people_kinds=("employees", "customers"), retention="Wiped when handed back.",
        list_source="The holder and the last backup say what was on it.",
    ),
    Facts(
        name="Partner channels", description="Bots that partners run for their members", place="Hosting provider, Frankfurt",
        data_categories=("telegram_identity",), people_kinds=("users",), processors=("Hosting provider",),
        list_source="Each partner has its own list.",
    ),
)

HIT = {
    "open-cc": ("Mail and support desk",), "lost-device": ("Staff devices",), "stolen-credentials": ("Mail and support desk",),
    "leaked-token": ("Billing",), "leaked-ai-prompts": ("Conversation store",), "misdirected-message": ("Partner channels",),
}
"""Which systems a case of this kind hit."""

LEARNT = {
    "open-cc": (Lessons(
        cause="misdirected", factors=("no_second_look", "confusing_screen"),
        cause_words="The newsletter went out from a mail program, with all addresses in the copy field.",
        whys=("All addresses stood in the copy field.", "The newsletter was written in a mail program.",
              "The newsletter tool was not set up for beta testers.", "Nobody owned the list of beta testers."),
        went_well="Support told the security team the moment the complaint was read.",
        differently="Newsletters go out by the tool that shows nobody else's address, whatever the size of the list.",
    ), (("Set up the newsletter tool for small lists", ActionKind.PREVENT.value, "A test newsletter to ourselves showed one address."),
        ("Block mails of ours with more than 20 people in copy", ActionKind.PREVENT.value, ""))),
    "leaked-token": (Lessons(
        cause="exposed_secret", factors=("no_second_look", "real_data_in_tests"),
        cause_words="A developer committed a settings file with the key of the payment provider.",
        whys=("The key stood in a settings file.", "The file was not on the list of what is left out.",
              "New repositories start without that list."),
        went_well="The scanner found it within four hours.", differently="Keys come from the vault, and new repositories from a template.",
    ), (("Take keys from the vault", ActionKind.REMEDY.value, "The settings file has no key any more, the scanner agrees."),)),
    "lost-device": (Lessons(
        cause="lost", cause_words="The bag stayed on the train.", went_well="The disk was encrypted, and the wipe was confirmed.",
    ), ()),
    "stolen-credentials": (Lessons(
        cause="credential_reuse", factors=("no_second_factor", "no_alarm"),
        cause_words="The password of the mailbox was used at another service too.",
        whys=("Somebody knew the password.", "It was used elsewhere.", "The mailbox has one password for the whole team."),
    ), ()),
}
"""What was found out by the kind of a case, and what was done: title, what for, and what proves it, empty where it is open."""


def tell_profile(session: Session, cases: Mapping[str, Case], by: tuple[Actor, Actor, Actor], now: datetime, world: World) -> None:
    """Enter the profile, let the cases (by kind) pick what they hit, and write down what was learnt.

    ``by``: who works on cases, who enters systems, who keeps the organisation.
    """
    responder, approver, admin = by
    begun = now - timedelta(days=60)
    details = replace(
        organisation.details_of(home_of(session)),
        establishments=(Establishment("ES", "Madrid, head office"), Establishment("DE", "Berlin, development")),
        contacts=(Contact("Security on call", "Olli Oncall", "oncall@example.org", "+34 910 000 001"),
                  Contact("Press", "Press desk", "press@example.org")),
    )
    organisation.change(session, details, by=admin, now=begun)
    made = {facts.name: systems.add(session, facts, by=approver, now=begun, law=world.law).id for facts in SYSTEMS}
    for kind, case in cases.items():
        for name in HIT.get(kind, ()):
            picking.pick(session, case.id, made[name], by=responder, now=case.filed_at + timedelta(hours=1), law=world.law,
                         calendar=world.calendar)
        if kind in LEARNT:
            _learnt(session, case.id, kind, responder, case.filed_at + timedelta(days=3), world)
    partner = Lessons(cause="misdirected", cause_words="Ids of channels were mixed up in a release.")
    lessons.save(session, cases["misdirected-message"].id, partner, version=0, by=responder, now=now, words=world.law.words)


def _learnt(session: Session, case_id: int, kind: str, by: Actor, at: datetime, world: World) -> None:
    said, done = LEARNT[kind]
    lessons.save(session, case_id, said, version=0, by=by, now=at, words=world.law.words)
    for title, what_for, proof in done:
        made = remediation.add(session, case_id, NewAction(title, what_for, owner_id=by.id), by=by, now=at)
        if proof:
            remediation.complete(session, made.id, proof, by=by, now=at + timedelta(hours=20))
