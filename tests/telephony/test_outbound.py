"""The check of every outbound target: what is denied by default, caps, emergency numbers, spellings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from calls.call_caps import Cap
from calls.errors import CallCentreError
from telephony.call_counts import MemoryCounts
from telephony.number_plan import NumberPlan, PrefixRule
from telephony.outbound import Allowed, CallKind, Denial, Denied, Outbound, OutboundRules

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ONE_LINE = {"carrier": NumberPlan()}


async def _check(target: str, kind: CallKind = "call", **rules: object) -> Allowed | Denied:
    return await Outbound(OutboundRules(**rules), ONE_LINE).may_call(target, kind, NOON)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "target",
    [
        *("+34 600 123 456", "600123456", "0034600123456", "tel:+34600123456", "tel:+34-600-123-456"),
        "sip:+34600123456@anywhere.example;user=phone",
    ],
)
async def test_when_a_number_of_our_country_is_called_then_every_spelling_is_the_same_number(target: str) -> None:
    assert await _check(target) == Allowed("+34600123456", "carrier")


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("+34803123456", Denial.PREMIUM),
        ("806123456", Denial.PREMIUM),
        ("+34902123456", Denial.PREMIUM),
        ("+442079460000", Denial.FOREIGN),
        ("+12025550123", Denial.FOREIGN),
        ("+881612345678", Denial.FOREIGN),
        ("+34000", Denial.SHORT),
        ("11888", Denial.SHORT),
        ("+3412", Denial.SHORT),
        ("+34111111111", Denial.INVALID),
        ("112", Denial.EMERGENCY),
        ("091", Denial.EMERGENCY),
        ("tel:112", Denial.EMERGENCY),
        ("sip:112@127.0.0.1;user=phone", Denial.EMERGENCY),
        ("sip:bob@evil.example", Denial.ADDRESS),
        ("sip:bob@ev il", Denial.NO_TARGET),
        ("bob", Denial.NO_TARGET),
        ("", Denial.NO_TARGET),
        ("https://example.com", Denial.NO_TARGET),
    ],
)
async def test_when_nothing_was_configured_then_what_could_cost_or_harm_is_denied(target: str, why: Denial) -> None:
    for kind in ("call", "refer", "callback", "transfer"):
        assert await _check(target, kind) == Denied(why)


async def test_when_there_is_no_line_or_no_chosen_one_then_nothing_is_called() -> None:
    none: dict[str, NumberPlan] = {}
    for plans in (none, {"a": NumberPlan(), "b": NumberPlan()}):
        assert await Outbound(OutboundRules(), plans).may_call("600123456", "call", NOON) == Denied(Denial.NO_TRUNK)
    chosen = Outbound(OutboundRules(trunk="b"), {"a": NumberPlan(), "b": NumberPlan()})
    assert await chosen.may_call("600123456", "call", NOON) == Allowed("+34600123456", "b")


async def test_when_countries_and_premium_numbers_are_allowed_then_they_are_called() -> None:
    assert isinstance(await _check("+442079460000", countries=("ES", "GB")), Allowed)
    assert isinstance(await _check("803123456", premium=True), Allowed)


async def test_when_a_line_for_emergencies_is_named_then_people_of_ours_reach_it_and_peers_do_not() -> None:
    assert await _check("112", emergency_trunk="carrier") == Allowed("112", "carrier", is_emergency=True)
    assert await _check("112", "refer", emergency_trunk="carrier") == Denied(Denial.EMERGENCY)
    assert await _check("112", emergency_trunk="gone") == Denied(Denial.EMERGENCY)


async def test_when_a_host_is_listed_then_its_addresses_are_called_directly() -> None:
    found = await _check("sip:bob@PBX.example", addresses=("pbx.example",))
    assert found == Allowed("", "", "sip:bob@PBX.example")


@pytest.mark.parametrize(
    ("user", "why"),
    [
        ("+34803123456", Denial.PREMIUM),
        ("803123456", Denial.PREMIUM),
        ("00442079460000", Denial.FOREIGN),
        ("112", Denial.EMERGENCY),
    ],
)
async def test_when_a_listed_host_would_dial_a_number_then_the_number_is_checked_all_the_same(
    user: str, why: Denial
) -> None:
    assert await _check(f"sip:{user}@pbx.example", addresses=("pbx.example",)) == Denied(why)
    assert isinstance(await _check("sip:205@pbx.example", addresses=("pbx.example",)), Allowed)


async def test_when_somebody_does_not_want_to_be_contacted_then_no_call_of_ours_reaches_them_and_transfers_do() -> None:
    asked: list[str] = []

    async def wants_none(number: str, asked_utc: datetime | None) -> bool:
        asked.append(number)
        return number == "+34600123456" and (asked_utc is None or asked_utc < NOON)

    outbound = Outbound(OutboundRules(addresses=("pbx",), emergency_trunk="carrier"), ONE_LINE, wants_none=wants_none)
    for target in ("600 123 456", "0034600123456", "tel:+34600123456", "sip:+34600123456@pbx"):
        for kind in ("call", "callback", "refer"):
            assert await outbound.may_call(target, kind, NOON) == Denied(Denial.DO_NOT_CONTACT)
            assert await outbound.take(target, kind, NOON) == Denied(Denial.DO_NOT_CONTACT)
    assert set(asked) == {"+34600123456"}
    assert isinstance(await outbound.may_call("600123456", "transfer", NOON), Allowed), "a colleague is at work"
    assert isinstance(await outbound.take("600123456", "callback", NOON, NOON), Allowed), "they asked for it later"
    assert isinstance(await outbound.take("600123457", "call", NOON), Allowed)
    asked.clear()
    for target in ("112", "sip:205@pbx"):
        assert isinstance(await outbound.take(target, "call", NOON), Allowed)
    assert asked == [], "help and extensions ask nobody"


async def test_when_the_day_of_another_time_zone_begins_then_the_caps_begin_anew() -> None:
    zone = ZoneInfo("Europe/Madrid")
    outbound = Outbound(OutboundRules(calls_per_number=1), ONE_LINE, zone)
    evening = datetime(2026, 11, 22, 22, 59, tzinfo=UTC)
    found = await outbound.take("600123456", "call", evening)
    assert isinstance(found, Allowed)
    assert await outbound.may_call("600123456", "call", evening) == Denied(Denial.NUMBER_CAP)
    assert await outbound.may_call("600123456", "call", evening + timedelta(minutes=1)) == found


async def test_when_caps_are_reached_then_number_line_and_day_are_denied_until_midnight() -> None:
    rules = OutboundRules(calls_per_number=2, calls_per_trunk=3, calls_per_day=4, addresses=("pbx",))
    outbound = Outbound(rules, ONE_LINE)

    async def call(target: str, now: datetime = NOON) -> Allowed | Denied:
        return await outbound.take(target, "call", now)

    assert [isinstance(await call("600123456"), Allowed) for _ in range(2)] == [True, True]
    assert await call("+34600123456") == Denied(Denial.NUMBER_CAP)
    assert isinstance(await call("600123457"), Allowed)
    assert await call("600123458") == Denied(Denial.TRUNK_CAP)
    assert isinstance(await call("sip:bob@pbx"), Allowed)
    assert await call("sip:alice@pbx") == Denied(Denial.DAY_CAP)
    assert isinstance(await call("600123456", NOON + timedelta(hours=12)), Allowed)


async def test_when_a_call_is_denied_by_one_cap_then_no_other_cap_counts_it() -> None:
    outbound = Outbound(OutboundRules(calls_per_number=1, calls_per_day=2), ONE_LINE)
    assert isinstance(await outbound.take("600123456", "call", NOON), Allowed)
    for _ in range(3):
        assert await outbound.take("600123456", "call", NOON) == Denied(Denial.NUMBER_CAP)
    assert isinstance(await outbound.take("600123457", "call", NOON), Allowed)


async def test_when_nothing_can_be_counted_then_help_can_be_called_and_nothing_else() -> None:
    class Broken(MemoryCounts):
        async def reached(self, day: date, caps: Sequence[Cap]) -> Cap | None:
            raise CallCentreError("database.unreachable", "It is down.", fault="operator")

    outbound = Outbound(OutboundRules(emergency_trunk="carrier"), ONE_LINE, counts=Broken())
    assert isinstance(await outbound.take("112", "call", NOON), Allowed)
    with pytest.raises(CallCentreError):
        await outbound.take("600123456", "call", NOON)


async def test_when_asking_is_all_then_nothing_is_counted() -> None:
    outbound = Outbound(OutboundRules(calls_per_number=1), ONE_LINE)
    for _ in range(3):
        assert isinstance(await outbound.may_call("600123456", "refer", NOON), Allowed)


@pytest.mark.parametrize(("why", "status"), [(Denial.DAY_CAP, 480), (Denial.NUMBER_CAP, 480), (Denial.FOREIGN, 403)])
def test_when_a_target_is_denied_then_the_status_says_whether_for_today_or_for_ever(why: Denial, status: int) -> None:
    assert Denied(why).status == status


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("600 123 456", "+34600123456"),
        ("0034600123456", "+34600123456"),
        ("+44 20 7946 0000", "+442079460000"),
        ("9600123456", "+34600123456"),
        ("101", "101"),
        ("alice", "alice"),
        ("anonymous", "anonymous"),
    ],
)
def test_when_a_carrier_writes_a_number_then_it_is_read_as_e164_and_names_stay(text: str, expected: str) -> None:
    assert NumberPlan(rules_in=(PrefixRule("9600", "600"),)).read(text) == expected


def test_when_a_number_is_written_for_a_carrier_then_the_first_rule_that_fits_is_used() -> None:
    plan = NumberPlan(rules_out=(PrefixRule("+34", ""), PrefixRule("+", "00")))
    assert [plan.write(item) for item in ("+34600123456", "+442079460000", "112")] == [
        "600123456",
        "00442079460000",
        "112",
    ]


async def test_when_callers_are_connected_to_our_people_then_their_number_has_no_cap_but_line_and_day_have() -> None:
    outbound = Outbound(OutboundRules(calls_per_number=1, calls_per_trunk=3), ONE_LINE)
    taken = [await outbound.take("+34910000000", "transfer", NOON) for _ in range(4)]
    assert taken[:3] == [Allowed("+34910000000", "carrier")] * 3
    assert taken[3] == Denied(Denial.TRUNK_CAP)


def test_when_only_the_rules_are_asked_then_nothing_is_counted_and_the_reason_is_told() -> None:
    outbound = Outbound(OutboundRules(), ONE_LINE)
    assert outbound.denial("+34910000000", "transfer") is None
    assert outbound.denial("sip:people@192.0.2.5", "transfer") is Denial.ADDRESS
