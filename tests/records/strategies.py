"""Hypothesis strategies for whole streams of facts, made from the dataclasses' own types."""

from __future__ import annotations

import dataclasses
import types
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NewType, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from calls.events import EVENT_BODIES, SCHEMA_VERSION, Event

_START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
_TEXT = st.text(alphabet="abcñé 0123456789*", max_size=12)
_MS = st.integers(min_value=0, max_value=600_000)


def _value(hint: Any, name: str) -> st.SearchStrategy[Any]:
    if isinstance(hint, NewType):
        hint = hint.__supertype__
    origin = get_origin(hint)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return dataclass_of(hint)
    if origin is tuple:
        return st.lists(_value(get_args(hint)[0], name), max_size=3).map(tuple)
    if origin in (Union, types.UnionType):
        inner = next(arg for arg in get_args(hint) if arg is not type(None))
        return st.none() | _value(inner, name)
    if origin is Literal:
        return st.sampled_from(get_args(hint))
    if hint is bool:
        return st.booleans()
    if hint is int:
        return _MS
    if hint is float:
        return st.floats(min_value=0.0, max_value=1.0, width=32)
    assert hint is str, (name, hint)
    return st.sampled_from(["leg-1", "leg-2", "turn-1", "u-1"]) if name.endswith("_id") else _TEXT


def dataclass_of(cls: type[Any]) -> st.SearchStrategy[Any]:
    """Any value of a dataclass."""
    hints = get_type_hints(cls)
    fields = {f.name: _value(hints[f.name], f.name) for f in dataclasses.fields(cls) if f.name != "type"}
    return st.builds(cls, **fields)


bodies = st.one_of([dataclass_of(cls) for cls in EVENT_BODIES])


@st.composite
def streams(draw: st.DrawFn, max_size: int = 25) -> list[Event]:
    """A stream of a call: dense numbers, times that never go back."""
    chosen = draw(st.lists(bodies, max_size=max_size))
    t_ms, at = 0, _START
    events = []
    for seq, body in enumerate(chosen, start=1):
        step_ms = draw(st.integers(min_value=0, max_value=4000))
        t_ms, at = t_ms + step_ms, at + timedelta(milliseconds=step_ms)
        events.append(
            Event(
                stream_kind="call",
                stream_id="call-1",
                seq=seq,
                at_utc=at,
                t_ms=draw(st.sampled_from([t_ms, t_ms, t_ms, None])),
                source="call",
                schema_version=SCHEMA_VERSION,
                body=body,
            )
        )
    return events
