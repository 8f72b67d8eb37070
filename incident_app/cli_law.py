"""``incident-app law …``: the rules as filters, JSON lines in and JSON lines out. Needs neither a database nor the web."""

import json
import sys
from collections.abc import Callable

import click

from incident_app.domain.refusals import Refused
from incident_app.domain.regimes import Law
from incident_app.domain.risk import QUESTIONS, RESTORED
from incident_app.services.asking import Line, answered, deadlines_of, outcome_of, severity_of


def _no_constant(name: str) -> object:
    raise ValueError(name)


def answer(raw: bytes, work: Callable[[Line], dict[str, object]]) -> tuple[dict[str, object], bool]:
    """Answer one line: what ``work`` says with the line's id, and whether the line was good."""
    number: object = None
    try:
        line = json.loads(raw.decode(), parse_constant=_no_constant)
        named = line.get("id") if isinstance(line, dict) else None
        number = None if isinstance(named, (float, list, dict)) else named
        return answered(line, work), True
    except Refused as refused:
        problems = " ".join(f"{name}: {words}" for name, words in refused.problems.items())
        return {"id": number, "error": f"{refused.reason} {problems}".strip()}, False
    except (ValueError, RecursionError):
        return {"id": number, "error": "The line is not JSON in UTF-8."}, False


def _run(work: Callable[[Line], dict[str, object]]) -> None:
    good = True
    for raw in sys.stdin.buffer:
        if raw.strip():
            said, fine = answer(raw, work)
            good = good and fine
            click.echo(json.dumps(said))
    if not good:
        click.get_current_context().exit(1)


def _law() -> Law:
    from incident_app.adapters.law_files import LawFiles  # late: `law severity` needs no law

    return LawFiles().load()


@click.group()
def law() -> None:
    """Ask the law: JSON lines on stdin, JSON lines on stdout; a bad line answers with an error and the exit status 1."""


@law.command()
def deadlines() -> None:
    """Who must be told by when, under one regime."""
    from incident_app.adapters.holidays import HolidayCalendar  # late, as above

    rules, calendar = _law(), HolidayCalendar()
    _run(lambda line: deadlines_of(line, rules, calendar))


@law.command()
def severity() -> None:
    """ENISA severity with a line of reasoning per step."""
    _run(severity_of)


def _deciding_facts() -> str:
    values = {"effect_on_people": "none, minor or serious", RESTORED.name: "hours"}
    lines = [f"{one.name} ({values.get(one.name, 'true or false')}): {one.words}" for one in (*QUESTIONS, RESTORED)]
    return "\n".join(("\b", "The facts that decide; left out or null is not known, and counts as the worse case:", *lines))


@law.command(epilog=_deciding_facts())
def assess() -> None:
    """The proposed outcome: record, notify the authority, tell the people.

    Besides the facts below a line may hold people (an object with certainty, low, high), people_data (yes, no, unsure),
    data_categories, and severity: the answers of `law severity`.
    """
    rules = _law()
    _run(lambda line: outcome_of(line, rules))
