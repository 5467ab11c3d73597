"""Who has to prove who it is: phones that register and call in, trunks that shall, strangers who learn nothing."""

from __future__ import annotations

import ipaddress
import logging

import pytest

from telephony.sip.accounts import Account, common_algorithms, password_hashes
from telephony.sip.message import Flow, SipResponse, serialise
from telephony.sip.phone_door import DoorSettings, TrunkDoor
from telephony.sip.signals import CallArrived
from telephony.sip.source_guard import GUESSES, SourceGuard
from tests.telephony.sip.phone_bench import PHONE, PUBLIC, REALM, SECRET, DeskPhone, PhoneBench, account
from tests.telephony.sip.ua_bench import OFFER, request

HOME = "<sip:alice@10.1.2.3:5062>"


def invite(phone: DeskPhone, **more: str) -> SipResponse | CallArrived:
    """Let a phone call in, proving itself where asked; return the call, or what it was refused with."""
    asked = phone.request(HOME, method="INVITE", expires=None, to="bot", body=OFFER, **more)  # type: ignore[arg-type]
    for _ in range(2):
        sent = phone.bench.receive(serialise(phone.wallet.authorise(asked)), phone.source)
        arrived = [item for item in phone.bench.news if isinstance(item, CallArrived)]
        if arrived:
            return arrived[0]
        (refusal,) = [item for item in sent if isinstance(item, SipResponse) and item.status >= 200]
        if refusal.status != 401 or not phone.wallet.take_challenge(refusal):
            return refusal
        phone.cseq += 1
        via = (asked.headers.get("Via") or "").replace("branch=z9hG4bK", "branch=z9hG4bKa")
        asked = type(asked)(
            asked.method,
            asked.uri,
            asked.headers.replaced("CSeq", [f"{phone.cseq} INVITE"]).replaced("Via", [via]),
            asked.body,
        )
    return refusal


def test_when_a_phone_calls_in_then_it_proves_itself_and_is_known_by_name_and_display() -> None:
    call = invite(DeskPhone(PhoneBench()))
    assert isinstance(call, CallArrived)
    assert (call.phone, call.caller, call.caller_name, call.asserted) == ("alice", "alice", "Alice of the desk", True)


def test_when_a_call_names_a_phone_without_its_password_then_no_call_begins() -> None:
    bench = PhoneBench()
    for phone in (DeskPhone(bench, password="wrong"), DeskPhone(bench, "bob", "wrong", call_id="b")):
        refusal = invite(phone)
        assert isinstance(refusal, SipResponse)
        assert (refusal.status, refusal.reason) == (403, "Forbidden")
    assert not [item for item in bench.news if isinstance(item, CallArrived)]


def test_when_a_caller_names_no_phone_then_it_may_call_without_a_password_and_is_nobodys_phone() -> None:
    call = invite(DeskPhone(PhoneBench(), "carol"))
    assert isinstance(call, CallArrived)
    assert (call.phone, call.caller, call.asserted) == ("", "carol", False)


def test_when_a_phone_calls_in_anothers_name_then_it_is_refused() -> None:
    bench = PhoneBench()
    refusal = invite(DeskPhone(bench), sender="sip:bob@192.0.2.1")
    assert isinstance(refusal, SipResponse)
    assert refusal.status == 403
    refusal = invite(DeskPhone(bench, call_id="c"), sender="sip:carol@192.0.2.1")
    assert isinstance(refusal, CallArrived), "without an answer it names nobody"
    assert refusal.phone == ""


def test_when_a_phone_registers_for_another_then_it_is_refused_and_nothing_is_stored() -> None:
    phone = DeskPhone(PhoneBench())
    response = phone.prove(phone.request(HOME, to="bob"))
    assert (response.status, phone.bench.store) == (403, {})


