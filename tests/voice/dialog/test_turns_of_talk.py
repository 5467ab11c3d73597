"""What a turn brings, whole: off-switches before people, callbacks, going back, the dial plan's own beginnings."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from calls.ids import Language


def load_scripted() -> ModuleType:
    name = "dialog_scripted"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).parent / "scripted.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


scripted = load_scripted()


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "halt the recording, would you"),
        ("en", "you do not have my permission to tape this"),
        ("es", "apáguenme la grabadora"),
        ("es", "detenga la grabación"),
    ],
)
def test_when_recording_is_to_stop_then_it_stops_and_nobody_is_looked_for(language: Language, said: str) -> None:
    call = scripted.ScriptedCall(language, agents=1)
    call.begin()
    brought = call.line(f"> {said}")
    assert brought[:2] == ["consent recording no words", "say consent.recording_off"]
    assert not any(code.startswith(("escalate", "look up")) for code in brought)


@pytest.mark.parametrize("said", ["don't record this and get me an agent", "no me grabe y páseme con una persona"])
def test_when_recording_is_to_stop_and_a_person_is_wanted_then_both_are_done(said: str) -> None:
    call = scripted.ScriptedCall("en", agents=1)
    call.begin()
    brought = call.line(f"> {said}")
    assert "consent recording no words" in brought
    assert brought[-2:] == ["escalate caller_asked", "say escalate:caller_asked"]


@pytest.mark.parametrize(("language", "said"), [("es", "quiero darme de baja"), ("en", "please check my meter")])
def test_when_a_person_is_offered_and_a_new_matter_comes_up_then_it_is_looked_up(language: Language, said: str) -> None:
    call = scripted.ScriptedCall(language, agents=1)
    call.begin()
    call.line("> who won the match last night")
    call.line("found x 0.1")
    assert call.policy.state == "talking:offer_human"
    assert call.line(f"> {said}") == [f"look up {said}"]
