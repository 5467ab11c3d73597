"""`warmline customer`: finds, shows, imports, joins, exports and erases customers."""
# ruff: noqa: T201 -- a command line prints

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from calls.errors import CallCentreError
from calls.ids import CustomerId, Language
from customers.identity import Person
from customers.timeline import TimelineItem
from customers.words import reason_text
from records.store import EventStore
from service.call_store import open_store
from service.clock import SystemClock
from service.config import Config, load_config
from service.customers.csv_import import SHOWN, import_lines, read_lines
from service.customers.erasing import erase_customer
from service.customers.open_records import upkeep_of
from service.customers.part import Customers
from service.customers.person_export import as_text, as_zip, export_person
from service.customers.view import customer_view

BY = "command line"


class _Desk:
    """What every action needs."""

    def __init__(self, config: Config, facts: EventStore) -> None:
        self.config, self.facts, self.clock = config, facts, SystemClock()
        self.part = Customers(config, facts, self.clock)
        self.store = self.part.store


def customer(arguments: argparse.Namespace) -> int:
    """Run one action; return the exit code.

    Raises:
        CallCentreError: what the person typed, or the operator's database, is not as it must be.
    """
    with _desk(arguments.config) as desk:
        return _ACTIONS[arguments.action](desk, arguments)


@contextmanager
def _desk(config_file: Path | None) -> Iterator[_Desk]:
    config = load_config(config_file).config
    facts = open_store(config)
    try:
        yield _Desk(config, facts)
    finally:
        facts.close()


def _find(desk: _Desk, arguments: argparse.Namespace) -> int:
    found = desk.part.find(" ".join(arguments.text), None, "", 20)
    for line in found:
        known = ", ".join(value for _, value in line.identifiers)
        print(f"{line.customer_id}  {line.name or '(no name)'}  {known}")
    if not found:
        print("Nobody was found: every word must stand in what is kept of a person, in any form.", file=sys.stderr)
    return 0 if found else 1


def _show(desk: _Desk, arguments: argparse.Namespace) -> int:
    person = desk.store.person(arguments.customer)
    if person is None:
        raise _unknown()
    if arguments.json:
        print(json.dumps(customer_view(desk.store, arguments.customer), ensure_ascii=False, indent=1))
        return 0
    _print_person(person)
    for case in desk.store.cases(arguments.customer):
        print(f"  case       {case.case_id}  {case.status}: {case.subject}")
    for pair in desk.store.pairs_of(arguments.customer):
        print(f"  {pair.state:<10} {pair.join_id}  {pair.one} and {pair.other}")
    page = desk.store.timeline(arguments.customer)
    for item in page.items:
        print(f"  {item.at_utc:%Y-%m-%d %H:%M}  {_line(item)}")
    if page.next:
        print("  and more, further back")
    return 0


def _print_person(person: Person) -> None:
    print(f"{person.customer_id}  {person.name or '(no name)'}")
    for other in person.customer_ids[1:]:
        print(f"  joined     {other}")
    for item in person.identifiers:
        print(f"  {item.kind:<10} {item.value}  ({item.evidence})")
    for wish in person.preferences:
        print(f"  wish       {wish.name}: {wish.value}")
    for consent in person.consents:
        print(f"  consent    {consent.purpose} by {consent.channel}: {'yes' if consent.given else 'no'}")
    for note in person.notes:
        print(f"  note       {note.text}")


def _line(item: TimelineItem) -> str:
    contact = item.contact
    if contact is None:
        return " ".join(part for part in (item.kind, item.detail, item.text) if part)
    about = contact.matter or ", ".join(contact.topics) or contact.quote
    return " ".join(part for part in (contact.channel or item.kind, item.stream_id, about, contact.result) if part)


