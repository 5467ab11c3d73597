"""Facts about customers and their matters: bodies of the streams of kind `customer` and `case`.

Records of customers are joined and parted, never merged: each keeps its stream, and a person is what the joins connect.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from calls.ids import CustomerId

IdentifierKind = Literal["phone", "email", "chat_visitor", "social", "account"]
ContactKind = Literal["call", "conversation"]
IdentifierEvidence = Literal["presented", "said", "written", "confirmed", "verified", "imported", "by_staff"]
"""Where it comes from, weakest first. `presented`: by the network or the sender, can be forged; `said` and `written`:
by the person; `confirmed`: read back and agreed to; `verified`: proven by a code or a check; the others: ours."""
CustomerSource = Literal["call", "conversation", "import", "staff", "api"]
VerificationLevel = Literal["none", "caller_id", "knowledge", "one_time_code", "staff"]
"""How sure a contact is of who it is, weakest first. At `none` and `caller_id` nothing of the record is revealed."""
CaseStatus = Literal["open", "waiting_for_customer", "waiting_for_us", "solved"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerOpened:
    """A customer record was begun."""

    type: Literal["customer_opened"] = "customer_opened"
    source: CustomerSource
    name: str
    """Empty when it is not known."""
    by: str = ""
    """Who did it: the name of a member of staff, or the part of the program; empty in older facts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifierAdded:
    """Something by which the customer can be found again."""

    type: Literal["identifier_added"] = "identifier_added"
    kind: IdentifierKind
    value: str
    """In its normal form: E.164, lower-case address, `provider:handle`."""
    evidence: IdentifierEvidence
    confidence: float
    """0 to 1."""
    contact_kind: ContactKind | None
    contact_id: str
    """The contact it was learned in; empty for none."""
    by: str
    """Who did it: the name of a member of staff, or the part of the program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifierRemoved:
    """It is not theirs, or not any more."""

    type: Literal["identifier_removed"] = "identifier_removed"
    kind: IdentifierKind
    value: str
    reason: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerNamed:
    """What the customer is called."""

    type: Literal["customer_named"] = "customer_named"
    name: str
    evidence: IdentifierEvidence
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinReason:
    """One reason to take two records for one person."""

    code: str
    """Stable: `same_email_verified`, `same_account`, `similar_name_same_phone`, `staff` …"""
    detail: str
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinProposed:
    """Two records may be the same person; people decide."""

    type: Literal["join_proposed"] = "join_proposed"
    join_id: str
    other: CustomerId
    score: float
    reasons: tuple[JoinReason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinDismissed:
    """They are not, or not for sure; the pair is not proposed again for the same reasons."""

    type: Literal["join_dismissed"] = "join_dismissed"
    join_id: str
    other: CustomerId
    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomersJoined:
    """Two records are one person. Both keep all that they hold."""

    type: Literal["customers_joined"] = "customers_joined"
    join_id: str
    other: CustomerId
    confidence: float
    reasons: tuple[JoinReason, ...]
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomersParted:
    """A join is taken back: everything is as it would be without it."""

    type: Literal["customers_parted"] = "customers_parted"
    join_id: str
    other: CustomerId
    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactLinked:
    """A call or a conversation is one of the customer's."""

    type: Literal["contact_linked"] = "contact_linked"
    contact_kind: ContactKind
    contact_id: str
    confidence: float
    evidence: IdentifierEvidence
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactUnlinked:
    """It was somebody else's."""

    type: Literal["contact_unlinked"] = "contact_unlinked"
    contact_kind: ContactKind
    contact_id: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerVerified:
    """In one contact, the customer showed who they are, or did not."""

    type: Literal["customer_verified"] = "customer_verified"
    contact_kind: ContactKind
    contact_id: str
    level: VerificationLevel
    passed: bool
    how: str
    """Stable code, e.g. `account_and_postcode`, `code_by_email`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferenceSet:
    """A lasting wish or need of the customer; an empty value takes it back."""

    type: Literal["preference_set"] = "preference_set"
    name: Literal[
        "language", "channel", "hours", "slower", "more_time", "keypad", "large_text", "vip", "do_not_contact"
    ]
    value: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactConsentSet:
    """Whether the customer may be written to or called for a purpose."""

    type: Literal["contact_consent_set"] = "contact_consent_set"
    purpose: Literal["service", "proactive", "marketing", "survey"]
    channel: Literal["phone", "email", "message", "any"]
    given: bool
    how: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteWritten:
    """A member of staff wrote something down about the customer."""

    type: Literal["note_written"] = "note_written"
    note_id: str
    text: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOpened:
    """A matter that goes on across contacts and channels."""

    type: Literal["case_opened"] = "case_opened"
    customer_id: CustomerId
    subject: str
    """One line, in the customer's words or an article's title."""
    topic: str
    """Topic of the articles; empty for none."""
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseContactAdded:
    """A call or a conversation is about the matter."""

    type: Literal["case_contact_added"] = "case_contact_added"
    contact_kind: ContactKind
    contact_id: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseStatusSet:
    """How the matter stands."""

    type: Literal["case_status_set"] = "case_status_set"
    status: CaseStatus
    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseNoted:
    """A note on the matter: a summary, a promise, a next step."""

    type: Literal["case_noted"] = "case_noted"
    text: str
    by: str
    contact_kind: ContactKind | None
    contact_id: str


CustomerBody = (
    CustomerOpened
    | IdentifierAdded
    | IdentifierRemoved
    | CustomerNamed
    | JoinProposed
    | JoinDismissed
    | CustomersJoined
    | CustomersParted
    | ContactLinked
    | ContactUnlinked
    | CustomerVerified
    | PreferenceSet
    | ContactConsentSet
    | NoteWritten
    | CaseOpened
    | CaseContactAdded
    | CaseStatusSet
    | CaseNoted
)

CUSTOMER_PERSONAL: dict[str, tuple[str, ...]] = {
    "customer_opened": ("name",),
    "identifier_added": ("value",),
    "identifier_removed": ("value",),
    "customer_named": ("name",),
    "join_proposed": ("reasons",),
    "customers_joined": ("reasons",),
    "note_written": ("text",),
    "case_opened": ("subject",),
    "case_noted": ("text",),
}
"""See `calls.events.PERSONAL_FIELDS`."""
