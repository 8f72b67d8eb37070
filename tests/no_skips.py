"""Skips are said once per reason; with ``NO_SKIPS=1`` a skipped test is a failed run: there everything must really run.

A pytest plugin: ``-p tests.no_skips``.
"""

import os
from collections import Counter

import pytest

_skipped: dict[str, str] = {}


def forbidden() -> bool:
    """Tell whether skips are forbidden in this run."""
    return os.environ.get("NO_SKIPS", "") not in {"", "0"}


def _remember(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        _skipped[report.nodeid] = reason.removeprefix("Skipped: ")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember each skipped test."""
    _remember(report)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Remember each module skipped as a whole."""
    _remember(report)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run where something was skipped."""
    if forbidden() and _skipped and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was skipped and why; name each test where that is why the run failed."""
    if not _skipped:
        return
    terminalreporter.section("skipped, which NO_SKIPS forbids" if forbidden() else "skipped", red=forbidden())
    for reason, count in Counter(_skipped.values()).most_common():
        terminalreporter.line(f"{count} tests: {reason}")
    for name in sorted(_skipped) if forbidden() else ():
        terminalreporter.line(f"  {name}")
