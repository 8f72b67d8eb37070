"""The checklists as files: Markdown with TOML front matter, one per kind of breach."""

from pathlib import Path

from incident_app.domain.remediation import Runbook, RunbookError, parse_runbook


def _paths(*folders: Path) -> list[Path]:
    """Return the file of each kind of breach; one in a later folder takes the place of one in an earlier."""
    return sorted({path.stem: path for folder in folders for path in sorted(folder.glob("*.md"))}.values(),
                  key=lambda path: path.stem)


def _read(path: Path) -> Runbook:
    try:
        return parse_runbook(path.stem, path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise RunbookError(f"{path.name}: it is not UTF-8 text.") from error


def load(*folders: Path) -> dict[str, Runbook]:
    """Return every runbook of ``folders`` by kind, those of a later one in the place of an earlier one's.

    Raises ``RunbookError`` that names the file and what to change.
    """
    books = {path.stem: _read(path) for path in _paths(*folders)}
    if "other" not in books:
        raise RunbookError("The runbooks need a file other.md for breaches of no listed kind.")
    return books


def faults(*folders: Path) -> list[str]:
    """Return what is wrong with the runbooks, a sentence for each file that cannot be read."""
    found = []
    for path in _paths(*folders):
        try:
            _read(path)
        except RunbookError as error:
            found.append(error.reason)
    return found
