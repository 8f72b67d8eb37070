"""Where somebody may be sent after a step: a page of ours by its path, never an address elsewhere."""

import re
from urllib.parse import unquote

HOME = "/"
LONGEST = 2000
_PLAIN = re.compile(r"/(?![/\\])[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]*")


def own_path(given: str | None, home: str = HOME) -> str:
    r"""Return ``given`` where it is a path of ours, with its query; otherwise ``home``.

    Browsers read ``//host``, ``/\host``, tabs and line ends inside, and percent signs in their own ways: only what every
    browser reads alike is followed.
    """
    text = given or ""
    if len(text) > LONGEST or not _PLAIN.fullmatch(text):
        return home
    path = unquote(unquote(text.partition("?")[0]))
    if path.startswith(("//", "/\\")) or "\\" in path or any(ord(sign) < 32 for sign in path) or ".." in path.split("/"):
        return home
    return text
