"""The generated types know every event and are what the repository holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from calls.events import EVENT_BODIES
from records.typescript import generate

GENERATED = Path(__file__).parents[2] / "web" / "src" / "events.gen.ts"


def test_when_types_are_generated_then_every_event_is_in_the_union() -> None:
    text = generate()
    for cls in EVENT_BODIES:
        assert f"export interface {cls.__name__} {{" in text
        assert f"  | {cls.__name__}" in text
    assert 'readonly type: "call_ended";' in text
    assert "readonly words: readonly Word[];" in text
    assert "readonly turn_id: string | null;" in text
    assert "/** Media clock of the call at which the fact holds; null before the answer and outside calls. */" in text


def test_when_events_change_then_the_committed_types_change_too() -> None:
    if not GENERATED.exists():
        pytest.skip("web/src/events.gen.ts is not there")
    assert GENERATED.read_text(encoding="utf-8") == generate(), (
        "run: python -m records.typescript > web/src/events.gen.ts"
    )
