"""The bench of the call log."""

from __future__ import annotations

import json

import pytest

from bench.__main__ import main

pytestmark = pytest.mark.realtime


def test_when_calls_write_at_once_then_the_waits_of_all_their_facts_are_measured(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["log", "--n", "5", "--seconds", "1"]) == 0
    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert figures["calls"] == 5
    assert figures["n"] >= 5 * 2 + 5
    for name in ("spread", "together"):
        assert 0 < figures[f"{name}_p50_ms"] <= figures[f"{name}_p95_ms"] <= figures[f"{name}_p99_ms"]
