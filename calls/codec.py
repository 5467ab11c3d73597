"""Events as JSON and back, from the dataclasses' own types; nothing is guessed, unknown fields are an error."""

from __future__ import annotations

import dataclasses
import types
from datetime import datetime
from typing import Any, Literal, NewType, Union, get_args, get_origin, get_type_hints

from calls.errors import CallCentreError
from calls.events import EVENT_BODIES, Event, EventBody

_BODY_BY_TYPE: dict[str, type[Any]] = {str(cls.__dataclass_fields__["type"].default): cls for cls in EVENT_BODIES}


def to_json(value: object) -> Any:
    """Return `value` (a dataclass or a plain value) as JSON-ready data; tuples become lists, times ISO 8601."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple | list):
        return [to_json(item) for item in value]
    if isinstance(value, dict):
        return {key: to_json(item) for key, item in value.items()}
    if isinstance(value, datetime):
        return value.isoformat()
    return value


def body_from_json(data: dict[str, Any]) -> EventBody:
    """Rebuild an event body.

    Raises:
        CallCentreError: `event.unreadable` when the type or a field is unknown, missing or of another type.
    """
    kind = data.get("type")
    cls = _BODY_BY_TYPE.get(kind) if isinstance(kind, str) else None
    if cls is None:
        raise _unreadable(f"the type {kind!r} is not known to this version")
    body: EventBody = _dataclass_from(cls, data)
    return body


def event_from_json(data: dict[str, Any]) -> Event:
    """Rebuild a whole event from `to_json(event)`."""
    plain = {**data, "body": body_from_json(data["body"]), "at_utc": datetime.fromisoformat(data["at_utc"])}
    return Event(**plain)


def from_json(cls: type[Any], data: dict[str, Any]) -> Any:
    """Rebuild a frozen dataclass of this project from `to_json(value)`: views, snapshots.

    Raises:
        CallCentreError: `event.unreadable` as for events.
    """
    return _dataclass_from(cls, data)


_HINTS: dict[type[Any], dict[str, Any]] = {cls: get_type_hints(cls) for cls in EVENT_BODIES}


def _hints(cls: type[Any]) -> dict[str, Any]:
    known = _HINTS.get(cls)
    if known is None:
        known = _HINTS[cls] = get_type_hints(cls)
    return known


def _unreadable(why: str) -> CallCentreError:
    return CallCentreError("event.unreadable", f"An event could not be read: {why}.", fault="us")


def _dataclass_from(cls: type[Any], data: dict[str, Any]) -> Any:
    hints = _hints(cls)
    unknown = sorted(set(data) - set(hints))
    if unknown:
        raise _unreadable(f"{cls.__name__} has no field {unknown[0]!r}")
    try:
        return cls(**{name: _value_from(hints[name], item) for name, item in data.items()})
    except TypeError as error:
        raise _unreadable(f"{cls.__name__}: {error}") from error


def _value_from(hint: Any, item: Any) -> Any:
    if isinstance(hint, NewType):
        hint = hint.__supertype__
    origin = get_origin(hint)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _dataclass_from(hint, item)
    if origin is tuple:
        inner = get_args(hint)[0]
        return tuple(_value_from(inner, part) for part in item)
    if origin in (Union, types.UnionType):
        if item is None:
            return None
        return _value_from(next(arg for arg in get_args(hint) if arg is not type(None)), item)
    if origin is Literal:
        if item not in get_args(hint):
            raise _unreadable(f"{item!r} is not one of {get_args(hint)}")
        return item
    if hint is float and isinstance(item, int) and not isinstance(item, bool):
        return float(item)
    if not isinstance(item, hint):
        raise _unreadable(f"{item!r} is not a {hint.__name__}")
    return item