@pytest.mark.parametrize("source", [PHONE, Flow("127.0.0.1", 5070), PUBLIC])
def test_when_a_user_does_not_exist_then_every_answer_is_that_of_a_wrong_password(source: Flow) -> None:
    said = []
    for user in ("alice", "no-such-user"):
        bench = PhoneBench(guard=SourceGuard(accept_unknown=True))
        phone = DeskPhone(bench, user, "wrong", source=source)
        first = phone.send(phone.request(HOME))
        assert phone.wallet.take_challenge(first)
        second = phone.send(phone.request(HOME))
        names = [[name for name, _ in item.headers] for item in (first, second)]
        said.append((first.status, first.reason, second.status, second.reason, names))
    assert said[0] == said[1]
    assert said[0][:4] == (401, "Unauthorized", 403, "Forbidden")


@pytest.mark.parametrize("method", ["INVITE", "OPTIONS", "REGISTER"])
def test_when_a_stranger_walks_through_the_names_at_our_address_then_each_is_challenged(method: str) -> None:
    statuses = set()
    for user in ("alice", "bob", "100", "no-such-user", "admin"):
        bench = PhoneBench(guard=SourceGuard(accept_unknown=True))
        phone = DeskPhone(bench, user, source=PUBLIC)
        body = OFFER if method == "INVITE" else ""
        response = phone.send(phone.request(HOME, method=method, body=body))
        statuses.add((response.status, len(response.headers.all("WWW-Authenticate"))))
    assert statuses == {(401, 2)}


def test_when_a_stranger_claims_a_phones_name_at_another_address_then_it_is_a_stranger_like_every_other() -> None:
    for user in ("alice", "no-such-user"):
        bench = PhoneBench(guard=SourceGuard(accept_unknown=True))
        call = invite(DeskPhone(bench, user, source=PUBLIC), sender=f"sip:{user}@elsewhere.example")
        assert isinstance(call, CallArrived)
        assert (call.phone, call.asserted) == ("", False)


def test_when_a_network_was_named_for_phones_then_its_phones_register_and_call_and_others_get_nothing() -> None:
    guard = SourceGuard(phone_networks=[ipaddress.ip_network("8.8.8.0/24")])
    bench = PhoneBench(guard=guard)
    assert DeskPhone(bench, source=PUBLIC).register().status == 200
    call = invite(DeskPhone(bench, source=PUBLIC, call_id="call"), sender="sip:alice@pbx.example")
    assert isinstance(call, CallArrived)
    assert call.phone == "alice"
    response = bench.ask(request("OPTIONS", branch="z9hG4bKo", call_id="o"), PUBLIC)
    assert response.status == 401, "who is not a phone of ours gets nowhere"
    assert bench.receive(request("OPTIONS", branch="z9hG4bKp", call_id="p"), Flow("8.8.4.4", 5060)) == []


def test_when_passwords_are_guessed_then_the_guesser_is_barred_and_the_right_one_does_not_help_it() -> None:
    bench = PhoneBench()
    for number in range(GUESSES + 1):
        phone = DeskPhone(bench, password=f"guess {number}", call_id=f"g{number}")
        assert phone.register().status == 403
    right = DeskPhone(bench, call_id="right")
    assert bench.receive(serialise(right.request(HOME)), PHONE) == []
    assert DeskPhone(bench, source=Flow("10.9.9.9", 5060), call_id="other").register().status == 200
    bench.wait(600_000)
    assert DeskPhone(bench, call_id="later").register().status == 200


def test_when_loopback_guesses_then_it_is_answered_each_time() -> None:
    bench = PhoneBench()
    for number in range(3 * GUESSES):
        phone = DeskPhone(bench, password="wrong", call_id=f"g{number}", source=Flow("127.0.0.1", 5070))
        assert phone.register().status == 403


def test_when_a_nonce_is_old_then_the_phone_hears_stale_and_proves_itself_anew() -> None:
    phone = DeskPhone(PhoneBench())
    phone.register()
    phone.bench.wait(300_000)
    response = phone.send(phone.request(HOME))
    assert response.status == 401
    assert all("stale=true" in value for value in response.headers.all("WWW-Authenticate"))
    assert phone.wallet.take_challenge(response)
    assert phone.send(phone.request(HOME)).status == 200


