"""What tests of several rooms share. What a fixture needs is imported in it: this file is read for every test."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import hypothesis
import pytest

from tests import lanes

if TYPE_CHECKING:
    from tests.phone_desk import Desk
    from tests.postgres_server import PostgresServer
    from tests.service_process import ServiceProcess
    from voice.asr.whisper import WhisperEngine

NEEDED = ("whisper-base", "silero-vad", "smart-turn", "e5")


@pytest.fixture(scope="session")
def running_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """Start the real service once for all tests that look at it from outside, in 15 s; they are one unit."""
    from calls.errors import CallCentreError
    from service.models_store import ModelStore
    from tests.service_process import ServiceProcess

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


@pytest.fixture(scope="session")
def staffed_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A service with three accounts, for all tests in which phones of another stack talk to people; they are one unit.

    Who holds us is waited for 10 s. Each test leaves nobody at work.
    """
    from tests.acceptance.staff_accounts import hire
    from tests.phone_desk import started

    folder = tmp_path_factory.mktemp("desk")
    made = started(folder, TELEPHONY__HOLD_AT_MOST_S="10")
    hire(folder / "warmline.toml", ana="agent", luis="agent", sue="supervisor")
    yield made
    made.service.stop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer | None]:
    """A PostgreSQL server for all tests of a worker, in 3 s, each with a database of its own; None if not installed."""
    from tests.postgres_server import postgres_server

    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def whisper() -> WhisperEngine:
    """Load Whisper base once for all tests of this worker, in 1 s; who scripts its decoder does so by `monkeypatch`."""
    from tests.fakes.real_engines import model
    from voice.asr.whisper import create

    engine = create({"model_dir": str(model("whisper-base", "model.bin").parent), "threads": 1})
    engine.warm_up()
    return engine


LEFT_OUT = "left out"

# How long an example takes says who else is at work on this machine; what a property holds is not told by it.
hypothesis.settings.register_profile(
    "house", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow], print_blob=True
)
hypothesis.settings.load_profile("house")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Note what was left out; in CI a left-out peer test is a failure, elsewhere it is named at the end.

    A peer test that only lacks the recorded speech, which is not ours to give away, counts among the recorded ones.
    """
    report: pytest.TestReport = yield  # type: ignore[assignment]
    skipped = report.skipped and not hasattr(report, "wasxfail")
    if item.get_closest_marker("recorded") and (skipped or (report.when == "call" and not skipped)):
        report.user_properties.append(("recorded", LEFT_OUT if skipped else "ran"))
    if skipped and item.get_closest_marker("peer") and "recorded speech" not in str(report.longrepr):
        report.user_properties.append(("peer", LEFT_OUT))
        if os.environ.get("CI") == "true":
            report.outcome = "failed"
            report.longrepr = f"{item.nodeid} needs a peer that is missing, which CI does not allow: {report.longrepr}"
    return report  # type: ignore[return-value]


class _Tally:
    """Counts in the process that prints; with workers, it sees the reports of all of them."""

    def __init__(self) -> None:
        self.recorded: Counter[str] = Counter()
        self.peers: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, value in report.user_properties:
            if name == "recorded":
                self.recorded[str(value)] += 1
            elif name == "peer":
                self.peers.append(report.nodeid)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what was left out."""
        ran, left_out = self.recorded["ran"], self.recorded[LEFT_OUT]
        terminalreporter.write_line(f"recorded speech: {ran} tests ran, {left_out} were left out")
        for name in self.peers:
            terminalreporter.write_line(f"left out, a peer is missing: {name}")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the second look at what failed beside others."""
    more = "with --last-failed: ask again only if each of them waits for a clock or a peer, and they are few"
    parser.addoption("--alone", action="store_true", help=more)


def pytest_configure(config: pytest.Config) -> None:
    """Count once, whatever the number of workers, and keep them to their lanes."""
    if lanes.is_worker(config):
        config.pluginmanager.register(lanes.Worker(config.workerinput))  # type: ignore[attr-defined]
    else:
        config.pluginmanager.register(_Tally())
        config.pluginmanager.register(lanes.Controller())
