"""Facts about the members of staff themselves: bodies of the streams of kind `staff` (one a process that writes).

They are what an auditor reads: who was let in, whose rights changed, and who looked at whose data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

StaffRole = Literal["agent", "supervisor", "qa", "admin"]
LookedAt = Literal["call", "recording", "customer", "case", "conversation", "export"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffAdded:
    """Somebody got an account."""

    type: Literal["staff_added"] = "staff_added"
    member: str
    """Name that the member signs in with; never given to somebody else later."""
    role: StaffRole
    by: str
    """Name of the member who did it; `command` for the command line, `link` for a link of the operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffRoleSet:
    """A member may do something else from now on."""

    type: Literal["staff_role_set"] = "staff_role_set"
    member: str
    before: StaffRole
    role: StaffRole
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffChanged:
    """Something else of an account was changed: its display name, languages, skills or telephone."""

    type: Literal["staff_changed"] = "staff_changed"
    member: str
    fields: tuple[str, ...]
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffPasswordSet:
    """A member has another password; what was open with the old one is closed."""

    type: Literal["staff_password_set"] = "staff_password_set"
    member: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffUnlocked:
    """Wrong passwords that were counted against a member are forgotten."""

    type: Literal["staff_unlocked"] = "staff_unlocked"
    member: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffRemoved:
    """An account is closed for good."""

    type: Literal["staff_removed"] = "staff_removed"
    member: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffSignedIn:
    """A member was let in."""

    type: Literal["staff_signed_in"] = "staff_signed_in"
    member: str
    """`link` for who opened a link of the operator before there was any account."""
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffSignInRefused:
    """Somebody tried to sign in and was not let in."""

    type: Literal["staff_sign_in_refused"] = "staff_sign_in_refused"
    member: str
    """Empty when there is no account of that name: what was typed may be a password."""
    address: str
    reason: Literal["wrong", "too_many"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffSignedOut:
    """Sessions of a member ended before their time."""

    type: Literal["staff_signed_out"] = "staff_signed_out"
    member: str
    sessions: int
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffLooked:
    """A member read personal data. The same within ten minutes is one fact."""

    type: Literal["staff_looked"] = "staff_looked"
    member: str
    what: LookedAt
    thing_id: str


StaffBody = (
    StaffAdded
    | StaffRoleSet
    | StaffChanged
    | StaffPasswordSet
    | StaffUnlocked
    | StaffRemoved
    | StaffSignedIn
    | StaffSignInRefused
    | StaffSignedOut
    | StaffLooked
)

STAFF_PERSONAL: dict[str, tuple[str, ...]] = {
    "staff_signed_in": ("address",),
    "staff_sign_in_refused": ("address",),
}
"""See `calls.events.PERSONAL_FIELDS`."""
