"""What tests of several rooms share."""

from __future__ import annotations

import os
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
