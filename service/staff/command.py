"""`warmline staff …` at work."""
# ruff: noqa: T201 -- a command line prints

from __future__ import annotations

import argparse
import getpass
import json
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from calls.errors import CallCentreError
from service.call_store import open_store
from service.clock import SystemClock
from service.config import load_config
from service.staff.accounts import StaffAccounts
from service.staff.api import shown
from service.staff.member import COMMAND, Profile, checked_name, checked_role
from service.staff.passwords import check_password


def run(arguments: argparse.Namespace) -> int:
    """Do one action; return the exit code."""
    store = open_store(load_config(arguments.config).config)
    try:
        return _ACTIONS[arguments.action](StaffAccounts(store, SystemClock()), arguments)
    finally:
        store.close()


def _list(staff: StaffAccounts, arguments: argparse.Namespace) -> int:
    members = [shown(account) for account in staff.all()]
    if arguments.json:
        print(json.dumps(members, ensure_ascii=False, indent=2))
        return 0
    if not members:
        print("Nobody has an account yet: `warmline staff add NAME --role admin` makes the first.")
    for member in members:
        details = [*member["languages"], *member["skills"], member["phone"], "new password" * member["must_change"]]
        print(f"{member['name']:<20} {member['role']:<11} {member['display_name']}  {' '.join(filter(None, details))}")
    return 0


def _add(staff: StaffAccounts, arguments: argparse.Namespace) -> int:
    name, role = checked_name(arguments.name), checked_role(arguments.role)
    profile = _changed(Profile(display_name=name.capitalize()), arguments)
    chosen = _asked(arguments, name)
    once = staff.add(name, role, profile, chosen, COMMAND)
    print(f"{name} can sign in as {role}.")
    _print_once(once, chosen)
    return 0


def _set(staff: StaffAccounts, arguments: argparse.Namespace) -> int:
    name = checked_name(arguments.name)
    staff.set_profile(name, _changed(staff.member(name).profile, arguments), COMMAND)
    print(f"{name} was changed.")
    return 0


def _role(staff: StaffAccounts, arguments: argparse.Namespace) -> int:
    name = checked_name(arguments.name)
    staff.set_role(name, arguments.role, COMMAND)
    print(f"{name} is {arguments.role}.")
    return 0


def _password(staff: StaffAccounts, arguments: argparse.Namespace) -> int:
    name = checked_name(arguments.name)
    staff.member(name)
    chosen = _asked(arguments, name)
    once = staff.set_password(name, chosen, COMMAND)
    print(f"{name} has another password; what was open is closed.")
    _print_once(once, chosen)
    return 0


def _unlock(staff: StaffAccounts, arguments: argparse.Namespace) -> int:
    name = checked_name(arguments.name)
    was_counted = staff.unlock(name, COMMAND)
    print(f"{name} can try again." if was_counted else f"Nothing was counted against {name}.")
    return 0


def _sign_out(staff: StaffAccounts, arguments: argparse.Namespace) -> int:
    name = checked_name(arguments.name)
    staff.member(name)
    print(f"{name} was signed out {staff.sign_out_everywhere(name, COMMAND)} times.")
    return 0


def _remove(staff: StaffAccounts, arguments: argparse.Namespace) -> int:
    name = checked_name(arguments.name)
    staff.remove(name, COMMAND)
    print(f"{name} has no account any more.")
    return 0


def _audit(staff: StaffAccounts, arguments: argparse.Namespace) -> int:
    since = SystemClock().now_utc() - timedelta(days=arguments.days)
    found: list[dict[str, Any]] = []
    before: int | None = None
    while True:
        page = staff.audit.read(before=before, since_utc=since, limit=500)
        found += page.facts
        before = page.before
        if before is None:
            break
    for fact in reversed(found):
        body = dict(fact["body"])
        if arguments.member and arguments.member not in (body.get("member"), body.get("by")):
            continue
        if arguments.json:
            print(json.dumps(fact, ensure_ascii=False))
            continue
        kind = body.pop("type").removeprefix("staff_").replace("_", " ")
        rest = " ".join(f"{key}={value}" for key, value in body.items() if key != "member" and value != "")
        print(f"{fact['at_utc'][:19]}Z  {body['member'] or '(nobody)':<20} {kind:<16} {rest}")
    return 0


_ACTIONS: dict[str, Callable[[StaffAccounts, argparse.Namespace], int]] = {
    "list": _list,
    "add": _add,
    "set": _set,
    "role": _role,
    "password": _password,
    "unlock": _unlock,
    "sign-out": _sign_out,
    "remove": _remove,
    "audit": _audit,
}


def _changed(profile: Profile, arguments: argparse.Namespace) -> Profile:
    return Profile(
        display_name=profile.display_name if arguments.display_name is None else arguments.display_name,
        languages=profile.languages if arguments.language is None else tuple(arguments.language),
        skills=profile.skills if arguments.skill is None else tuple(arguments.skill),
        phone=profile.phone if arguments.phone is None else arguments.phone,
    )


def _asked(arguments: argparse.Namespace, name: str) -> str | None:
    """Return the password that was typed; None when one shall be made and printed.

    Raises:
        CallCentreError: `staff.weak_password`, or `staff.no_password` when nobody can be asked.
    """
    if arguments.print_password:
        return None
    if arguments.password_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise CallCentreError(
            "staff.no_password",
            "Nobody can be asked for a password here: --print-password makes one, --password-stdin reads one.",
            fault="user",
        )
    while True:
        first = getpass.getpass(f"Password of {name}: ")
        try:
            check_password(first, name)
        except CallCentreError as error:
            print(error.message, file=sys.stderr)
            continue
        if getpass.getpass("Again: ") == first:
            return first
        print("These are two different ones.", file=sys.stderr)


def _print_once(once: str, chosen: str | None) -> None:
    if chosen is None:
        print(f"Password, shown this once: {once}")
        print("It has to be changed at the first sign-in.")
