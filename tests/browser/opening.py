"""The first hour of a breach, step by step: logged, scored, decided, and its facts written down."""

import re

from playwright.sync_api import expect

from tests.browser.kit import Person

TITLE = "Debug export open to anyone"
SCORES = {
    "Which classes of data were hit?": "Sensitive 4",
    "How easily can somebody tell whose data these are?": "Easily for many 0.75",
    "Who may have read the data?": "Read by an unknown number of recipients 0.5",
    "Were the data changed?": "Not changed, or no wrong use found 0",
    "Were the data lost?": "At hand, or back without difficulty 0",
    "Was it done on purpose?": "Yes, or it cannot be excluded 0.5",
}
KINDS = {
    "Could somebody see what they should not?": "Yes", "Were data changed?": "No",
    "Were data lost or out of reach?": "No", "Was it done on purpose?": "Yes",
    "Were the data unreadable for others (encrypted, key safe)?": "No",
}


def log_a_breach(person: Person, title: str = TITLE) -> str:
    """Log it with the five answers of the short form, and return its reference."""
    person.follow("Log breach")
    person.press("Start the clock")
    person.is_told("There is a problem")
    person.write("What happened?", title)
    person.pick("Kind of breach", "Something else")
    person.write("Who or what told us?", "Call from the SOC")
    person.answer("Are people's data involved?", "Yes")
    person.answer("How many people?", "About")
    person.write("Number", "40")
    person.press("Start the clock")
    person.is_told("Clock to AEPD ends")
    expect(person.page.get_by_role("heading", name=title, level=1)).to_be_visible()
    return person.page.url.rpartition("/")[2]


def see_the_clock(person: Person, ref: str) -> None:
    """The tile of the authority shows what is left and when it is due; people are owed word without a date."""
    person.go(f"/cases/{ref}")
    person.sees(re.compile("7[12] ?h"), re.compile(r"due \w{3} \d+ \w{3} \d{4} \d\d:\d\d CES?T"), within=person.tile("AEPD"))
    person.sees("No date in law", within=person.tile("affected people"))


def score(person: Person) -> None:
    """Answer the questions about severity; what is left out is named."""
    person.tab("Assess")
    questions = person.page.get_by_role("form", name="Severity questions")
    person.press("Score it and freeze version 1", questions)
    person.is_told("Say who may have read the data.")
    for question, words in SCORES.items():
        person.answer(question, words)
    person.press("Score it and freeze version 1", questions)
    person.is_told("Scored: SE 4, very high.")
    expect(person.page.get_by_role("math")).to_have_accessible_name(re.compile("is severity 4$"))


def decide(person: Person, ref: str) -> None:
    """Decide that the authority and the people are told; a decision without a reason is refused, and keeps what was chosen."""
    person.go(f"/cases/{ref}")
    person.tab("Assess")
    for whom in ("authority", "people"):
        form = person.page.get_by_role("form", name=f"Tell the {whom}")
        form.get_by_text("Required", exact=True).click()
        person.press("Record this decision", form)
        person.is_told("Say why")
        expect(form.get_by_label("Required", exact=True)).to_be_checked()
        person.write("Reason", f"Strangers could read it: the {whom} must know.", form)
        person.press("Record this decision", form)
        person.is_told("The decision stands in the record.")
        person.sees(f"Strangers could read it: the {whom} must know.")


def write_down_the_facts(person: Person, ref: str) -> None:
    """Say on the case's own page what is known by now."""
    person.go(f"/cases/{ref}")
    person.follow("Edit", person.region("Facts"))
    person.write("In more words", "A debug export of conversations lay open to whoever had the link.")
    person.write("Happened", person.wall(hours=12))
    person.write("Contained", person.wall(hours=1))
    person.write("Cause", "A debug switch wrote conversations to open storage.")
    person.tick("AI prompts and answers")
    person.write("Where do the people live? (country codes)", "ES DE")
    for question, words in KINDS.items():
        person.answer(question, words)
    person.write("Likely consequences for the people", "Somebody may read what people asked the assistant.")
    person.write("Measures taken", "The link was closed and the keys were changed.")
    person.write("Measures planned", "Exports will expire by themselves.")
    person.press("Save the facts")
    person.sees("A debug export of conversations lay open to whoever had the link.")
