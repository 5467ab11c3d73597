"""Customers from a CSV file: checked whole before anything is written, and the same again when it is imported again.

The first line names the columns, of `COLUMNS`, in any order. One line is one customer, found again by account number,
else by e-mail address, else by telephone and name. A line that says nothing new changes nothing.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from calls.customer_events import IdentifierKind
from calls.errors import CallCentreError
from calls.ids import CustomerId
from customers.identifiers import normal_or_raise
from customers.identity import Person
from customers.names import likeness
from customers.record import STRENGTH
from customers.store import CustomerStore, NewIdentifier
from customers.wishes import PREFERENCES, PreferenceName, preference_value

_IDENTIFIERS: dict[str, IdentifierKind] = {"account": "account", "phone": "phone", "email": "email", "social": "social"}
COLUMNS = ("name", *_IDENTIFIERS, *PREFERENCES)
MAX_CELL = 254
SHOWN = 20
"""Errors that are told at once; who mends them sees the rest at the next try."""
BY = "import"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One customer of the file, checked."""

    number: int
    """Line of the file in which it ends."""
    name: str
    identifiers: tuple[tuple[IdentifierKind, str], ...]
    preferences: tuple[tuple[PreferenceName, str], ...]


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What an import did."""

    opened: int = 0
    changed: int = 0
    unchanged: int = 0
    errors: list[str] = field(default_factory=list)
    """What is wrong, a sentence each with the number of the line; then nothing was written."""


def read_lines(path: Path, country: str) -> tuple[list[Line], list[str]]:
    """Read and check a file; return its lines and what is wrong with it.

    Raises:
        CallCentreError: `import.unreadable` when it cannot be read at all.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8; save it as CSV UTF-8"
        raise CallCentreError("import.unreadable", f"{path} cannot be read: {why}.", fault="user") from error
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[tuple[int, list[str]]] = []
    try:
        while (row := next(reader, None)) is not None:
            rows.append((reader.line_num, row))
    except csv.Error as error:
        raise CallCentreError(
            "import.unreadable", f"{path} is no CSV file, line {reader.line_num}: {error}.", fault="user"
        ) from error
    if not rows:
        raise CallCentreError("import.unreadable", f"{path} is empty. {_wanted()}", fault="user")
    header = [cell.strip().lower() for cell in rows[0][1]]
    errors = _header_errors(header)
    if errors:
        return [], errors
    return _checked(header, rows[1:], country)


def _header_errors(header: Sequence[str]) -> list[str]:
    unknown = [name for name in header if name not in COLUMNS]
    errors = [f"line 1: there is no column {name!r}. {_wanted()}" for name in unknown]
    if len(set(header)) < len(header):
        errors.append("line 1: a column stands twice.")
    if not errors and not set(header) & {"name", *_IDENTIFIERS}:
        errors.append(f"line 1: no column says who it is: one of name, {', '.join(_IDENTIFIERS)}.")
    return errors


def _wanted() -> str:
    return f"The first line names columns of: {', '.join(COLUMNS)}."


def _checked(
    header: Sequence[str], rows: Iterable[tuple[int, Sequence[str]]], country: str
) -> tuple[list[Line], list[str]]:
    lines: list[Line] = []
    errors: list[str] = []
    for number, row in rows:
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(header):
            errors.append(f"line {number}: {len(row)} columns instead of {len(header)}.")
            continue
        try:
            lines.append(_line(number, dict(zip(header, (cell.strip() for cell in row), strict=True)), country))
        except CallCentreError as error:
            errors.append(f"line {number}: {error.message}")
    return lines, errors


def _line(number: int, cells: dict[str, str], country: str) -> Line:
    for column, cell in cells.items():
        if len(cell) > MAX_CELL:
            raise CallCentreError("import.line", f"The {column} is longer than {MAX_CELL} characters.", fault="user")
        if any(unicodedata.category(sign) in ("Cc", "Cs") for sign in cell):
            sentence = f"The {column} holds a line break or another sign that cannot be printed."
            raise CallCentreError("import.line", sentence, fault="user")
    identifiers = tuple(
        (kind, normal_or_raise(kind, cells[column], country))
        for column, kind in _IDENTIFIERS.items()
        if cells.get(column)
    )
    if not identifiers and not cells.get("name"):
        raise CallCentreError("import.line", "Nothing says who it is.", fault="user")
    preferences = tuple(
        (name, value) for name in PREFERENCES if cells.get(name) and (value := preference_value(name, cells[name]))
    )
    return Line(number=number, name=cells.get("name", ""), identifiers=identifiers, preferences=preferences)


def import_lines(store: CustomerStore, lines: Iterable[Line]) -> Outcome:
    """Write lines that were read without errors."""
    outcome = Outcome()
    for line in lines:
        known = _find(store, line)
        if known is None:
            _open(store, line)
            outcome.opened += 1
        elif _change(store, known, line):
            outcome.changed += 1
        else:
            outcome.unchanged += 1
    return outcome


def _find(store: CustomerStore, line: Line) -> CustomerId | None:
    values = dict(line.identifiers)
    for kind in ("account", "social", "email"):
        value = values.get(kind)
        if value is not None:
            found = store.persons_with(kind, value)
            if found:
                return found[0]
            if kind == "account":
                return None  # another account is another customer, whatever else is the same
    phone = values.get("phone")
    people = store.persons_with("phone", phone) if phone is not None else ()
    for customer_id in people:
        person = store.person(customer_id)
        if person is not None and (person.name == line.name or likeness(person.name, line.name) == "same"):
            return customer_id
    return None


def _open(store: CustomerStore, line: Line) -> None:
    identifiers = [NewIdentifier(kind=kind, value=value, evidence="imported") for kind, value in line.identifiers]
    customer_id = store.open("import", name=line.name, identifiers=identifiers, by=BY)
    for name, value in line.preferences:
        store.set_preference(customer_id, name, value, BY)


def _may_rename(person: Person) -> bool:
    """Tell whether the name of a file is newer and as sure: not over what people said, nor over joined records."""
    alone = len(person.customer_ids) == 1
    return not person.name or (alone and STRENGTH[person.named_by] <= STRENGTH["imported"])


def _change(store: CustomerStore, customer_id: CustomerId, line: Line) -> bool:
    person = store.person(customer_id)
    assert person is not None
    held = {(item.kind, item.value) for item in person.identifiers}
    news = [
        NewIdentifier(kind=kind, value=value, evidence="imported")
        for kind, value in line.identifiers
        if (kind, value) not in held
    ]
    changed = bool(news) and store.add_identifiers(customer_id, news, BY) > 0
    if line.name and line.name != person.name and _may_rename(person):
        store.name(customer_id, line.name, "imported", BY)
        changed = True
    for name, value in line.preferences:
        if person.preference(name) != value:
            store.set_preference(customer_id, name, value, BY)
            changed = True
    return changed
