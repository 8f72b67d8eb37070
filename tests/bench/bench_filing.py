"""A filing on paper, to WeasyPrint alone on the same HTML: ``python -m tests.bench.bench_filing`` (``--rounds N``).

ours         a worker makes it: claimed, opened, laid out from the template, printed in the child process with its limits,
             attachment and marks of PDF/UA, sealed and kept; on SQLite
alone        ``weasyprint.HTML(...).write_pdf(...)`` in this process, warm: the same HTML, style, fonts, variant, attachment
ratio        medians of rounds that alternate, of one run
"""

import argparse
import base64
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import fontpkg_noto_sans
import fontpkg_rubik
import weasyprint
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from weasyprint.text.fonts import FontConfiguration

import incident_app.models  # noqa: F401 (fills the metadata)
from incident_app.adapters.press import Press
from incident_app.adapters.vault import AesVault
from incident_app.adapters.weasyprint import WeasyPrinter
from incident_app.extensions import Base
from incident_app.models.engine import prepare
from incident_app.paths import data_dir
from incident_app.services import filings
from tests.bench.rig import VAULT_KEYS
from tests.bench.table import Figure, say, table
from tests.builders import an_organisation, the_forms
from tests.fakes import FakeClock
from tests.people import hire
from tests.services.filing_steps import SOON, a_draft

MOST = 1.2
ROUNDS = 7


class Heard(Press):
    """A press that remembers what it was given."""

    job: Mapping[str, Any]

    def print(self, job: Mapping[str, Any]) -> bytes:
        """Print it."""
        self.job = job
        return super().print(job)


def _alone(job: Mapping[str, Any]) -> bytes:
    """Print as plain WeasyPrint does."""
    known = FontConfiguration()
    faces = "".join(
        f"@font-face {{ font-family: '{package.FAMILY}'; font-style: {'italic' if 'Italic' in path.name else 'normal'};"
        f" src: url('{path.as_uri()}'); }}"
        for package in (fontpkg_noto_sans, fontpkg_rubik) for path in (Path(package.ROOT) / "files").glob("*.ttf"))
    files = [weasyprint.Attachment(string=base64.b64decode(one["content"]), name=one["name"]) for one in job["attachments"]]
    made: bytes = weasyprint.HTML(string=job["htmls"][0]).write_pdf(
        stylesheets=[weasyprint.CSS(string=faces + job["css"], font_config=known)], font_config=known,
        attachments=files, pdf_variant="pdf/a-3a", pdf_tags=True)
    return made


def _timed(run: Callable[[], object]) -> float:
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def bench(rounds: int) -> list[Figure]:
    """Measure both, one after the other, and return the figures."""
    vault, press = AesVault(VAULT_KEYS), Heard()
    printer = WeasyPrinter(data_dir("templates"), press)
    with tempfile.TemporaryDirectory(prefix="ia-bench-") as folder:
        engine = prepare(create_engine(f"sqlite:///{folder}/filing.sqlite"))
        Base.metadata.create_all(engine)
        with Session(engine, expire_on_commit=False) as session:
            an_organisation(session)
            people = hire(session)
            filing = a_draft(session, people)

            def ours() -> None:
                made = filings.make_paper(session, clock=FakeClock(SOON), vault=vault, pdf=printer, public_url="http://x")
                if made is None or made.state != "made":
                    raise SystemExit(made.reason if made is not None else "Nothing was printed.")

            taken: dict[str, list[float]] = {"ours": [], "alone": []}
            for number in range(rounds + 1):
                say(f"round {number}" if number else "warm up")
                filings.ask_paper(session, filing.id, by=people.responder, now=SOON, forms=the_forms(), vault=vault, anew=True)
                each = {"ours": _timed(ours), "alone": _timed(lambda: _alone(press.job))}
                for name in taken:
                    taken[name] += [each[name]] if number else []
        engine.dispose()
    middle = {name: statistics.median(times) for name, times in taken.items()}
    return [
        Figure("a filing, by a worker", middle["ours"], "s"), Figure("WeasyPrint alone", middle["alone"], "s"),
        Figure("ratio", middle["ours"] / middle["alone"], "×", most=MOST),
    ]


def main() -> None:
    """Measure, print the table, and end with 1 where the goal is missed."""
    reading = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reading.add_argument("--rounds", type=int, default=ROUNDS)
    figures = bench(reading.parse_args().rounds)
    sys.stdout.write(table("A filing on paper", figures))
    raise SystemExit(any(one.missed for one in figures))


if __name__ == "__main__":
    main()