def test_when_somebody_sends_a_phones_request_once_more_then_it_does_not_count_again() -> None:
    phone = DeskPhone(PhoneBench())
    phone.register()
    overheard = phone.wallet.authorise(phone.request(HOME, WORK_AS_WELL))
    assert phone.bench.ask(serialise(overheard), PHONE).status == 200
    phone.bench.wait(40_000)
    replayed = serialise(overheard).replace(b"branch=z9hG4bK", b"branch=z9hG4bKevil")
    response = phone.bench.ask(replayed, Flow("10.6.6.6", 5060))
    assert response.status == 401
    assert "stale=true" in (response.headers.get("WWW-Authenticate") or "")


WORK_AS_WELL = "<sip:alice@10.1.2.4:5062>"


def test_when_a_phone_has_only_one_kind_of_hash_then_only_what_all_can_do_is_asked_for() -> None:
    phones = (account("alice"), account("bob", "MD5"))
    assert common_algorithms(phones, ("SHA-256", "MD5")) == ("MD5",)
    assert common_algorithms((account("alice"),), ("MD5", "SHA-256")) == ("MD5", "SHA-256")
    assert DoorSettings(realm=REALM).algorithms == ("MD5",), "older phones give up when SHA-256 is offered at all"
    bench = PhoneBench(phones=phones)
    phone = DeskPhone(bench)
    (challenge,) = phone.send(phone.request(HOME)).headers.all("WWW-Authenticate")
    assert "algorithm=MD5" in challenge
    assert DeskPhone(bench, "bob", call_id="b").register("<sip:bob@10.1.2.3>").status == 200


def _trunk_bench(proof: Account | None) -> PhoneBench:
    door = DoorSettings(
        realm=REALM,
        phones=(account("alice"),),
        trunks=(proof,) if proof is not None else (),
        trunk_of=lambda source: TrunkDoor(proof) if source.host == "198.51.100.7" else None,
    )
    guard = SourceGuard([ipaddress.ip_network("198.51.100.7/32")])
    return PhoneBench(door=door, guard=guard)


def test_when_a_trunk_must_prove_itself_then_its_address_is_not_enough() -> None:
    proof = Account("pbx", "pbx-user", password_hashes("pbx-user", REALM, SECRET), is_phone=False)
    source = Flow("198.51.100.7", 5060)
    call = invite(DeskPhone(_trunk_bench(proof), "pbx-user", source=source), sender="sip:+34600123456@pbx.example")
    assert isinstance(call, CallArrived)
    assert (call.phone, call.caller) == ("", "+34600123456")
    for user, password in (("pbx-user", "wrong"), ("alice", SECRET)):
        refusal = invite(DeskPhone(_trunk_bench(proof), user, password, source=source))
        assert isinstance(refusal, SipResponse)
        assert refusal.status == 403


def test_when_a_trunk_that_must_prove_itself_pings_then_it_is_answered_without() -> None:
    proof = Account("pbx", "pbx-user", password_hashes("pbx-user", REALM, SECRET), is_phone=False)
    assert _trunk_bench(proof).ask(request("OPTIONS"), Flow("198.51.100.7", 5060)).status == 200


def test_when_a_trunk_is_known_by_its_address_then_its_callers_may_be_called_like_a_phone() -> None:
    call = invite(DeskPhone(_trunk_bench(None), "alice", "unknown", source=Flow("198.51.100.7", 5060)))
    assert isinstance(call, CallArrived)
    assert (call.phone, call.caller) == ("", "alice")


def test_when_accounts_and_challenges_are_shown_or_logged_then_no_password_and_no_hash_is(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    phone = account("alice")
    DeskPhone(PhoneBench()).register()
    DeskPhone(PhoneBench(), password="wrong").register()
    for text in (repr(phone), repr(DoorSettings(realm=REALM, phones=(phone,))), caplog.text):
        assert SECRET not in text
        assert not any(value in text for value in phone.hashes.values())
