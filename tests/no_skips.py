"""With ``NO_SKIPS=1`` a skipped test is a failed run: on the machine that decides, everything must really run.

A pytest plugin: ``-p tests.no_skips``.
"""

import os

import pytest

_skipped: list[str] = []


def forbidden() -> bool:
    """Tell whether skips are forbidden in this run."""
    return os.environ.get("NO_SKIPS", "") not in {"", "0"}


def _remember(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        _skipped.append(f"{report.nodeid}: {reason}")


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
    """Name what was skipped, and that this is why the run failed."""
    if forbidden() and _skipped:
        terminalreporter.section("skipped, which NO_SKIPS forbids", red=True)
        for line in sorted(set(_skipped)):
            terminalreporter.line(line)
