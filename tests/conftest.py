"""What tests of several rooms share."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator

import pytest

from calls.errors import CallCentreError
from service.models_store import ModelStore
from tests.service_process import ServiceProcess

NEEDED = ("whisper-base", "silero-vad", "smart-turn", "e5")


@pytest.fixture(scope="session")
def running_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """Start the real service once for all tests that look at it from outside."""
    try:
        for name in NEEDED:
            ModelStore().path(name)
    except CallCentreError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"the service cannot run here: {error.message}")
    service = ServiceProcess(tmp_path_factory.mktemp("service"))
    service.start()
    yield service
    service.stop()


_RECORDED: Counter[str] = Counter()
_PEERS_LEFT_OUT: list[str] = []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Count recorded-speech tests; in CI a left-out peer test is a failure, elsewhere it is named at the end.

    A peer test that only lacks the recorded speech, which is not ours to give away, counts among the recorded ones.
    """
    report: pytest.TestReport = yield  # type: ignore[assignment]
    skipped = report.skipped and not hasattr(report, "wasxfail")
    if item.get_closest_marker("recorded") and (skipped or (report.when == "call" and not skipped)):
        _RECORDED["left out" if skipped else "ran"] += 1
    if skipped and item.get_closest_marker("peer") and "recorded speech" not in str(report.longrepr):
        _PEERS_LEFT_OUT.append(item.nodeid)
        if os.environ.get("CI") == "true":
            report.outcome = "failed"
            report.longrepr = f"{item.nodeid} needs a peer that is missing, which CI does not allow: {report.longrepr}"
    return report  # type: ignore[return-value]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was left out."""
    terminalreporter.write_line(f"recorded speech: {_RECORDED['ran']} tests ran, {_RECORDED['left out']} were left out")
    for name in _PEERS_LEFT_OUT:
        terminalreporter.write_line(f"left out, a peer is missing: {name}")
