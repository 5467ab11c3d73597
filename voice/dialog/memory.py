"""An exact copy of what the policy knows at one moment, and going back to it.

Used when a caller's turn is taken back because the caller went on talking before anything of the answer was heard.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, fields
from typing import TypeVar

from voice.dialog.flow import FlowRun
from voice.dialog.interrupted import Hold
from voice.dialog.mood import MoodWatch
from voice.dialog.questions import Questions
from voice.dialog.talk import Talk

_State = TypeVar("_State", Talk, Questions, MoodWatch, Hold)

_KEPT = frozenset({"_next_id"})
"""What goes on counting when the policy goes back, so that late answers to the forgotten future find nobody."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What `DialogPolicy.remember` gives and `DialogPolicy.restore` takes; nobody else looks inside."""

    talk: Talk
    questions: Questions
    mood: MoodWatch
    hold: Hold


def _own(value: object) -> object:
    """Return `value` such that nobody else can change it: containers and a run of a flow anew, all else as it is."""
    if isinstance(value, list):
        return list(value)
    if isinstance(value, dict):
        return dict(value)
    if isinstance(value, FlowRun):
        run = copy.copy(value)
        run.values = dict(value.values)
        return run
    return value


def _fill(into: _State, source: _State) -> _State:
    for each in fields(into):
        value = getattr(source, each.name)
        if each.name not in _KEPT and not isinstance(value, Talk):
            setattr(into, each.name, _own(value))
    return into


def remember(talk: Talk, questions: Questions, mood: MoodWatch, hold: Hold) -> Memory:
    """Copy the state; settings, flows and sentences are frozen and shared, not copied."""
    return Memory(
        talk=_fill(copy.copy(talk), talk),
        questions=_fill(copy.copy(questions), questions),
        mood=_fill(copy.copy(mood), mood),
        hold=_fill(copy.copy(hold), hold),
    )


def restore(memory: Memory, talk: Talk, questions: Questions, mood: MoodWatch, hold: Hold, now_ms: int) -> None:
    """Set the state back to `memory`, in place; the memory stays good for more."""
    _fill(talk, memory.talk)
    _fill(questions, memory.questions)
    _fill(mood, memory.mood)
    _fill(hold, memory.hold)
    talk.now_ms = now_ms
