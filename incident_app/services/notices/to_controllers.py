"""The first texts of a notice to controllers, in every language of their list: fresh, carrying on, or reminding."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from incident_app.domain import notices as rules
from incident_app.domain.notices import CONTROLLERS, Before, CaseFacts
from incident_app.models.notices import Notice
from incident_app.services.notices.wordings import controller_words, wording
from incident_app.services.public_words import public_words

Texts = dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Earlier:
    """The notice that a new one carries on or, where ``remind``, reminds of. ``sent_at`` is local to the case."""

    sent_at: datetime
    code: str
    texts: Mapping[str, Mapping[str, str]]
    remind: bool = False

    @classmethod
    def of(cls, notice: Notice, zone: str, *, remind: bool) -> "Earlier":
        """Return what a new notice says of this one, which has been launched."""
        assert notice.launched_at is not None  # noqa: S101 (whoever asks has looked)
        return cls(notice.launched_at.astimezone(ZoneInfo(zone)), rules.spoken(notice.code or ""), notice.texts, remind)


def texts_for_controllers(
    known: CaseFacts, languages: Sequence[str], kept: Texts, fallback: str, check: str, earlier: Earlier | None = None
) -> Texts:
    """Return a text for every language: what is ``kept``, otherwise a draft. A reminder says again what was approved."""
    return {language: kept.get(language) or _text(known, language, fallback, check, earlier) for language in languages}


def _text(known: CaseFacts, language: str, fallback: str, check: str, earlier: Earlier | None) -> dict[str, str]:
    words, spoken = controller_words(language), wording(language, CONTROLLERS)
    said = earlier.texts.get(language) if earlier is not None and earlier.remind else None
    if said is not None:
        subject, body = said["subject"], said["body"]
    else:
        subject, body = rules.compose_for_controllers(replace(known, own_language=language == fallback), spoken, words)
        body += f" {public_words(language)['letter']['check']}" if check else ""
    if earlier is not None:
        before = Before(rules.spoken_date(earlier.sent_at.date(), spoken), earlier.code)
        subject, body = rules.carried_on(subject, body, spoken, words, before, remind=earlier.remind)
    return {"subject": subject, "body": body}
