"""What a communication to people must say (GDPR Art 34(2)); what is missing; lint; when it may be approved."""

from incident_app.domain.notices.advising import (
    consequences_of,
    data_words,
    longest_advice,
    steps_for,
    steps_of,
)
from incident_app.domain.notices.approval import (
    BINDING,
    EDITABLE,
    KNOWN_CHANNELS,
    LAUNCHED,
    WORDS,
    ChannelPlan,
    Envelope,
    NoticeState,
    check_moves,
    content_hash,
    why_not_approve,
)
from incident_app.domain.notices.channels import channels_for, sensitive
from incident_app.domain.notices.comparing import Difference, differences
from incident_app.domain.notices.drafting import CaseFacts, compose, spoken_date, spoken_moment
from incident_app.domain.notices.languages import language_for
from incident_app.domain.notices.lint import Check, PartCheck, check_text, differing_facts
from incident_app.domain.notices.rendering import (
    FIELDS,
    Facts,
    Reader,
    Rendered,
    Text,
    longest_values,
    merge,
    render,
    unknown_fields,
)
from incident_app.domain.notices.scripts import direction, isolated
from incident_app.domain.notices.wording import PARTS, Block, Formats, Library, Part, Wording, sections

__all__ = [
    "BINDING",
    "EDITABLE",
    "FIELDS",
    "KNOWN_CHANNELS",
    "LAUNCHED",
    "PARTS",
    "WORDS",
    "Block",
    "CaseFacts",
    "ChannelPlan",
    "Check",
    "Difference",
    "Envelope",
    "Facts",
    "Formats",
    "Library",
    "NoticeState",
    "Part",
    "PartCheck",
    "Reader",
    "Rendered",
    "Text",
    "Wording",
    "channels_for",
    "check_moves",
    "check_text",
    "compose",
    "consequences_of",
    "content_hash",
    "data_words",
    "differences",
    "differing_facts",
    "direction",
    "isolated",
    "language_for",
    "longest_advice",
    "longest_values",
    "merge",
    "render",
    "sections",
    "sensitive",
    "spoken_date",
    "spoken_moment",
    "steps_for",
    "steps_of",
    "unknown_fields",
    "why_not_approve",
]
