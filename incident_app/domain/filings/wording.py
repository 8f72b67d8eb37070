"""The words of a form in one language; values stay as they were typed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


def _nothing() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Wording:
    """A language: section titles and labels by id, options by ``field.option``, the form's own words by key, and the names
    of places by their codes."""

    language: str
    words: Mapping[str, str]
    titles: Mapping[str, str] = field(default_factory=_nothing)
    labels: Mapping[str, str] = field(default_factory=_nothing)
    hints: Mapping[str, str] = field(default_factory=_nothing)
    options: Mapping[str, str] = field(default_factory=_nothing)
    places: Mapping[str, str] = field(default_factory=_nothing)

    def word(self, key: str) -> str:
        """Return one of the form's own words."""
        return self.words[key]


def term_in(wording: Wording, value: int | None, unit: str, anchor: str, *, told: bool) -> str:
    """Return what stands in the place of a date while a clock waits for what begins it: that, and the term in words."""
    term = wording.word(f"term_{unit}").format(value=value) if value is not None else ""
    said = " ".join(filter(None, [term, wording.words.get(f"since_{anchor}", "")])) if term else ""
    if told:
        return said or wording.word("no_date")
    return ": ".join(filter(None, [wording.word("not_started"), said]))


# What a filing says beside questions and answers. ``moment`` and ``thousands`` are how dates and numbers are written.
ENGLISH = Wording("en", MappingProxyType({
    "title": "Notification of a personal data breach to the supervisory authority",
    "phase_initial": "Initial", "phase_follow_up": "Follow-up", "phase_final": "Final", "phase_withdraw": "Withdrawal",
    "phase_primary": "Primary (within 24 hours)", "phase_additional": "Additional (within 72 hours)",
    "state_draft": "draft, not yet approved", "state_in_review": "in review, not yet approved",
    "state_approved": "approved", "state_submitted": "submitted",
    "to_be_determined": "to be determined", "not_answered": "not answered", "cannot_be_determined": "cannot be determined",
    "yes": "Yes", "no": "No", "about": "about {number}", "between": "{low} to {high}",
    "moment": "%a %d %b %Y %H:%M %Z", "thousands": "\u202f",
    "quoted": "“{text}”", "gap_waits": "is not yet known and must follow", "gap_open": "is not answered",
    "was": "was:", "complete": "complete", "incomplete": "incomplete: more will follow",
    "draft_note": "DRAFT – not approved; not to be sent.",
    "incomplete_note": "INCOMPLETE – what is still missing follows; it is listed below.",
    "draft_mark": "DRAFT", "drill_mark": "DRILL",
    "drill_note": "DRILL – this is an exercise, nothing happened.",
    "still_missing": "Still missing", "version": "version", "edpb_field": "EDPB field", "field": "Field", "printed": "Printed",
    "to": "To", "filing": "Filing", "state": "State", "what_happened": "What happened", "aware": "Aware", "due": "Due",
    "filed": "Filed", "people": "People", "records": "Records", "risk": "Risk", "no_date": "no date in law",
    "not_started": "not started", "term_hours": "{value} hours", "term_calendar_days": "{value} days",
    "term_business_days": "{value} working days", "term_months": "{value} month(s)",
    "since_initial_sent": "from the first notice being sent", "since_notification_sent": "from the notification being sent",
    "since_intermediate_sent": "from the intermediate report being sent",
    "since_consumer_notice_sent": "from the notice to people being sent",
    "since_determined": "from the moment it was determined that the breach must be reported",
    "since_classified_major": "from the moment the incident was classified as major",
    "since_payment_made": "from the moment a ransom was paid",
    "done": "done", "planned": "planned", "processor": "processor",
    "decided_authority": "Decided about telling the authority", "decided_people": "Decided about telling the people",
    "not_yet": "not yet", "on_time": "on time", "late": "late", "reference": "reference",
    "how_portal": "portal", "how_email": "email", "how_phone": "telephone", "how_post": "post",
    "content_hash": "SHA-256 of the content", "record_up_to": "record up to entry",
    "record_entry": "Record: entry", "when": "When it comes:",
    "attached": "The same filing for machines is attached to this file: filing.json",
}))
