"""Who is served: known sources always, strangers never or slowly, scanners not at all."""

from __future__ import annotations

import ipaddress
import itertools

import pytest

from telephony.sip.message import Flow, SipRequest, SipResponse
from telephony.sip.source_guard import (
    BAN_MS,
    BURST,
    GUESSES,
    LONGEST_BAN_MS,
    MAX_STRANGERS,
    REFILL_MS,
    STRIKES,
    SourceGuard,
)
from telephony.sip.user_agent import UserAgent
from telephony.sip.wire import UserAgentSettings
from tests.telephony.sip.ua_bench import OFFER, Bench, request

STRANGER = "8.8.8.8"
NEAR = ["127.0.0.1", "::1", "10.1.2.3", "192.168.1.9", "172.16.0.1", "fd00::1", "fe80::1%eth0", "::ffff:127.0.0.1"]


def _ban(guard: SourceGuard, host: str, now_ms: int = 0) -> None:
    for _ in range(BURST + STRIKES):
        guard.serves(host, now_ms)
    assert guard.is_banned(host, now_ms)


@pytest.mark.parametrize("host", NEAR)
@pytest.mark.parametrize("accept_unknown", [True, False])
def test_when_a_source_is_near_then_it_is_served_however_much_it_sends(host: str, accept_unknown: bool) -> None:
    guard = SourceGuard(accept_unknown=accept_unknown)
    assert all(guard.serves(host, 0) for _ in range(10_000))
    assert guard.remembered == 0


def test_when_a_source_belongs_to_a_trunk_then_it_is_served_and_never_counted() -> None:
    guard = SourceGuard([ipaddress.ip_network("8.8.4.0/24")], accept_unknown=True)
    guard.know(["9.9.9.9"])
    for host in ("8.8.4.7", "9.9.9.9", "::ffff:8.8.4.7"):
        assert all(guard.serves(host, 0) for _ in range(1_000))
    assert guard.remembered == 0


def test_when_strangers_are_not_accepted_then_they_are_neither_served_nor_remembered() -> None:
    guard = SourceGuard()
    assert not any(guard.serves(f"8.8.{a}.{b}", 0) for a, b in itertools.product(range(10), range(10)))
    assert guard.remembered == 0


def test_when_a_stranger_is_accepted_then_it_is_served_up_to_its_rate() -> None:
    guard = SourceGuard(accept_unknown=True)
    assert [guard.serves(STRANGER, 0) for _ in range(BURST + 1)] == [True] * BURST + [False]
    assert guard.serves(STRANGER, REFILL_MS)
    assert not guard.serves(STRANGER, REFILL_MS)
    assert guard.serves("8.8.8.9", REFILL_MS)


def test_when_a_stranger_goes_on_then_it_is_banned_and_each_time_for_longer() -> None:
    guard = SourceGuard(accept_unknown=True)
    _ban(guard, STRANGER)
    assert not guard.serves(STRANGER, BAN_MS - 1)
    assert guard.serves(STRANGER, BAN_MS)
    _ban(guard, STRANGER, BAN_MS)
    assert guard.is_banned(STRANGER, 3 * BAN_MS - 1)
    assert not guard.is_banned(STRANGER, 3 * BAN_MS)
    now_ms = 3 * BAN_MS
    for _ in range(20):
        _ban(guard, STRANGER, now_ms)
        now_ms += LONGEST_BAN_MS
        assert not guard.is_banned(STRANGER, now_ms)


def test_when_very_many_strangers_come_then_memory_has_its_bound() -> None:
    guard = SourceGuard(accept_unknown=True)
    for number in range(MAX_STRANGERS + 100):
        guard.serves(str(ipaddress.ip_address(0x08000000 + number)), 0)
    assert guard.remembered == MAX_STRANGERS


