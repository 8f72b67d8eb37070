"""Telling the people, step by step: listed, written to, approved by a second person, sent, followed to the last one."""

import re

from playwright.sync_api import expect

from tests.browser.kit import Person

COUNT = 40
LANGUAGES = ("en", "de", "es")
DONE = "Was wir getan haben"
ADVICE = "Was Sie tun können"


def people() -> bytes:
    """A list of 40, every third with Telegram only, every fourth with email only, one of them twice, one with a bad cell."""
    lines = ["name,email,telegram_id,language,country"]
    for number in range(1, COUNT + 1):
        email = f"person{number}@example.org" if number % 3 else ""
        chat = str(700_000 + number) if number % 4 or not email else ""
        lines.append(f"Person {number},{email},{chat},{LANGUAGES[number % 3]},DE")
    return "\n".join([*lines, "Person 1 again,PERSON1@example.org,,de,DE", "Typing error,someone at home,,en,IE"]).encode()


def upload(person: Person, ref: str) -> None:
    """Upload the list: the double is joined, the bad cell named, every line accounted for."""
    person.go(f"/cases/{ref}")
    person.tab("People")
    person.page.get_by_label("List of people (CSV or XLSX)").set_input_files(
        {"name": "people.csv", "mimeType": "text/csv", "buffer": people()})
    person.press("Upload and check")
    person.press("Check every line and take the list over")
    person.is_told("40 people from people.csv. Nothing has been sent.")
    expect(person.group("The sum: 43 lines in the file, 40 people, 1 joined, 1 refused")).to_be_visible()
    person.sees("refused", within=person.row("Line 43").filter(has_text="email"))
    person.sees("one message goes there", within=person.row("Line 42"))


def draft(person: Person) -> None:
    """Draft the notice, damage it, see what it misses, and mend it."""
    person.press(f"Draft a notice to {COUNT} people")
    person.is_told("Drafted from the facts of the case.")
    message = person.page.get_by_label("Message", exact=True)
    whole = message.input_value()
    message.fill(whole.partition(ADVICE)[0])
    person.press("Save Deutsch")
    person.sees("What the person can do (33(3)(d))", "Blocks the approval", "4 to mend")
    whole = whole.replace(DONE, f"{DONE}\nDer Link ist geschlossen, und die Schlüssel sind neu.")
    message.fill(f"{whole}\n\nDass diese Nachricht von uns ist, lesen Sie auch auf ((website)).")
    person.press("Save Deutsch")
    person.sees("lesen Sie auch auf example.org.", within=person.region("Email"))
    person.sees(re.compile(r"^\s*Ready\s*$"))
    # What was done in this case stands in English: in Spanish it is left out, with a reason that the approver reads.
    person.press(re.compile("Español"), person.page.get_by_role("navigation", name="Language"))
    person.sees("stands in English alone. Translate it.", "1 to mend")
    waiver = person.page.get_by_role("group").filter(has_text="Waive it")
    waiver.filter(has_text="untranslated").get_by_text("Waive it").click()
    waiver.filter(has_text="untranslated").get_by_label("Why is this right as it is?").fill("It says no more than the sentence before.")
    person.press("Waive for this text", waiver.filter(has_text="untranslated"))
    person.sees("Waived by Robin Responder: It says no more than the sentence before.")


def preview(person: Person) -> None:
    """Look at every language in every channel, then at one person after the other."""
    languages = person.page.get_by_role("navigation", name="Language")
    for language, greeting in (("English", "What happened"), ("Español", "Qué ha pasado"), ("Deutsch", "Was geschehen ist")):
        person.press(re.compile(language), languages)
        for channel in ("Telegram", "Email"):
            person.sees(greeting, within=person.region(channel))
    person.press("Save, next: channels")
    person.press("Save, next: check")
    person.sees("Person 1 of 40")
    person.follow("Next person")
    person.sees("Person 2 of 40")


def ask_for_approval(person: Person) -> None:
    """Ask for it; whoever wrote it sees why they cannot give it."""
    person.follow("Next: approve")
    person.press("Ask for approval")
    person.is_told("Waiting for a second person to approve it.")
    button = person.page.get_by_role("button", name="Approve", exact=True)
    expect(button).to_be_disabled()
    expect(button).to_have_accessible_description(re.compile(r"\w+"))


def approve(person: Person, ref: str) -> None:
    """A second person approves it."""
    person.prove()
    person.go(f"/cases/{ref}")
    person.tab("Notices")
    person.follow("Notice 1")
    person.press(f"Approve for {COUNT} people")
    person.is_told("Approved. Any edit takes the approval back.")


def launch(person: Person, ref: str) -> None:
    """Type how many people there are; a wrong number sends nothing."""
    person.prove()
    person.go(f"/cases/{ref}")
    person.tab("Notices")
    person.follow("Notice 1")
    for number, answer in (("39", "There is a problem"), ("40", "It is being sent.")):
        person.write("Type the number of people to confirm", number)
        person.press(f"Send to {COUNT} people")
        person.is_told(answer)


def watch(person: Person) -> None:
    """Stay on the page, which follows by itself, until nobody waits; the sum adds up all the way."""
    total = person.group("The sum:")
    expect(total).to_have_accessible_name(re.compile(r"40 people in the list.* 0 waiting\. It adds up\."), timeout=60_000)
    said = total.get_attribute("aria-label") or ""
    figures = [int(found) for found in re.findall(r"(\d+) (?:accepted|failed|uncertain|waiting)", said)]
    assert sum(figures) == COUNT, said
    assert figures[0] >= COUNT // 2, said
    person.sees("every person has an outcome")
    person.sees("Adds up")


def look_into_the_outbox(person: Person) -> None:
    """What people would have seen stands there, in their language: an email to one, a Telegram message to another."""
    person.follow("Outbox", person.page.get_by_role("complementary"))
    for address, channel, greeting in (
        ("person4@example.org", "Email", "Guten Tag Person 4"), ("700002", "Telegram", "Person 2"),
    ):
        person.page.get_by_role("main").get_by_role("searchbox").fill(address)
        person.press("Search")
        message = person.page.get_by_role("article", name=f"{channel} to {address}")
        person.sees(greeting, "BR-2026-", within=message)
