"""A member of staff, as every page and every socket asks for it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

from calls.errors import CallCentreError
from calls.ids import LANGUAGES, Language
from calls.staff_events import StaffRole
from service.config_values import check_target

Role = StaffRole | Literal["program"]
"""`program`: holds the token of `[service] staff_token`; no person."""
ROLES: tuple[StaffRole, ...] = get_args(StaffRole)
EVERYBODY: frozenset[Role] = frozenset((*ROLES, "program"))
DESK: frozenset[Role] = frozenset(("agent", "supervisor", "admin", "program"))
"""Who takes contacts, and sees the records of customers."""
ANSWERING: frozenset[Role] = frozenset(("agent", "supervisor", "admin"))
"""Who may write to customers."""
LEADS: frozenset[Role] = frozenset(("supervisor", "admin", "program"))
"""Who sees the whole floor and the people on it."""
LISTENERS: frozenset[Role] = frozenset(("supervisor", "qa", "admin", "program"))
"""Who may hear recordings."""
ADMINS: frozenset[Role] = frozenset(("admin", "program"))
PEOPLE: frozenset[Role] = frozenset(ROLES)

LINK, PROGRAM, COMMAND = "link", "program", "command"
"""Names that are nobody's: who opened a link of the operator, who holds the token, the command line."""
_NAME = re.compile(r"[a-z][a-z0-9._-]{1,31}")
_SKILL = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
MOST_SKILLS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What others see of a member, and what calls reach them by."""

    display_name: str
    languages: tuple[Language, ...] = ()
    skills: tuple[str, ...] = ()
    phone: str = ""
    """A number, a `sip:` address or `phone:NAME` for members who answer on a telephone; empty: in the browser."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffMember:
    """Who asks."""

    name: str
    role: Role
    profile: Profile
    must_change: bool = False
    """The password was made by somebody else: nothing is open before it is changed."""
    session: str = ""
    """Mark of the session; empty for a program."""

    @property
    def is_person(self) -> bool:
        """True for who has an account: only they can be an agent."""
        return self.name not in (LINK, PROGRAM)

    @property
    def display_name(self) -> str:
        """How the member is called on pages."""
        return self.profile.display_name


def checked_name(text: str) -> str:
    """Return a name to sign in with in its normal form.

    Raises:
        CallCentreError: `staff.bad_name`.
    """
    name = text.strip().lower()
    if not _NAME.fullmatch(name) or name in (LINK, PROGRAM, COMMAND):
        raise CallCentreError(
            "staff.bad_name",
            "A name to sign in with has 2 to 32 small letters, digits and . _ -, begins with a letter, and is not "
            f"{LINK}, {PROGRAM} or {COMMAND}; for example ada.",
            fault="user",
        )
    return name


def checked_role(text: str) -> StaffRole:
    """Return a role.

    Raises:
        CallCentreError: `staff.bad_role`.
    """
    for role in ROLES:
        if role == text:
            return role
    raise CallCentreError("staff.bad_role", f"A role is one of {', '.join(ROLES)}.", fault="user")


def checked_profile(profile: Profile) -> Profile:
    """Return a profile with its texts trimmed.

    Raises:
        CallCentreError: `staff.bad_profile`; the sentence says which part.
    """
    display = " ".join(profile.display_name.split())
    if not 1 <= len(display) <= 64 or not display.isprintable():
        raise _bad("the name that others see has 1 to 64 characters")
    for language in profile.languages:
        if language not in LANGUAGES:
            raise _bad(f"a language is one of {', '.join(LANGUAGES)}")
    skills = tuple(dict.fromkeys(skill.strip().lower() for skill in profile.skills))
    if len(skills) > MOST_SKILLS or not all(_SKILL.fullmatch(skill) for skill in skills):
        raise _bad(f"a skill has up to 32 small letters, digits, - and _, and a member at most {MOST_SKILLS} of them")
    try:
        phone = check_target(profile.phone.strip())
    except ValueError as error:
        raise _bad(str(error)) from error
    return Profile(display_name=display, languages=tuple(dict.fromkeys(profile.languages)), skills=skills, phone=phone)


def _bad(why: str) -> CallCentreError:
    return CallCentreError("staff.bad_profile", f"This cannot be kept: {why}.", fault="user")
