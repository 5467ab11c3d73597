"""What numba compiles is kept on disk by one process at a time."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import subprocess
import sys
import time

from tests.waiting import HANGS_S

ASKS = "from voice.prosody.features import _compiled_librosa; _compiled_librosa()"


def test_when_another_process_compiles_then_the_next_one_waits_for_it() -> None:
    spec = importlib.util.find_spec("librosa")
    assert spec is not None
    assert spec.submodule_search_locations
    handle = os.open(spec.submodule_search_locations[0], os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    began = time.monotonic()
    with subprocess.Popen([sys.executable, "-c", ASKS]) as waiting:
        while time.monotonic() - began < 4.0:
            assert waiting.poll() is None
            time.sleep(0.1)
        os.close(handle)
        assert waiting.wait(HANGS_S) == 0
