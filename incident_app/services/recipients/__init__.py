"""Upload lists of affected people: all or nothing, contacts sealed under the key of the case."""

from incident_app.services.recipients.importing import delete_list, import_list, import_rows
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

__all__ = [
    "Masked",
    "delete_list",
    "find_list",
    "find_person",
    "import_list",
    "import_rows",
    "lists_of",
    "masked_page",
    "open_contact",
    "opened",
    "payload",
    "unsealed",
]
