"""Draft, check, approve: a communication to people, bound by hash to its text, its list and its plan."""

from incident_app.services.notices.approving import (
    approval_of,
    approve,
    ask_approval,
    bound_hash,
    send_back,
    why_not,
)
from incident_app.services.notices.checking import check, check_of
from incident_app.services.notices.drafting import draft, edit, set_list, set_plan
from incident_app.services.notices.keeping import Saved, versions
from incident_app.services.notices.looking import (
    Preview,
    find,
    find_by_ref,
    get,
    languages_of,
    of_case,
    preview,
    read_by_all,
    sample,
    texts_of,
    told_otherwise,
    writer_languages,
)
from incident_app.services.notices.places import unsure_of
from incident_app.services.notices.promising import remind, set_again
from incident_app.services.notices.telling_before import told_before
from incident_app.services.notices.trying import send_test
from incident_app.services.notices.waiving import waive, withdraw_waiver
from incident_app.services.notices.ways import Reach, case_is_sensitive, channels_of, reach
from incident_app.services.notices.wordings import controller_words, languages, receipt_words, wording

__all__ = [
    "Preview",
    "Reach",
    "Saved",
    "approval_of",
    "approve",
    "ask_approval",
    "bound_hash",
    "case_is_sensitive",
    "channels_of",
    "check",
    "check_of",
    "controller_words",
    "draft",
    "edit",
    "find",
    "find_by_ref",
    "get",
    "languages",
    "languages_of",
    "of_case",
    "preview",
    "reach",
    "read_by_all",
    "receipt_words",
    "remind",
    "sample",
    "send_back",
    "send_test",
    "set_again",
    "set_list",
    "set_plan",
    "texts_of",
    "told_before",
    "told_otherwise",
    "unsure_of",
    "versions",
    "waive",
    "why_not",
    "withdraw_waiver",
    "wording",
    "writer_languages",
]
