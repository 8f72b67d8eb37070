"""The end of a breach, step by step: what is to be done is done, what is open stands in the way, the record stays."""

import re

from playwright.sync_api import expect

from tests.browser.kit import Person

MENDING = "Exports expire after a day"
WORK = "Mark done, change"


def is_refused(person: Person, ref: str) -> None:
    """Try to close it too early: the page says what is still open."""
    person.go(f"/cases/{ref}")
    person.follow("Close breach…")
    person.sees("It cannot be closed yet.", "Still to be done: ")
    expect(person.page.get_by_role("button", name=f"Close {ref}")).to_have_count(0)


def add_an_action(person: Person, ref: str) -> None:
    """Add what will keep it from happening again, with an owner and a date."""
    person.go(f"/cases/{ref}")
    person.tab("Actions")
    form = person.region("Add an action")
    person.write("What is to be done?", MENDING, form)
    person.answer("What for?", "Prevent: not again")
    person.pick("Owner", "Robin Responder", form)
    person.write("Due", person.wall(hours=-48), form)
    person.press("Add the action", form)
    person.is_told("The action is on the list.")
    expect(person.page.get_by_role("article", name=MENDING)).to_contain_text(re.compile(r"Robin Responder ·\s+due"))


def do_everything(person: Person) -> None:
    """Mark every action done, each with what shows it."""
    cards = person.page.get_by_role("article").filter(has_text=WORK)
    open_count = cards.count()
    assert open_count > 1
    for left in range(open_count, 0, -1):
        card = cards.first
        card.get_by_text(WORK).click()
        person.write("What shows that it is done?", "Seen in the change log.", card)
        person.press("Mark done", card)
        person.is_told("Done, with its proof.")
        expect(cards).to_have_count(left - 1)
    person.sees(f"{open_count} of {open_count} done")


def check(person: Person, ref: str) -> None:
    """Agree as somebody else that what is mandatory is done."""
    person.go(f"/cases/{ref}")
    person.tab("Actions")
    waiting = person.page.get_by_role("article").filter(has_text="To check")
    for left in range(waiting.count(), 0, -1):
        card = waiting.first
        person.press("It is so", card)
        expect(waiting).to_have_count(left - 1)


def review(responder: Person, approver: Person, ref: str) -> None:
    """Say how it is judged; two people sign what the record and the words say."""
    responder.go(f"/cases/{ref}")
    responder.tab("Review")
    responder.sees("Awareness to filing", "People reached")
    responder.write("How do you judge what was done?", "Told in time, though it was seen late.")
    responder.write("What should change?", "Exports expire after a day.")
    responder.press("Save the words")
    for person, words in ((responder, "1 of 2"), (approver, "Signed by two")):
        person.prove()
        person.go(f"/cases/{ref}/review")
        person.press("Sign the review")
        person.is_told("Signed.")
        person.sees(words)


def close(person: Person, ref: str) -> None:
    """Close it, with a sentence for whoever reads it in three years."""
    person.go(f"/cases/{ref}")
    person.follow("Close breach…")
    person.press(f"Close {ref}")
    person.is_told("There is a problem")
    person.write("Why can it be closed?", "Everybody told, everything mended.")
    person.press(f"Close {ref}")
    person.is_told(f"{ref} is closed. Its record stays.")


def read_the_timeline(person: Person) -> None:
    """Who did what stands there, the newest first."""
    person.tab("Timeline")
    entries = person.region("Entries, newest first").get_by_role("listitem")
    for words, who in (
        ("The case was closed", "Alex Approver"), (MENDING, "Robin Responder"), ("A notice was started", "Robin Responder"),
        ("A notice was approved", "Alex Approver"), ("A filing was marked as submitted", "Alex Approver"),
        ("It was decided who is told", "Alex Approver"), ("The severity was scored", "Robin Responder"),
        ("A breach was logged", "Robin Responder"),
    ):
        expect(entries.filter(has_text=words).filter(has_text=who).first).to_be_visible()
