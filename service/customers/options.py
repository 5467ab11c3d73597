"""What `warmline customer` may be told, as options of the command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

Add = Callable[[str, str, str], argparse.ArgumentParser]

_DESCRIPTION = """\
Customer records: who calls and writes, found by number, address, account number, name or words.

  warmline customer find 600 12 34 56        by anything: a number, an address, a name, words of a note or a call
  warmline customer show ID                  one person: identifiers, wishes, cases, what happened, newest first
  warmline customer import customers.csv     bring records from elsewhere; the same file again changes nothing
  warmline customer pairs                    records that may be one person, with the reasons
  warmline customer join ID ID               two records are one person; both stay as they are
  warmline customer part JOIN                take that back: everything is as it would be without it
  warmline customer export ID ana.zip        everything that is kept of a person, with the recordings
  warmline customer erase ID                 erase a person everywhere, for ever
  warmline customer rebuild                  make the tables that find customers anew from the facts

It works while the service runs or not. Names and numbers are printed for you alone; nothing of them is logged.
"""


def add_customer(add: Add, form: type[argparse.HelpFormatter]) -> None:
    """Add the command with its actions."""
    parser = add("customer", "find, show, import, join, export or erase customers", _DESCRIPTION)
    group = parser.add_subparsers(title="actions", metavar="ACTION", dest="action", required=True)

    def action(name: str, summary: str, description: str = "") -> argparse.ArgumentParser:
        sub = group.add_parser(name, help=summary, description=description or summary, formatter_class=form)
        sub.add_argument(
            "--config", type=Path, metavar="FILE", default=argparse.SUPPRESS, help="configuration file (TOML)"
        )
        return sub

    find = action("find", "find persons by a number, an address, an account number, a name or words")
    find.add_argument("text", nargs="+", help="what is known of them")
    show = action("show", "print one person: identifiers, wishes, cases and the newest of the timeline")
    show.add_argument("customer", help="id of a record of the person")
    show.add_argument("--json", action="store_true", help="print it as JSON, as the API returns it")
    bring = action(
        "import",
        "bring records from a CSV file",
        "Brings customers from a CSV file (UTF-8; commas or semicolons). The first line names the columns, in any\n"
        "order: name, account, phone, email, social, language, channel, hours, slower, more_time, keypad, large_text,\n"
        "vip, do_not_contact. Customers are found again by account number, else address, else number and name: the\n"
        "same file again changes nothing. Everything is checked first; with an error in any line nothing is written.",
    )
    bring.add_argument("file", type=Path, help="the CSV file")
    bring.add_argument("--check", action="store_true", help="only say what is wrong, write nothing")
    pairs = action("pairs", "list records that may be one person, with the reasons")
    pairs.add_argument("--language", choices=("es", "en"), default="en", help="language of the reasons")
    join = action("join", "say that two records are one person")
    join.add_argument("customer", help="id of a record")
    join.add_argument("other", help="id of the other record")
    join.add_argument("--reason", default="", help="how that is known")
    part = action("part", "take a join back")
    part.add_argument("join", help="id of the join, as `show` prints it")
    part.add_argument("--reason", default="", help="why")
    export = action("export", "write everything that is kept of a person into one file")
    export.add_argument("customer", help="id of a record of the person")
    export.add_argument("file", type=Path, help="*.zip: with the recordings; anything else: JSON; -: print the JSON")
    erase = action("erase", "erase a person everywhere: records, calls, conversations, recordings, search")
    erase.add_argument("customer", help="id of a record of the person")
    erase.add_argument("--yes", action="store_true", help="do not ask")
    action("rebuild", "make the tables that find customers anew from the facts")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from service.customers.command import customer

    return customer(arguments)
