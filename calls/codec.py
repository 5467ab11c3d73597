"""Events as JSON and back, from the dataclasses' own types; nothing is guessed, unknown fields are an error."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable
from datetime import datetime
from functools import cache, partial
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


def _unreadable(why: str) -> CallCentreError:
    return CallCentreError("event.unreadable", f"An event could not be read: {why}.", fault="us")


def _dataclass_from(cls: Any, data: dict[str, Any]) -> Any:
    readers = _readers(cls)
    try:
        if unknown := sorted(data.keys() - readers.keys()):
            raise _unreadable(f"{cls.__name__} has no field {unknown[0]!r}")
        return cls(**{name: readers[name](item) for name, item in data.items()})
    except (AttributeError, TypeError) as error:
        raise _unreadable(f"{cls.__name__}: {error}") from error


@cache
def _readers(cls: type[Any]) -> dict[str, Callable[[Any], Any]]:
    """Return what reads each field of a dataclass; its types are looked at once."""
    return {name: _reader(hint) for name, hint in get_type_hints(cls).items()}


@cache
def _reader(hint: Any) -> Callable[[Any], Any]:
    """Return what makes a value of a type from JSON."""
    if isinstance(hint, NewType):
        return _reader(hint.__supertype__)
    origin = get_origin(hint)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return partial(_dataclass_from, hint)
    if origin is tuple:
        inner = _reader(get_args(hint)[0])
        return lambda item: tuple(map(inner, item))
    if origin in (Union, types.UnionType):
        present = _reader(next(arg for arg in get_args(hint) if arg is not type(None)))
        return lambda item: None if item is None else present(item)
    if origin is Literal:
        return partial(_one_of, get_args(hint))
    return _float if hint is float else partial(_instance_of, hint)


def _one_of(known: tuple[Any, ...], item: Any) -> Any:
    if item not in known:
        raise _unreadable(f"{item!r} is not one of {known}")
    return item


def _float(item: Any) -> float:
    return float(item) if isinstance(item, int) and not isinstance(item, bool) else _instance_of(float, item)


def _instance_of(cls: type[Any], item: Any) -> Any:
    if not isinstance(item, cls):
        raise _unreadable(f"{item!r} is not a {cls.__name__}")
    return item