def _import(desk: _Desk, arguments: argparse.Namespace) -> int:
    lines, errors = read_lines(arguments.file, desk.config.dialog.country)
    for error in errors[:SHOWN]:
        print(f"warmline: {error}", file=sys.stderr)
    if errors:
        more = f" and {len(errors) - SHOWN} more" if len(errors) > SHOWN else ""
        print(f"warmline: Nothing was imported: mend the lines above{more}.", file=sys.stderr)
        return 1
    if arguments.check:
        print(f"{len(lines)} customers can be imported.")
        return 0
    outcome = import_lines(desk.store, lines)
    print(f"{outcome.opened} new, {outcome.changed} changed, {outcome.unchanged} unchanged.")
    waiting = len(desk.store.pairs())
    if waiting:
        print(f"{waiting} pairs may be one person each: `warmline customer pairs` lists them.")
    return 0


def _pairs(desk: _Desk, arguments: argparse.Namespace) -> int:
    language: Language = arguments.language
    for pair in desk.store.pairs():
        print(f"{pair.score:.2f}  {pair.one}  {pair.one_name or '(no name)'}")
        print(f"      {pair.other}  {pair.other_name or '(no name)'}")
        for reason in pair.reasons:
            print(f"        {reason_text(reason, language)}")
    return 0


def _join(desk: _Desk, arguments: argparse.Namespace) -> int:
    one, other = CustomerId(arguments.customer), CustomerId(arguments.other)
    print(f"Joined as {desk.store.join(one, other, by=BY, reason=arguments.reason)}; `part` takes it back.")
    return 0


def _part(desk: _Desk, arguments: argparse.Namespace) -> int:
    desk.store.part(arguments.join, by=BY, reason=arguments.reason)
    print("Parted: each record is as it would be without the join.")
    return 0


def _export(desk: _Desk, arguments: argparse.Namespace) -> int:
    data = export_person(desk.facts, desk.store, arguments.customer, desk.clock.now_utc())
    if str(arguments.file) == "-":
        print(as_text(data), end="")
        return 0
    whole = arguments.file.suffix.lower() == ".zip"
    content = as_zip(data, desk.config.recordings_path, desk.facts.master) if whole else as_text(data).encode()
    try:
        handle = os.open(arguments.file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as out:
            out.write(content)
    except OSError as error:
        sentence = f"{arguments.file} cannot be written: {error.strerror}."
        raise CallCentreError("export.not_written", sentence, fault="operator") from error
    print(f"{arguments.file}: {len(content) / 1e6:.1f} MB")
    return 0


def _erase(desk: _Desk, arguments: argparse.Namespace) -> int:
    person = desk.store.person(arguments.customer)
    if person is None:
        raise _unknown()
    _print_person(person)
    print(f"This goes for ever, with {len(person.contacts)} calls and conversations, their recordings and their words.")
    if not arguments.yes and not _agreed():
        print("Nothing was erased.", file=sys.stderr)
        return 1
    done = erase_customer(desk.config, desk.facts, desk.store, person.customer_id, desk.clock.now_utc())
    print(
        f"Erased: {done.records} records, {done.calls} calls, {done.conversations} conversations, {done.recordings} "
        f"recordings. Written down as {done.noted_as}."
    )
    return 0


def _agreed() -> bool:
    try:
        return input("Erase this for ever? Type yes: ").strip().lower() in ("yes", "sí", "si")
    except EOFError:
        print("\nNobody can be asked here; --yes erases without asking.", file=sys.stderr)
        return False


def _rebuild(desk: _Desk, _arguments: argparse.Namespace) -> int:
    done = upkeep_of(desk.facts, desk.store).rebuild()
    print(f"{done.customers} records from {done.facts} facts.")
    return 0


def _unknown() -> CallCentreError:
    return CallCentreError("customer.unknown", "There is no such customer, or the person was erased.", fault="user")


_ACTIONS: dict[str, Callable[[_Desk, argparse.Namespace], int]] = {
    "find": _find,
    "show": _show,
    "import": _import,
    "pairs": _pairs,
    "join": _join,
    "part": _part,
    "export": _export,
    "erase": _erase,
    "rebuild": _rebuild,
}
