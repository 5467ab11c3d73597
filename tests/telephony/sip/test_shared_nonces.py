"""Challenges that every process of a database believes: one is enough wherever the answer goes, and it counts once."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable
from dataclasses import replace

import pytest

from calls.nonces import NONCE_MS, NonceUse
from telephony.sip.digest import Algorithm, account_hash, parse_answers
from telephony.sip.digest_client import Credentials, Wallet
from telephony.sip.digest_server import AHEAD_MS, SEAL_PERIOD_MS, DigestServer, NotProven, Proven
from telephony.sip.headers import Headers
from telephony.sip.message import SipRequest, SipResponse, serialise
from telephony.sip.phone_door import DoorSettings
from telephony.sip.signals import CallArrived, ChallengeCall, SharedClock
from tests.telephony.sip.phone_bench import PHONE, REALM, SECRET, DeskPhone, PhoneBench, account
from tests.telephony.sip.ua_bench import OFFER

REGISTER = SipRequest("REGISTER", "sip:example.org", Headers([("CSeq", "1 REGISTER")]))
NOW_MS = 20_000 * SEAL_PERIOD_MS + 3_600_000
"""On the shared clock."""
HOME = "<sip:alice@10.1.2.3:5062>"


def seal_key(period: int) -> bytes:
    return hashlib.sha256(b"%d" % period).digest()


def server(name: str, key: Callable[[int], bytes] | None = seal_key, *, shared_ms: int | None = NOW_MS) -> DigestServer:
    """Make a process; its own clock stands at 0."""
    serial = itertools.count(1)
    made = DigestServer(REALM, lambda: f"{name}{next(serial)}", seal_key=key)
    made.set_shared_clock(shared_ms, 0)
    return made


def wallet(password: str = SECRET) -> Wallet:
    serial = itertools.count(1)
    return Wallet(Credentials("alice", password), lambda: f"c{next(serial)}")


def challenged(by: DigestServer, now_ms: int = 0, password: str = SECRET) -> Wallet:
    made = wallet(password)
    fields = Headers([("WWW-Authenticate", str(item)) for item in by.challenges(now_ms)])
    assert made.take_challenge(SipResponse(401, "", fields))
    return made


def find(user: str, algorithm: Algorithm) -> str | None:
    return account_hash(algorithm, user, REALM, SECRET) if user == "alice" else None


def nonce_of(request: SipRequest) -> str:
    (answer,) = parse_answers(request.headers.all("Authorization"))
    return answer.nonce


def test_when_another_process_is_answered_than_asked_then_it_believes_it_once_it_is_counted() -> None:
    asked, other = server("a"), server("b")
    phone = challenged(asked)
    for count in (1, 2):
        request = phone.authorise(REGISTER)
        use = NonceUse(nonce_of(request).rpartition("-")[0], NOW_MS, count)
        assert other.check(request, find, 10) == Proven("alice", use)
        assert asked.check(request, find, 10) == Proven("alice", use), "it counts nothing itself"
    assert (asked.remembered, other.remembered) == (0, 0)


def test_when_the_processes_clocks_differ_then_the_shared_one_decides() -> None:
    asked, other = server("a"), server("b")
    other.set_shared_clock(NOW_MS + 1_000, 77_000_000)  # it started long before, and asked a second later
    request = challenged(asked, 1_000).authorise(REGISTER)
    assert isinstance(other.check(request, find, 77_000_000), Proven)
    assert isinstance(other.check(request, find, 77_000_000 + NONCE_MS - 1), Proven)
    assert other.check(request, find, 77_000_000 + NONCE_MS) == NotProven(stale=True)
    assert isinstance(other.check(request, find, 77_000_000 - AHEAD_MS), Proven), "asked a slow query ago"
    assert other.check(request, find, 77_000_000 - AHEAD_MS - 1) == NotProven(stale=True)


def test_when_the_key_changes_then_what_was_sealed_before_serves_until_its_own_time_is_over() -> None:
    before_ms = 20_001 * SEAL_PERIOD_MS - 1
    asked, other = server("a", shared_ms=before_ms), server("b", shared_ms=before_ms)
    phone = challenged(asked, 0)
    later = challenged(asked, 2)
    assert nonce_of(phone.authorise(REGISTER))[:9] <= nonce_of(later.authorise(REGISTER))[:9]
    for wallet_of in (phone, later):
        assert isinstance(other.check(wallet_of.authorise(REGISTER), find, NONCE_MS - 1), Proven)
    assert other.check(phone.authorise(REGISTER), find, NONCE_MS) == NotProven(stale=True)


def test_when_the_key_is_another_then_the_seal_is_none() -> None:
    asked, stranger = server("a"), server("b", lambda period: b"another" + seal_key(period))
    assert stranger.check(challenged(asked).authorise(REGISTER), find, 10) == NotProven(stale=True)


@pytest.mark.parametrize(
    "forge",
    [
        lambda nonce: nonce.replace("s", "t", 1),
        lambda nonce: "s" + format(NOW_MS + 1, "x") + nonce[nonce.index("-") :],
        lambda nonce: nonce.replace("-a", "-b", 1),
        lambda nonce: nonce[:-1] + ("0" if nonce[-1] != "0" else "1"),
        lambda nonce: "s" + "f" * 400 + nonce[nonce.index("-") :],
        lambda nonce: "s-" + nonce,
        lambda nonce: "",
        lambda nonce: "-",
        lambda nonce: "s1\u0662-tok-" + nonce[-32:],
    ],
)
def test_when_a_nonce_is_forged_then_the_password_is_not_looked_at(forge: Callable[[str], str]) -> None:
    asked = server("a")
    request = challenged(asked).authorise(REGISTER)
    field = request.headers.get("Authorization") or ""
    forged = field.replace(nonce_of(request), forge(nonce_of(request)))
    assert forged != field
    changed = replace(request, headers=request.headers.replaced("Authorization", [forged]))
    assert asked.check(changed, find, 10) in (NotProven(stale=True), NotProven())


def test_when_a_password_is_wrong_then_it_is_tried_and_nothing_is_to_be_counted() -> None:
    request = challenged(server("a"), password="wrong").authorise(REGISTER)
    assert server("b").check(request, find, 10) == NotProven(tried=True)


def test_when_the_shared_clock_cannot_be_asked_then_each_process_believes_only_what_it_asked_itself() -> None:
    asked, other = server("a"), server("b")
    shared = challenged(asked)
    for one in (asked, other):
        one.set_shared_clock(None, 0)
        assert one.check(shared.authorise(REGISTER), find, 10) == NotProven(stale=True)
    own = challenged(asked, 10)
    request = own.authorise(REGISTER)
    assert other.check(request, find, 20) == NotProven(stale=True)
    assert asked.check(request, find, 20) == Proven("alice")
    assert asked.check(request, find, 20) == NotProven(stale=True), "and counts it"
    asked.set_shared_clock(NOW_MS, 30)
    assert asked.check(own.authorise(REGISTER), find, 40) == Proven("alice"), "its own still serve"
    assert isinstance(other.check(shared.authorise(REGISTER), find, 40), NotProven)
    assert isinstance(asked.check(shared.authorise(REGISTER), find, 40), Proven)


def test_when_nothing_is_shared_then_a_process_asks_alone_whatever_the_clock_says() -> None:
    alone = server("a", None)
    assert alone.check(challenged(alone).authorise(REGISTER), find, 10) == Proven("alice")


# Through the user agent


def processes(n: int = 2) -> list[PhoneBench]:
    """Return user agents of several processes that share bindings and counts."""
    settings = DoorSettings(realm=REALM, phones=(account("alice"),), seal_key=seal_key)
    made = [PhoneBench(door=settings) for _ in range(n)]
    for number, bench in enumerate(made):
        bench.store, bench.used = made[0].store, made[0].used
        bench.now_ms = 1_000_000 * number
        bench.give(SharedClock(NOW_MS))
    return made


def arrived_of(bench: PhoneBench) -> CallArrived:
    (call,) = [item for item in bench.take_news() if isinstance(item, CallArrived)]
    return call


def test_when_a_challenge_is_answered_at_the_other_process_then_the_phone_is_registered_after_one() -> None:
    near, far = processes()
    phone = DeskPhone(near)
    assert phone.wallet.take_challenge(phone.send(phone.request(HOME)))
    phone.bench = far
    assert phone.send(phone.request(HOME)).status == 200
    assert len(far.store["alice"]) == 1


def test_when_a_register_is_replayed_at_another_process_then_it_hears_401_and_changes_nothing() -> None:
    near, far = processes()
    phone = DeskPhone(near)
    phone.register()
    overheard = serialise(phone.wallet.authorise(phone.request(HOME)))
    evil = overheard.replace(b"branch=z9hG4bK", b"branch=z9hG4bKevil").replace(b"10.1.2.3:5062>", b"10.6.6.6:5062>")
    evil = evil.replace(b"tag=freg-1", b"tag=evil")  # else it is a loop
    assert near.ask(overheard).status == 200
    stored = far.store["alice"]
    for bench in (far, near):
        response = bench.ask(evil)
        assert response.status == 401
        assert "stale=true" in (response.headers.get("WWW-Authenticate") or "")
    assert far.store["alice"] == stored
    assert phone.wallet.take_challenge(response)
    assert phone.send(phone.request(HOME)).status == 200, "the phone itself goes on"


def test_when_a_proven_call_comes_then_its_proof_is_to_be_counted_before_anybody_believes_it() -> None:
    near, far = processes()
    phone = DeskPhone(near)
    call = phone.request(HOME, method="INVITE", expires=None, to="bot", body=OFFER)
    (refusal,) = near.receive(serialise(call), PHONE)
    assert isinstance(refusal, SipResponse)
    assert phone.wallet.take_challenge(refusal)
    phone.bench = far
    again = phone.request(HOME, method="INVITE", expires=None, to="bot", body=OFFER)
    data = serialise(phone.wallet.authorise(again))
    assert [item.status for item in far.receive(data, PHONE) if isinstance(item, SipResponse)] == [100]
    call_in = arrived_of(far)
    assert call_in.phone == "alice"
    assert call_in.use is not None
    assert far.count(call_in.use)
    replayed = data.replace(b"branch=z9hG4bK", b"branch=z9hG4bKevil").replace(b"tag=freg-1", b"tag=evil")
    near.receive(replayed, PHONE)
    second = arrived_of(near)
    assert second.use == call_in.use
    assert not near.count(second.use)
    (response,) = near.give(ChallengeCall(second.session_id))
    assert isinstance(response, SipResponse)
    assert response.status == 401
    assert "stale=true" in (response.headers.get("WWW-Authenticate") or "")
    assert near.give(ChallengeCall(second.session_id)) == [], "once"
