"""Telling the authority, step by step: drafted, completed, approved by a second person, printed, filed with proof."""

import re

from playwright.sync_api import expect

from tests.browser.kit import PRINTED, Person

RECEIPT = b"Received. Number 2026-88213."


def _open(person: Person, question: str) -> None:
    """Go where the page says something is missing."""
    person.follow(question, person.page.get_by_role("complementary", name="Facts from the case"))
    expect(person.page.get_by_text(re.compile(rf"^\s*{re.escape(question)}")).first).to_be_visible()


def _save(person: Person) -> None:
    person.press("Save")
    person.is_told("is saved.")


def _write(person: Person, question: str, words: str) -> None:
    _open(person, question)
    person.page.get_by_label(re.compile(rf"^\s*{re.escape(question)}")).fill(words)
    _save(person)


def _pick(person: Person, question: str, option: str) -> None:
    _open(person, question)
    person.page.get_by_label(re.compile(rf"^\s*{re.escape(question)}")).select_option(label=option)
    _save(person)


def _tick(person: Person, question: str, option: str) -> None:
    _open(person, question)
    person.group(question).get_by_label(option).check()
    _save(person)


def draft(person: Person, ref: str) -> None:
    """Draft it from the case, and see what Article 33(3) asks that nobody has written yet."""
    person.go(f"/cases/{ref}")
    person.tab("Filings")
    person.press("Draft the filing to AEPD")
    person.press("Ask for approval")
    person.is_told(re.compile(r"Art\. 33\(3\)\(a\): “What was broken\?” is not answered\."))
    person.is_told(re.compile(r"Art\. 33\(3\)\(c\): “Likely consequences for the people” is not answered\."))


def take_over_the_facts(person: Person, ref: str) -> None:
    """What was written down in the case since comes in by one press."""
    person.go(f"/cases/{ref}")
    person.tab("Filings")
    person.follow("Filing 1")
    person.press("Use all changes")
    person.is_told("Taken from the case.")


def complete(person: Person) -> None:
    """Answer what is still missing, one thing after the other; what nobody knows is said to be unknown."""
    involved, told = "Are processors or joint controllers involved?", "When will they be told?"
    _open(person, involved)
    person.answer(involved, "No")
    _save(person)
    _pick(person, "How was it discovered?", "By the controller itself")
    _pick(person, "Who caused it?", "From inside, not on purpose")
    _tick(person, "Whose data are they?", "Users of a service")
    _write(person, "Protection in place when it happened", "Two-factor sign-in, access logs.")
    _tick(person, "What may it mean for them?", "Loss of control over their data")
    _open(person, told)
    person.press(f"Not yet known: {told}")
    expect(person.page.get_by_role("link", name=f"Answer: {told}")).to_be_visible()
    _write(person, "What is still missing, and when it will come", "The number of records, within a week.")
    person.press("Ask for approval")
    person.is_told("A second person is asked to approve exactly this version.")


def approve(person: Person, ref: str) -> bytes:
    """Approve exactly what is shown, and return the PDF that is kept of it."""
    person.prove()
    person.go(f"/cases/{ref}")
    person.tab("Filings")
    person.follow("Filing 1")
    person.press(re.compile(r"^Approve version \d+$"))
    person.is_told("Its PDF is being made, and kept.")
    person.go(f"/cases/{ref}/filings/1/paper")
    expect(person.page.get_by_text("This is what was approved.")).to_be_visible(timeout=PRINTED)
    person.follow("Filing 1")
    return person.take("Approved PDF")


def mark_as_filed(person: Person, ref: str) -> None:
    """Record reference and receipt; without them the clock runs on, with them it stands still."""
    person.follow("Mark as filed…")
    person.press("Record it as filed")
    person.is_told("the clock stops on proof only")
    person.write("The authority's reference or receipt number", "2026-88213")
    person.page.get_by_label("Proof: the receipt").set_input_files(
        {"name": "receipt.txt", "mimeType": "text/plain", "buffer": RECEIPT})
    person.press("Record it as filed")
    person.is_told("Filed, with proof. The clock has stopped.")
    person.go(f"/cases/{ref}")
    tile = person.tile("AEPD EU-GDPR Art 33(1)")
    person.sees("Filed on time", re.compile("early"), within=tile)
    assert tile.get_attribute("data-due") is None
    person.sees("No date in law", within=person.tile("AEPD EU-GDPR Art 33(4)"))


def tell_the_rest(responder: Person, approver: Person, ref: str) -> None:
    """What the filing left open is owed until a follow-up brings it: by now the records are counted, and when the
    people were told comes from the deliveries."""
    responder.go(f"/cases/{ref}")
    responder.tab("Filings")
    responder.press("Draft a follow-up to AEPD")
    _answer_what_waits(responder)
    responder.press("Ask for approval")
    responder.is_told("A second person is asked to approve exactly this version.")
    approver.prove()
    approver.go(f"/cases/{ref}/filings/2")
    approver.press(re.compile(r"^Approve version \d+$"))
    approver.follow("Mark as filed…")
    approver.write("The authority's reference or receipt number", "2026-88213-2")
    approver.page.get_by_label("Proof: the receipt").set_input_files(
        {"name": "receipt-2.txt", "mimeType": "text/plain", "buffer": RECEIPT})
    approver.press("Record it as filed")
    approver.is_told("Filed, with proof. The clock has stopped.")
    approver.go(f"/cases/{ref}")
    approver.sees("Filed", within=approver.tile("AEPD EU-GDPR Art 33(4)"))  # the law names no date, so nothing is on time


def _answer_what_waits(person: Person) -> None:
    records = "How many records?"
    person.sees(f"“{records}” is not yet known and must follow.")
    _open(person, records)
    person.follow(f"Answer: {records}")
    person.answer(records, "Exactly")
    person.write(f"{records} Number, or from", "120")
    _save(person)
