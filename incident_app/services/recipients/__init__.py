"""Upload lists of affected people: all or nothing, contacts sealed under the key of the case."""

from incident_app.services.recipients.asking import Found, Told, ask
from incident_app.services.recipients.crowding import accept_crowd
from incident_app.services.recipients.erasing import due_at, erase, erase_due
from incident_app.services.recipients.importing import delete_list, import_list, import_rows, read_now
from incident_app.services.recipients.looking import (
    Masked,
    find_list,
    find_person,
    lists_of,
    masked_page,
    open_contact,
    opened,
    payload,
    unsealed,
)
from incident_app.services.recipients.mapping import Look, choose_columns, choose_encoding, look, note_problem
from incident_app.services.recipients.pages import close_pages, open_pages, put_page
from incident_app.services.recipients.parts import digest_of, seal_parts, sealed_parts
from incident_app.services.recipients.preflight import (
    Preflight,
    ask_check,
    check_claimed,
    dropped_numbers,
    preflight_of,
    request_check,
    suppressed_numbers,
)
from incident_app.services.recipients.reading import read_claimed
from incident_app.services.recipients.uploading import (
    LARGEST_FILE,
    clear_away,
    discard,
    find_upload,
    pieces_of,
    receive,
    uploads_of,
)

__all__ = [
    "LARGEST_FILE",
    "Found",
    "Look",
    "Masked",
    "Preflight",
    "Told",
    "accept_crowd",
    "ask",
    "ask_check",
    "check_claimed",
    "choose_columns",
    "choose_encoding",
    "clear_away",
    "close_pages",
    "delete_list",
    "digest_of",
    "discard",
    "dropped_numbers",
    "due_at",
    "erase",
    "erase_due",
    "find_list",
    "find_person",
    "find_upload",
    "import_list",
    "import_rows",
    "lists_of",
    "look",
    "masked_page",
    "note_problem",
    "open_contact",
    "open_pages",
    "opened",
    "payload",
    "pieces_of",
    "preflight_of",
    "put_page",
    "read_claimed",
    "read_now",
    "receive",
    "request_check",
    "seal_parts",
    "sealed_parts",
    "suppressed_numbers",
    "unsealed",
    "uploads_of",
]
