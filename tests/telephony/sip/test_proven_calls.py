"""Calls that a carrier challenges: the INVITE is sent again with proof, and so is what follows in the call."""

from __future__ import annotations

import pytest

from telephony.sip.digest import account_hash, parse_answers
from telephony.sip.digest_client import Credentials
from telephony.sip.digest_server import DigestServer, NotProven, Proven
from telephony.sip.headers import Headers
from telephony.sip.message import SipRequest, SipResponse, serialise
from telephony.sip.signals import CallConfirmed, CallOver, DirectMedia, HangUpCall, PlaceCall
from telephony.sip.uri import SipUri
from tests.telephony.sip.ua_bench import LOCAL_HOST, OFFER, PEER, Bench

TARGET = SipUri("sip", "+34600123456", "carrier.example")
FIELDS = {401: ("WWW-Authenticate", "Authorization"), 407: ("Proxy-Authenticate", "Proxy-Authorization")}


class Carrier:
    """The far side by hand."""

    def __init__(self, status: int = 407, password: str = "secret") -> None:
        self.bench = Bench()
        self.status = status
        self.server = DigestServer("carrier", lambda: "n")
        order = PlaceCall(
            session_id="out",
            target=TARGET,
            flow=PEER,
            local_host=LOCAL_HOST,
            media_port=4000,
            caller="user1",
            credentials=Credentials("user1", password),
            from_host="carrier.example",
        )
        self.invite = self.find(self.bench.give(order), "INVITE")

    def find(self, sent: list[SipRequest | SipResponse], method: str) -> SipRequest:
        (found,) = [item for item in sent if isinstance(item, SipRequest) and item.method == method]
        return found

    def answer(
        self, to: SipRequest, status: int, *fields: tuple[str, str], body: str = ""
    ) -> list[SipRequest | SipResponse]:
        names = ("Via", "From", "Call-ID", "CSeq")
        copied = [(name, to.headers.get(name) or "") for name in names]
        party = to.headers.get("To") or ""
        copied += [
            ("To", party if "tag=" in party else f"{party};tag=far"),
            ("Contact", "<sip:far@192.0.2.7>"),
            *fields,
        ]
        if body:
            copied.append(("Content-Type", "application/sdp"))
        response = SipResponse(status, "x", Headers(copied), body.replace("\n", "\r\n").encode())
        return self.bench.receive(serialise(response))

    def challenge(self, to: SipRequest, *, stale: bool = False) -> list[SipRequest | SipResponse]:
        name = FIELDS[self.status][0]
        fields = [(name, str(item)) for item in self.server.challenges(self.bench.now_ms, stale=stale)]
        return self.answer(to, self.status, *fields)

    def check(self, request: SipRequest) -> Proven | NotProven:
        return self.server.check(
            request,
            lambda user, kind: account_hash(kind, user, "carrier", "secret"),
            self.bench.now_ms,
            FIELDS[self.status][1],
        )

    def connect(self) -> SipRequest:
        """Let the call be challenged, proven and answered; return the ACK of the answer."""
        again = self.find(self.challenge(self.invite), "INVITE")
        assert self.check(again) == Proven("user1")
        self.invite = again
        return self.find(self.answer(again, 200, body=OFFER), "ACK")


@pytest.mark.parametrize("status", [401, 407])
def test_when_the_carrier_challenges_then_the_same_call_is_asked_for_again_with_proof(status: int) -> None:
    carrier = Carrier(status)
    assert (carrier.invite.headers.get("From") or "").startswith("<sip:user1@carrier.example>")
    sent = carrier.challenge(carrier.invite)
    assert [item.method for item in sent if isinstance(item, SipRequest)] == ["ACK", "INVITE"]
    again = carrier.find(sent, "INVITE")
    assert again.headers.get("CSeq") == "2 INVITE"
    assert again.headers.get("Call-ID") == carrier.invite.headers.get("Call-ID")
    assert carrier.check(again) == Proven("user1")


def test_when_the_call_stands_then_ack_repeats_the_proof_and_hold_and_bye_carry_their_own() -> None:
    carrier = Carrier()
    ack = carrier.connect()
    name = "Proxy-Authorization"
    assert ack.headers.all(name) == carrier.invite.headers.all(name)
    assert any(isinstance(item, CallConfirmed) for item in carrier.bench.take_news())
    hold = carrier.find(carrier.bench.give(DirectMedia("out", "sendonly")), "INVITE")
    assert carrier.check(hold) == Proven("user1")
    carrier.answer(hold, 200, body=OFFER + "a=recvonly\n")
    bye = carrier.find(carrier.bench.give(HangUpCall("out")), "BYE")
    assert carrier.check(bye) == Proven("user1")
    assert [item.nc for request in (hold, bye) for item in parse_answers(request.headers.all(name))] == [2, 3]


def test_when_the_nonce_became_stale_meanwhile_then_hold_and_bye_are_sent_once_more() -> None:
    carrier = Carrier()
    carrier.connect()
    carrier.bench.wait(400_000)
    hold = carrier.find(carrier.bench.give(DirectMedia("out", "sendonly")), "INVITE")
    assert carrier.check(hold) == NotProven(stale=True)
    carrier.challenge(hold, stale=True)
    again = carrier.find(carrier.bench.wait(1), "INVITE")
    assert carrier.check(again) == Proven("user1")
    carrier.answer(again, 200, body=OFFER + "a=recvonly\n")
    carrier.bench.now_ms += 400_000
    bye = carrier.find(carrier.bench.give(HangUpCall("out")), "BYE")
    assert carrier.check(bye) == NotProven(stale=True)
    assert carrier.check(carrier.find(carrier.challenge(bye, stale=True), "BYE")) == Proven("user1")


def test_when_the_password_is_wrong_then_the_call_is_refused_after_one_proof() -> None:
    carrier = Carrier(password="wrong")
    again = carrier.find(carrier.challenge(carrier.invite), "INVITE")
    assert carrier.check(again) == NotProven(tried=True)
    assert [item.method for item in carrier.challenge(again) if isinstance(item, SipRequest)] == ["ACK"]
    (over,) = [item for item in carrier.bench.take_news() if isinstance(item, CallOver)]
    assert (over.cause, over.status) == ("refused", 407)
