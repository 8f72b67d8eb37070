"""The checklists as files: Markdown with TOML front matter, one per kind of breach."""

from pathlib import Path

from incident_app.domain.remediation import Runbook, RunbookError, parse_runbook


def load(folder: Path) -> dict[str, Runbook]:
    """Return every runbook of ``folder`` by kind. Raises ``RunbookError`` that names the file and what to change."""
    books = {}
    for path in sorted(folder.glob("*.md")):
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise RunbookError(f"{path.name}: it is not UTF-8 text.") from error
        books[path.stem] = parse_runbook(path.stem, text)
    if "other" not in books:
        raise RunbookError("The runbooks need a file other.md for breaches of no listed kind.")
    return books
