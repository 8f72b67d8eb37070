"""The words of a form in one language; values stay as they were typed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from incident_app.domain.numbers import THIN, grouped


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


    def number(self, value: int) -> str:
        """Return a whole number as the language groups it."""
        return grouped(value).replace(THIN, self.word("thousands"))

    def decimal(self, value: str) -> str:
        """Return a number with a point as the language writes it."""
        return value.replace(".", self.word("decimal"))

    def so_many(self, key: str, number: int) -> str:
        """Return ``1 text`` or ``3 texts``: the words ``key_one`` and ``key_many``."""
        return self.word(f"{key}_one") if number == 1 else self.word(f"{key}_many").format(number=self.number(number))


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
    "decimal": ".",
    "told_summary": "{accepted} of {total} people told{by}{in_}; {failed} not reached, {uncertain} not certain, {waiting} still to go.",
    "told_by": " by {channels}", "told_in": ", in {languages}", "told_and": " and ",
    "told_not_reached": "Not reached because: {why}.", "told_stopped": "Stopped before their turn",
    "told_lists": "They stand on {lists} lists; whoever stands on several is counted on each.",
    "told_unknown": "How many people are concerned is not known.",
    "told_others": "The people concerned are {people}; the others are on no list.", "text_one": "1 text",
    "text_many": "{number} texts", "language_one": "1 language", "language_many": "{number} languages",
    "told_texts": "{texts} in {languages}: {names}.", "text_head": "{notices}, text in “{language}”",
    "notice_one": "Notice {numbers}", "notice_many": "Notices {numbers}",
    "told_too_long": "Too long to stand here, to be attached: {heads}.",
    "told_placeholders": "Words in double brackets, such as ((name)), stand for what differs from person to person.",
    "told_otherwise": "Told {how}, reference {reference}.", "told_how_portal": "by portal", "told_how_email": "by email",
    "told_how_phone": "by telephone", "told_how_post": "by post", "told_how_notice": "by written notice, handed over",
    "told_how_public": "in public", "told_how_message": "by our message, which a provider took",
    "told_in_public": "In public and not one by one, because: {reason}.", "risk_scored": "ENISA severity {score}: {level}.",
    "level_low": "low", "level_medium": "medium", "level_high": "high", "level_very_high": "very high",
    "risk_simple": "Simple data", "risk_behavioural": "Behavioural data", "risk_financial": "Financial data",
    "risk_sensitive": "Sensitive data", "risk_credentials": "Credentials, which take the class of what they open: {data}",
    "risk_base": "{data}: base {number}", "risk_moved": "moved by {steps} ({why})", "risk_held": "held at {number}",
    "risk_highest": "The highest class counts: DPC {number}.", "risk_ei": "Ease of identification: {answer}, {number}.",
    "ei_negligible": "negligible", "ei_limited": "limited", "ei_significant": "significant", "ei_maximum": "maximum",
    "risk_confidentiality": "Confidentiality", "risk_integrity": "Integrity", "risk_availability": "Availability",
    "cb_confidentiality_0": "no sign that anybody read the data", "cb_confidentiality_25": "read by known recipients",
    "cb_confidentiality_50": "read by an unknown number of recipients",
    "cb_integrity_0": "not changed, or no wrong use found", "cb_integrity_25": "changed, can be put right",
    "cb_integrity_50": "changed, cannot be put right", "cb_availability_0": "at hand, or back without difficulty",
    "cb_availability_25": "out of reach for a time", "cb_availability_50": "lost for good",
    "risk_malicious": "Malicious intent: {answer}, {number}.",
    "step_simple_1": "enough, or from such a controller, to profile the person or guess their means",
    "step_simple_2": "lets somebody guess health, sexual preference, politics or religion",
    "step_simple_3": "people who are vulnerable, for whom the data are critical to safety or peace of mind",
    "step_behavioural_minus_1": "no real insight, or easily found in public sources",
    "step_behavioural_1": "enough, or from such a controller, for a detailed profile",
    "step_behavioural_2": "lets somebody make a profile from sensitive data",
    "step_financial_minus_2": "no insight into finances",
    "step_financial_minus_1": "some financial facts, no significant insight",
    "step_financial_1": "full enough for fraud or a detailed financial profile",
    "step_sensitive_minus_3": "no real insight, or public before", "step_sensitive_minus_2": "general assumptions only",
    "step_sensitive_minus_1": "assumptions about sensitive facts",
    "step_beyond": "beyond what the method gives for this class",
}))
