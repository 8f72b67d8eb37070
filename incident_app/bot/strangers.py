"""What who is no colleague gets, whatever they say (T-75): the same words, in the language of their Telegram.

No answer says whether anybody is in a list: nothing is looked up but who we are.
"""

from sqlalchemy.orm import Session

from incident_app.services import trust
from incident_app.services.public_words import public_language, public_words

PRIVACY = "/privacy"


def is_privacy(text: str) -> bool:
    """Tell whether somebody asks what the bot keeps; in a group of bots the command carries its name."""
    return text.strip().partition(" ")[0].partition("@")[0].lower() == PRIVACY


def neutral(session: Session, language: str, text: str) -> str:
    """Return the answer to whatever was said: whom to ask, or what the bot keeps where that is asked."""
    words = public_words(public_language(language))["bot"]
    first, last = (words["privacy"], "") if is_privacy(text) else (words["answer"], words["staff"])
    dpo = trust.house(session).dpo
    return "\n\n".join(part for part in (first, words["ask"].format(contact=dpo) if dpo else "", last) if part)
