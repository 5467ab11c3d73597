"""TypeScript types of everything that the pages receive: `python -m records.typescript > web/src/events.gen.ts`."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import sys
import textwrap
import types
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal, NewType, Union, get_args, get_origin, get_type_hints

from calls.events import EVENT_BODIES, PERSONAL_FIELDS, SCHEMA_VERSION, Event, EventBody
from calls.speech import Hypothesis
from records.folds import CallMetrics, LiveCall, Timeline, Transcript
from records.folds.timeline import DETAIL_FIELDS
from records.redaction import MASK

ROOTS: tuple[type[Any], ...] = (Event, LiveCall, Timeline, Transcript, CallMetrics, Hypothesis)
"""What is sent; whatever their fields use follows."""


def generate() -> str:
    """Return the whole file."""
    classes: dict[str, type[Any]] = {}
    for root in (*EVENT_BODIES, *ROOTS):
        _collect(root, classes)
    names = " | ".join(cls.__name__ for cls in EVENT_BODIES)
    personal = ", ".join(f"{kind}: [{_strings(fields)}]" for kind, fields in PERSONAL_FIELDS.items())
    details = ",\n".join(f"  {kind}: [{_strings(fields)}]" for kind, fields in DETAIL_FIELDS.items())
    parts = [
        "// Made by `python -m records.typescript`; do not edit.",
        f"export const SCHEMA_VERSION = {SCHEMA_VERSION};",
        f'/** Stands in place of every word of a secret. */\nexport const MASK = "{MASK}";',
        f"/** Fields that were encrypted with the caller's key. */\nexport const PERSONAL_FIELDS: Record<string, "
        f"readonly string[]> = {{ {personal} }};",
        "/** Fields of a body that make the `detail` of its timeline line, joined by blanks; null reads as `-`. */\n"
        f"export const DETAIL_FIELDS: Record<string, readonly string[]> = {{\n{details},\n}};",
        *(_interface(cls) for cls in classes.values()),
        f"export type EventBody =\n  | {names.replace(' | ', chr(10) + '  | ')};",
    ]
    return "\n\n".join(parts) + "\n"


def _collect(cls: type[Any], classes: dict[str, type[Any]]) -> None:
    if cls.__name__ in classes:
        return
    for hint in get_type_hints(cls).values():
        for inner in _dataclasses_in(hint):
            _collect(inner, classes)
    classes[cls.__name__] = cls


def _dataclasses_in(hint: Any) -> Iterator[type[Any]]:
    if hint == EventBody:
        return
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        yield hint
    for inner in get_args(hint):
        yield from _dataclasses_in(inner)


def _interface(cls: type[Any]) -> str:
    hints, notes = get_type_hints(cls), _field_notes(cls)
    lines = [f"/** {_first_line(cls)} */", f"export interface {cls.__name__} {{"]
    for field in dataclasses.fields(cls):
        if field.name in notes:
            lines.append(f"  /** {notes[field.name]} */")
        lines.append(f"  readonly {field.name}: {_type(hints[field.name])};")
    return "\n".join([*lines, "}"])


def _first_line(cls: type[Any]) -> str:
    return (inspect.getdoc(cls) or "").splitlines()[0]


def _field_notes(cls: type[Any]) -> dict[str, str]:
    """Return the text under each field in the source."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
    assert isinstance(tree, ast.ClassDef)
    notes: dict[str, str] = {}
    for item, after in zip(tree.body, tree.body[1:], strict=False):
        if (
            isinstance(item, ast.AnnAssign)
            and isinstance(item.target, ast.Name)
            and isinstance(after, ast.Expr)
            and isinstance(after.value, ast.Constant)
        ):
            notes[item.target.id] = " ".join(str(after.value.value).split())
    return notes


def _type(hint: Any) -> str:
    if hint == EventBody:
        return "EventBody"
    if isinstance(hint, NewType):
        hint = hint.__supertype__
    origin = get_origin(hint)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return hint.__name__
    if origin is tuple:
        inner = _type(get_args(hint)[0])
        return f"readonly ({inner})[]" if " " in inner else f"readonly {inner}[]"
    if origin is Literal:
        return " | ".join(f'"{value}"' for value in get_args(hint))
    if origin in (Union, types.UnionType):
        return " | ".join(dict.fromkeys(_type(arg) for arg in get_args(hint)))
    plain = {str: "string", datetime: "string", int: "number", float: "number", bool: "boolean", type(None): "null"}
    return plain[hint]


def _strings(values: tuple[str, ...]) -> str:
    return ", ".join(f'"{value}"' for value in values)


if __name__ == "__main__":
    sys.stdout.write(generate())
