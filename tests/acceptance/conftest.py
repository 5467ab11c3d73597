"""One start of the real service for all acceptance tests; the calls are placed in the background."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.acceptance.running import RunningService
from tests.acceptance.scenarios import LeftOutError, Played
from tests.acceptance.stage import Stage

Get = Callable[[str], Played]


def _wanted(session: pytest.Session) -> set[str]:
    """Return the scenarios that the collected tests will ask for."""
    names: set[str] = set()
    for item in session.items:
        if isinstance(item, pytest.Function) and hasattr(item, "callspec"):
            looked_at = item.callspec.params.get("played", ())
            names.update(looked_at if isinstance(looked_at, tuple) else ())
    return names


@pytest.fixture(scope="session")
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Start the service and place the calls that this session's tests look at."""
    made = Stage(tmp_path_factory.mktemp("acceptance"), _wanted(request.session))
    yield made
    made.close()


@pytest.fixture
def played(request: pytest.FixtureRequest, stage: Stage) -> tuple[Played, ...]:
    """Return the calls named by `@looks_at(...)`; skips when one could not be placed here."""
    try:
        return tuple(stage.result(name) for name in request.param)
    except LeftOutError as reason:
        pytest.skip(str(reason))


@pytest.fixture
def service(stage: Stage) -> RunningService:
    """The main service, while calls are going on."""
    return stage.houses().main


@pytest.fixture
def after_all_calls(stage: Stage) -> RunningService:
    """The main service when every call is over."""
    return stage.all_over().main
