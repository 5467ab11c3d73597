from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.customer_events import IdentifierEvidence, JoinReason
from calls.ids import LANGUAGES
from customers.matching import STRONG, WEIGHTS, Verdict, compare, decide, is_settled
from customers.record import STRENGTH, CustomerRecord, Identifier
from customers.words import reason_codes, reason_text
from tests.customers.made import identifier, record

PHONE, OTHER_PHONE, MAIL, ACCOUNT = "+34600123456", "+34911222333", "ana@example.com", "LU1234567"
EVIDENCE: list[IdentifierEvidence] = list(STRENGTH)


def codes(reasons: tuple[JoinReason, ...]) -> set[str]:
    return {reason.code for reason in reasons}


def phone(evidence: IdentifierEvidence = "presented") -> Identifier:
    return identifier("phone", PHONE, evidence)


def mail(evidence: IdentifierEvidence = "written") -> Identifier:
    return identifier("email", MAIL, evidence)


def account(value: str = ACCOUNT, evidence: IdentifierEvidence = "confirmed") -> Identifier:
    return identifier("account", value, evidence)


ROWS: list[tuple[str, CustomerRecord, CustomerRecord, Verdict]] = [
    ("phone alone", record("a", "", phone()), record("b", "", phone()), "ask"),
    ("phone alone, verified", record("a", "", phone("verified")), record("b", "", phone("verified")), "ask"),
    ("phone and same name", record("a", "Ana García", phone()), record("b", "Ana Garcia", phone()), "propose"),
    ("phone, similar name", record("a", "Ana García", phone()), record("b", "Ana García Gil", phone()), "propose"),
    ("phone, other name", record("a", "Ana García", phone()), record("b", "Luis García", phone()), "apart"),
    ("phone, other account", record("a", "", phone(), account()), record("b", "", phone(), account("LU9")), "apart"),
    ("e-mail as written", record("a", "", mail()), record("b", "", mail()), "propose"),
    ("e-mail verified once", record("a", "", mail("verified")), record("b", "", mail()), "propose"),
    ("e-mail verified twice", record("a", "", mail("verified")), record("b", "", mail("verified")), "join"),
    (
        "e-mail verified twice, other names",
        record("a", "Ana García", mail("verified")),
        record("b", "Luis Gil", mail("verified")),
        "propose",
    ),
    (
        "account verified in both",
        record("a", "", account(evidence="verified")),
        record("b", "Ana", account(evidence="verified")),
        "join",
    ),
    ("account as given", record("a", "", account()), record("b", "", account()), "propose"),
    ("same name alone", record("a", "Ana García"), record("b", "Ana García"), "apart"),
    ("nothing", record("a"), record("b"), "apart"),
    (
        "phone and browser",
        record("a", "", phone(), identifier("chat_visitor", "v1")),
        record("b", "", phone(), identifier("chat_visitor", "v1")),
        "propose",
    ),
]


@pytest.mark.parametrize(("one", "other", "verdict"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_when_two_records_are_compared_then_the_table_holds_both_ways(
    one: CustomerRecord, other: CustomerRecord, verdict: Verdict
) -> None:
    assert compare(one, other).verdict == verdict
    assert compare(other, one) == compare(one, other)


def test_when_a_line_is_of_many_persons_then_it_tells_nothing() -> None:
    one, other = record("a", "Ana García", phone()), record("b", "Ana García", phone())
    assert compare(one, other, [("phone", PHONE, 4)]).verdict == "apart"


_NAMES = st.sampled_from(["", "Ana García", "Ana", "Luis Gil"])
_PHONES = st.lists(
    st.builds(identifier, st.just("phone"), st.sampled_from([PHONE, OTHER_PHONE]), st.sampled_from(EVIDENCE)),
    max_size=3,
)
_OTHERS = st.lists(
    st.builds(
        identifier,
        st.sampled_from(["email", "account", "social", "chat_visitor"]),
        st.sampled_from(["one", "two"]),
        st.sampled_from(EVIDENCE),
    ),
    max_size=3,
)


@given(_NAMES, _NAMES, _PHONES, _PHONES)
def test_when_only_telephones_are_shared_then_nobody_is_ever_joined(
    name: str, other_name: str, phones: list[Identifier], other_phones: list[Identifier]
) -> None:
    decision = compare(record("a", name, *phones), record("b", other_name, *other_phones))
    assert decision.verdict != "join"
    if not name or not other_name:
        assert decision.verdict in ("ask", "apart")


@given(_NAMES, _NAMES, _PHONES, _PHONES, _OTHERS, _OTHERS)
def test_when_two_records_are_joined_then_something_verified_in_both_is_the_reason(
    name: str,
    other_name: str,
    phones: list[Identifier],
    other_phones: list[Identifier],
    others: list[Identifier],
    more: list[Identifier],
) -> None:
    one, other = record("a", name, *phones, *others), record("b", other_name, *other_phones, *more)
    decision = compare(one, other)
    assert 0 <= decision.score <= 1
    assert compare(other, one) == decision
    if decision.verdict == "join":
        assert codes(decision.reasons) & STRONG
        assert all(reason.weight > 0 for reason in decision.reasons)
        both = {(i.kind, i.value) for i in one.identifiers if i.evidence == "verified"}
        assert both & {(i.kind, i.value) for i in other.identifiers if i.evidence == "verified"}


def test_when_a_pair_was_judged_then_only_a_new_reason_asks_again() -> None:
    before = compare(record("a", "Ana García", phone()), record("b", "Ana García", phone())).reasons
    assert is_settled(before, before)
    again = compare(record("a", "Ana García", phone(), mail()), record("b", "Ana García", phone(), mail())).reasons
    assert not is_settled(again, before)
    less = decide([reason for reason in before if reason.code == "same_phone"]).reasons
    assert is_settled(less, before)


@pytest.mark.parametrize("code", [*WEIGHTS, "staff"])
def test_when_a_reason_is_shown_then_both_languages_have_words_for_it(code: str) -> None:
    assert code in reason_codes()
    texts = {reason_text(JoinReason(code=code, detail="+34…456", weight=0.3), language) for language in LANGUAGES}
    assert len(texts) == 2
    assert all("+34…456" in text and not text.startswith(code) for text in texts)
