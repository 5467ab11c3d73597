"""Whether two customer records are one person: evidence, a score, and what follows of it. Pure.

    join     strong evidence, nothing against it: the same account or address, *verified on both sides*
    propose  people decide, with the reasons before them
    ask      a shared telephone and nothing else: families, flats and offices share a line; it is asked or verified
    apart    nothing speaks for it, or too much against

A shared telephone alone never joins, and never becomes a proposal: `decide` gives it less than `PROPOSE_SCORE`, and a
join needs a reason of `STRONG` anyway.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

from calls.customer_events import IdentifierKind, JoinReason
from customers.identifiers import masked
from customers.names import likeness
from customers.record import STRENGTH, CustomerRecord, Identifier

Verdict = Literal["join", "propose", "ask", "apart"]

PROPOSE_SCORE = 0.45
"""From here on people see a pair. Source: our choice; above a shared line (0.3), below the same address (0.7)."""
MANY_PERSONS = 3
"""An identifier of more persons than that is a switchboard's or a household's and tells nothing any more."""

STRONG = frozenset({"same_account_verified", "same_email_verified", "same_social_verified"})
"""Reasons that join by themselves when nothing speaks against it: who verified both is one person or gave it away."""

WEIGHTS: dict[str, float] = {
    "same_account_verified": 0.99,
    "same_email_verified": 0.97,
    "same_social_verified": 0.95,
    "same_account": 0.8,
    "same_social": 0.8,
    "same_email": 0.7,
    "same_chat_visitor": 0.6,
    "same_phone": 0.3,
    "same_name": 0.35,
    "similar_name": 0.25,
    "different_name": -0.6,
    "different_account": -0.3,
}
"""How far a reason alone goes. Source: our choice, ordered by who can know or forge it: an account and its code are the
owner's, a typed address may be mistyped, a browser is a family's, a line a household's, a name a country's."""

_SAME: dict[IdentifierKind, str] = {
    "account": "same_account",
    "social": "same_social",
    "email": "same_email",
    "chat_visitor": "same_chat_visitor",
    "phone": "same_phone",
}
_CAN_BE_VERIFIED: tuple[IdentifierKind, ...] = ("account", "email", "social")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the evidence of a pair comes to."""

    verdict: Verdict
    score: float
    """0 to 1; orders proposals."""
    reasons: tuple[JoinReason, ...]
    """For and against, the weightiest first."""


def compare(
    one: CustomerRecord, other: CustomerRecord, persons_of: Collection[tuple[IdentifierKind, str, int]] = ()
) -> Decision:
    """Compare two records.

    Args:
        one: A record.
        other: Another one.
        persons_of: How many persons have an identifier, where that is known to be more than one or two.
    """
    crowded = {(kind, value) for kind, value, persons in persons_of if persons > MANY_PERSONS}
    reasons = [*_shared(one, other, crowded), *_names(one, other), *_accounts(one, other)]
    return decide(reasons)


def decide(reasons: Iterable[JoinReason]) -> Decision:
    """Weigh reasons: those for a pair as independent hints (1 - product of doubts), those against as doubts of it."""
    ordered = tuple(sorted(reasons, key=lambda reason: (-abs(reason.weight), reason.code, reason.detail)))
    for_it = [reason for reason in ordered if reason.weight > 0]
    against = [reason for reason in ordered if reason.weight < 0]
    score = 1 - math.prod(1 - reason.weight for reason in for_it)
    score *= math.prod(1 + reason.weight for reason in against)
    identifying = [reason for reason in for_it if reason.code.startswith("same_") and reason.code != "same_name"]
    beside_phone = [reason for reason in for_it if reason.code != "same_phone"]
    verdict: Verdict = "apart"
    if identifying and any(reason.code in STRONG for reason in for_it) and not against:
        verdict = "join"
    elif identifying and beside_phone and (score >= PROPOSE_SCORE or _is_strong(for_it)):
        verdict = "propose"
    elif identifying and not against:
        verdict = "ask"
    return Decision(verdict=verdict, score=round(score, 4), reasons=ordered)


def is_settled(reasons: Iterable[JoinReason], settled: Iterable[JoinReason]) -> bool:
    """Tell whether people have judged a pair on these very reasons already, so that it is not proposed again.

    Only reasons for the pair count: a new one is a new question. The same address *verified* is a new one.
    """
    known = {(reason.code, reason.detail) for reason in settled}
    return all((reason.code, reason.detail) in known for reason in reasons if reason.weight > 0)


def _is_strong(reasons: Iterable[JoinReason]) -> bool:
    return any(reason.code in STRONG for reason in reasons)


def _reason(code: str, detail: str = "") -> JoinReason:
    return JoinReason(code=code, detail=detail, weight=WEIGHTS[code])


def _shared(
    one: CustomerRecord, other: CustomerRecord, crowded: Collection[tuple[IdentifierKind, str]]
) -> Iterable[JoinReason]:
    theirs = {(item.kind, item.value): item for item in other.identifiers}
    best: dict[IdentifierKind, JoinReason] = {}
    for item in one.identifiers:
        match = theirs.get((item.kind, item.value))
        if match is None or (item.kind, item.value) in crowded:
            continue
        verified = item.kind in _CAN_BE_VERIFIED and _is_verified(item) and _is_verified(match)
        code = _SAME[item.kind] + ("_verified" if verified else "")
        reason = _reason(code, masked(item.kind, item.value))
        # Two numbers of one household tell no more than one: a kind counts once.
        known = best.get(item.kind)
        if known is None or (reason.weight, reason.detail) > (known.weight, known.detail):
            best[item.kind] = reason
    return best.values()


def _is_verified(item: Identifier) -> bool:
    return item.evidence == "verified"


def _names(one: CustomerRecord, other: CustomerRecord) -> Iterable[JoinReason]:
    match likeness(one.name, other.name):
        case "same":
            yield _reason("same_name")
        case "similar":
            yield _reason("similar_name")
        case "different":
            yield _reason("different_name")
        case _:
            return


def _accounts(one: CustomerRecord, other: CustomerRecord) -> Iterable[JoinReason]:
    """Two customers of one line have an account each."""
    mine, theirs = _sure_accounts(one), _sure_accounts(other)
    if mine and theirs and not mine & theirs:
        yield _reason("different_account")


def _sure_accounts(record: CustomerRecord) -> set[str]:
    sure = STRENGTH["imported"]
    return {item.value for item in record.identifiers if item.kind == "account" and STRENGTH[item.evidence] >= sure}
