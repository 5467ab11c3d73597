"""`warmline staff …`: what may be written behind it, and what its help says."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from calls.ids import LANGUAGES

ROLES_TOLD = """\
roles, each with what it may do:
  agent        take calls, chats and e-mails; see callers, their matters and earlier contacts
  supervisor   besides: see the whole floor, hear recordings, listen to calls, whisper and join
  qa           see calls and hear recordings, without taking any
  admin        everything, and accounts, roles and who did what
"""
DESCRIPTION = """\
Who works here and may open the staff pages. Works while the service runs or not; on PostgreSQL for all its processes.

  warmline staff add ada --role admin            the first account; asks for a password
  warmline staff add ben --role agent --display-name "Ben Ortega" --language es --skill billing --print-password
                                                 prints a password once, which Ben changes when he signs in
  warmline staff password ben                    Ben forgot it
  warmline staff audit --days 7                  who signed in, who was changed, who looked at whose data

A change of role or password, and removing somebody, closes at once what they have open.
"""


def add_staff(add: Callable[[str, str, str], argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    staff = add("staff", "make, list, change and remove accounts of the staff; say who did what", DESCRIPTION)
    actions = staff.add_subparsers(title="actions", metavar="ACTION", dest="action", required=True)

    def action(name: str, summary: str, more: str = "") -> argparse.ArgumentParser:
        sub = actions.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}.{more}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        # Without a default of its own, so that one given before the action counts.
        sub.add_argument(
            "--config", type=Path, metavar="FILE", default=argparse.SUPPRESS, help="configuration file (TOML)"
        )
        return sub

    listed = action("list", "list who has an account, with role, languages, skills and telephone")
    listed.add_argument("--json", action="store_true", help="as JSON")

    new = action("add", "give somebody an account", f"\n\n{ROLES_TOLD}")
    new.add_argument("name", help="the name to sign in with: small letters, digits and . _ -")
    new.add_argument("--role", required=True, help="agent, supervisor, qa or admin")
    _profile(new)
    _password(new)

    change = action("set", "change what others see of somebody, and what calls reach them by")
    change.add_argument("name")
    _profile(change)

    role = action("role", "let somebody do something else from now on", f"\n\n{ROLES_TOLD}")
    role.add_argument("name")
    role.add_argument("role", help="agent, supervisor, qa or admin")

    password = action("password", "give somebody another password; what they have open is closed")
    password.add_argument("name")
    _password(password)

    for name, summary in (
        ("unlock", "forget wrong passwords that were counted against somebody"),
        ("sign-out", "close whatever somebody has open"),
        ("remove", "close an account for good; its name is never given to somebody else"),
    ):
        action(name, summary).add_argument("name")

    audit = action("audit", "print who signed in, whose rights changed and who looked at whose data, oldest first")
    audit.add_argument("--days", type=int, default=7, help="how far back (default 7)")
    audit.add_argument("--member", default="", metavar="NAME", help="of one member alone")
    audit.add_argument("--json", action="store_true", help="as JSON lines")
    staff.set_defaults(run=_run)


def _profile(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--display-name", metavar="TEXT", help="how callers and colleagues know them")
    parser.add_argument(
        "--language", action="append", choices=LANGUAGES, help="a language they speak; once for each", default=None
    )
    parser.add_argument("--skill", action="append", metavar="SKILL", default=None, help="what they know; once for each")
    parser.add_argument(
        "--phone",
        metavar="TARGET",
        help="a telephone that calls reach them by: a number, sip:…, or phone:NAME; without it, the browser",
    )


def _password(parser: argparse.ArgumentParser) -> None:
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--print-password",
        action="store_true",
        help="make one and print it once; it has to be changed at the first sign-in",
    )
    how.add_argument("--password-stdin", action="store_true", help="read it from the first line of standard input")


def _run(arguments: argparse.Namespace) -> int:
    from service.staff.command import run

    return run(arguments)
