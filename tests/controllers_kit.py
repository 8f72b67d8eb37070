"""Lists of controllers, and notices to them, for the tests of a processor's duty (GDPR Art 33(2))."""

import re
from dataclasses import dataclass, field, replace

from incident_app.adapters.sheets import SheetFiles
from incident_app.domain.notices import Envelope
from incident_app.domain.ports import Message, Outcome, Rejected
from incident_app.domain.regimes import Entity
from incident_app.models.cases import Case
from incident_app.models.notices import Notice
from incident_app.models.recipients import RecipientList
from incident_app.services import cases, controllers, deliveries, notices
from tests.builders import the_world
from tests.letters_kit import Desk

LIST = """organisation,name,email,language,contract,people,records,data
Nordwind Versand,Ines Amt,privacy@nordwind.example,de,DPA-17,"1,204",3000,contact|payment
Blue Harbour Ltd,,dpo@blueharbour.example,en,DPA-18,,,health
Maison Claire,Luc Petit,donnees@claire.example,fr,DPA-19,12,,
"""
ENVELOPE = Envelope(check="incident.test/check")
CODE = re.compile(r"https://incident\.test/receipt/([a-z2-7]{32})")


@dataclass
class Office(Desk):
    """A desk at a processor: its cases are those of breached data of others. ``refused`` are messages no server took."""

    refused: list[Message] = field(default_factory=list)

    def case(self, **facts: object) -> Case:
        """File a case in which we are the processor, of these ``controllers`` where any are named."""
        named = tuple(Entity(str(name)) for name in facts.pop("controllers", ()))  # type: ignore[attr-defined]  # a tuple of names
        case = super().case(**{"data_categories": ("ai_prompts", "account"), **facts})
        known = replace(cases.facts_of(case), role="processor", controllers=named)
        return cases.edit(self.session, case.id, known, version=case.version, by=self.people.responder, now=self.now,
                          world=the_world())

    def customers(self, case: Case, text: str = LIST) -> RecipientList:
        """Upload a list of controllers as the responder."""
        return controllers.import_controllers(self.session, case.id, "customers.csv", text.encode(), by=self.people.responder,
                                              now=self.now, vault=self.vault, sheets=SheetFiles())

    def written(self, text: str = LIST, case: Case | None = None) -> Notice:
        """Draft a notice to a list of controllers."""
        case = case or self.case()
        made = self.customers(case, text)
        return notices.draft(self.session, case.id, made.id, by=self.people.responder, now=self.now, envelope=ENVELOPE)

    def agreed(self, notice: Notice) -> Notice:
        """Have a notice approved by somebody who had no hand in it."""
        notices.ask_approval(self.session, notice.id, by=self.people.responder, now=self.now, envelope=ENVELOPE)
        return notices.approve(self.session, notice.id, by=self.people.approver, now=self.now, envelope=ENVELOPE)

    def out(self, notice: Notice) -> Notice:
        """Have it approved, launch it and send it to its end."""
        agreed = self.agreed(notice)
        assert agreed.list_count is not None
        deliveries.launch(self.session, agreed.id, typed_count=agreed.list_count, by=self.people.responder, now=self.now,
                          envelope=ENVELOPE)
        self.send_all()
        return notices.get(self.session, agreed.id)

    def told(self, text: str = LIST, case: Case | None = None) -> Notice:
        """Write a notice to controllers and send it to its end."""
        return self.out(self.written(text, case))

    def refuse(self, part: str) -> None:
        """Let the mail server refuse for good whatever goes to an address with this in it."""
        taken = self.email.answer

        def answer(message: Message) -> Outcome:
            if part not in message.address:
                return taken(message)
            self.refused.append(message)
            return Rejected("No such mailbox.", permanent=True)

        self.email.answer = answer

    def codes(self) -> dict[str, str]:
        """Return the code in the newest message to each address."""
        return {message.address: CODE.findall(message.text)[0] for message in (*self.refused, *self.email.sent)}