@pytest.mark.parametrize("host", ["10.1.2.3", STRANGER])
def test_when_passwords_are_guessed_then_the_source_is_barred_from_proofs_and_a_stranger_from_all(host: str) -> None:
    guard = SourceGuard(accept_unknown=True)
    for _ in range(GUESSES):
        guard.blame(host, 0)
    assert guard.serves(host, 0, must_prove=True)
    guard.blame(host, 0)
    assert not guard.serves(host, 0, must_prove=True)
    assert guard.serves(host, 0) == (host != STRANGER)
    assert guard.is_banned(host, 0) == (host == STRANGER)
    assert guard.serves(host, BAN_MS, must_prove=True)
    for _ in range(GUESSES + 1):
        guard.blame(host, BAN_MS)
    assert not guard.serves(host, 3 * BAN_MS - 1, must_prove=True)


def test_when_loopback_or_a_trunk_guesses_then_it_is_never_barred() -> None:
    guard = SourceGuard([ipaddress.ip_network("8.8.4.0/24")])
    for host in ("127.0.0.1", "::1", "::ffff:127.0.0.1", "8.8.4.7"):
        for _ in range(1_000):
            guard.blame(host, 0)
        assert guard.serves(host, 0, must_prove=True)


def test_when_a_phone_with_an_old_password_asks_each_minute_then_its_neighbours_are_not_barred() -> None:
    guard = SourceGuard()
    for minute in range(500):
        guard.blame("10.1.2.3", minute * 60_000)
    assert guard.serves("10.1.2.3", 500 * 60_000, must_prove=True)


def test_when_a_network_was_named_for_phones_then_strangers_there_may_prove_themselves_and_nothing_else() -> None:
    guard = SourceGuard(phone_networks=[ipaddress.ip_network("8.8.8.0/24")])
    assert not guard.serves(STRANGER, 0)
    assert [guard.serves(STRANGER, 0, must_prove=True) for _ in range(BURST + 1)] == [True] * BURST + [False]
    assert not guard.serves("8.8.9.9", 0, must_prove=True)


class _Public(Bench):
    """A bench whose peer is a stranger on a public address."""

    def __init__(self, *, accept_unknown: bool) -> None:
        super().__init__()
        serial = itertools.count(1)
        guard = SourceGuard(accept_unknown=accept_unknown)
        self.agent = UserAgent(UserAgentSettings(local_port=5060), lambda: f"tok{next(serial)}", guard)

    def ask(self, data: bytes) -> list[SipRequest | SipResponse]:
        return self.receive(data, Flow(STRANGER, 5062))


@pytest.mark.parametrize("method", ["OPTIONS", "INVITE", "REGISTER", "CANCEL", "BYE", "SUBSCRIBE", "HELLO"])
def test_when_a_stranger_sends_anything_then_it_gets_no_reply_and_no_call_begins(method: str) -> None:
    bench = _Public(accept_unknown=False)
    assert bench.ask(request(method, body=OFFER if method == "INVITE" else "")) == []
    assert bench.ask(b"INVITE sip:x SIP/2.0\r\nVia: SIP/2.0/UDP 8.8.8.8;branch=z9hG4bK7\r\n\r\n") == []
    assert bench.news == []
    assert bench.agent.open_transactions == 0


@pytest.mark.parametrize("method", ["OPTIONS", "INVITE", "REGISTER"])
def test_when_strangers_are_accepted_then_the_reply_is_the_same_for_every_user(method: str) -> None:
    replies = []
    for user in ("bot", "100", "admin", "no-such-user"):
        bench = _Public(accept_unknown=True)
        sent = bench.ask(request(method, target=f"sip:{user}@192.0.2.1", body=OFFER if method == "INVITE" else ""))
        replies.append([(item.status, item.reason) for item in sent if isinstance(item, SipResponse)])
    assert all(reply == replies[0] for reply in replies)


def test_when_a_scanner_walks_through_users_then_it_is_dropped_after_the_burst() -> None:
    bench = _Public(accept_unknown=True)
    answered = 0
    for number in range(200):
        data = request("OPTIONS", branch=f"z9hG4bK{number}", call_id=f"c{number}", target=f"sip:{number}@192.0.2.1")
        answered += bool(bench.ask(data))
    assert answered == BURST
