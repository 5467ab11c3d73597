"""Phones behind the kamailio that is delivered prove themselves once, whichever gateway asked or is told."""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
from pathlib import Path

import pytest

from calls.ports import CallOffer, IncomingCall
from telephony.sip.digest_client import Credentials, Wallet
from telephony.sip.message import SipRequest, SipResponse, serialise
from telephony.sip.parse_message import parse_message
from telephony.sip.phone_door import PhoneDoor
from telephony.sip.refusal import Refusal
from telephony.sip_call import CallRefusal
from tests.telephony.baresip import phone
from tests.telephony.gateway.test_phones import REALM, SECRET
from tests.telephony.gateway.test_phones_behind_proxy import Desk, desk
from tests.telephony.kamailio_edge import HOST
from tests.telephony.raw_line import RawLine
from tests.telephony.raw_phone import description
from tests.waiting import eventually

pytestmark = pytest.mark.peer
CALLS = 6
HOME = "<sip:alice@10.9.9.9:5999>"
EVIL = "<sip:alice@10.6.6.6:6666>"


class Asker:
    """A phone by hand that keeps its nonce and counts how often it was asked for its password."""

    def __init__(self, raw: RawLine) -> None:
        self.raw = raw
        self.wallet = Wallet(Credentials("alice", SECRET, REALM), lambda: secrets.token_hex(8))
        self.challenges: list[bool] = []
        """Whether each said that only the nonce was wrong."""
        self.cseq = 0
        self.sent = b""

    async def ask(self, method: str, call_id: str, *, to: str = "alice") -> str:
        """Send a request, with proof when asked; return its final response."""
        for _ in range(8):
            said = await self.once(method, call_id, to=to)
            if not said.startswith("SIP/2.0 401"):
                return said
        pytest.fail("it is asked for ever")

    async def once(self, method: str, call_id: str, *, to: str = "alice") -> str:
        """Send a request with the proof that it has; return the final response, which may ask for another."""
        body = description(40_000) if method == "INVITE" else ""
        self.cseq += 1
        text = (
            f"{method} sip:{to}@{HOST} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP 10.9.9.9:5999;branch=z9hG4bK{secrets.token_hex(8)};rport\r\n"
            f"Max-Forwards: 70\r\nFrom: <sip:alice@{HOST}>;tag=raw\r\nTo: <sip:{to}@{HOST}>\r\n"
            f"Call-ID: {call_id}\r\nCSeq: {self.cseq} {method}\r\nContact: {HOME}\r\nExpires: 600\r\n"
            + ("Content-Type: application/sdp\r\n" if body else "")
            + f"Content-Length: {len(body)}\r\n\r\n{body}"
        )
        request = parse_message(text.encode())
        assert isinstance(request, SipRequest)
        self.sent = serialise(self.wallet.authorise(request))
        said = await self.repeat(self.sent)
        response = parse_message(said.encode())
        assert isinstance(response, SipResponse)
        if method == "INVITE" and response.status >= 300:
            self.ack(text, said)
        if response.status != 401:
            self.wallet.accepted()
        else:
            self.challenges.append("stale=true" in said)
            assert self.wallet.take_challenge(response)
        return said

    async def repeat(self, data: bytes) -> str:
        """Send bytes and return the final response."""
        self.raw.send(data.decode())
        while (said := await self.raw.next_response()).startswith("SIP/2.0 1"):
            pass
        return said

    def ack(self, text: str, said: str) -> None:
        """Confirm a refusal."""
        kept = re.findall(r"(?m)^(?:Via|From|Call-ID): .*$", text)
        to = re.search(r"(?m)^To: .*$", said)
        assert to is not None
        lines = [f"ACK sip:alice@{HOST} SIP/2.0", *(line.strip() for line in kept), to[0].strip()]
        more = [f"CSeq: {self.cseq} ACK", "Max-Forwards: 70", "Content-Length: 0"]
        self.raw.send("\r\n".join([*lines, *more]) + "\r\n\r\n")


def _be_busy(made: Desk) -> None:
    """Let calls be refused once they were let in, so that nothing is left of them."""
    for house in (made.near, made.far):
        house.gateway._on_call = lambda call: call.reject(486, "Busy Here")


async def test_when_a_phone_calls_again_and_again_then_it_is_asked_for_its_password_once_each_time(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    challenges: list[bool] = []
    challenge = PhoneDoor.challenge

    def count(door: PhoneDoor, now_ms: int, *, stale: bool = True) -> Refusal:
        challenges.append(stale)
        return challenge(door, now_ms, stale=stale)

    monkeypatch.setattr(PhoneDoor, "challenge", count)
    async with desk(tmp_path) as made, phone(tmp_path, line=made.line("tcp")) as alice:
        await made.binding()
        for call in range(1, CALLS + 1):
            await alice.command("dial", f"sip:bot@{made.edge.address};transport=tcp")
            await eventually(lambda call=call: len(made.near.legs) + len(made.far.legs) == call)  # type: ignore[misc]
            owner = next(house for house in (made.near, made.far) if house.gateway.open_calls)
            await owner.legs[-1].hang_up()
            await eventually(lambda owner=owner: owner.gateway.open_calls == 0)  # type: ignore[misc]
        offers = [*made.near.offers, *made.far.offers]
        assert [(offer.phone, offer.asserted) for offer in offers] == [("alice", True)] * CALLS
        assert len(challenges) == CALLS + 1, "one for each call and one for the registration"
        assert not any(challenges), "none says that only the nonce was wrong"
        assert list(made.nonces.used.values()) == [1] * (CALLS + 1), "counted together, each once"
    assert SECRET not in caplog.text
    for period in range(19_000, 22_000):
        assert made.nonces.seal_key(period).hex() not in caplog.text


async def test_when_another_gateway_asked_than_the_proxy_sends_the_answer_to_then_one_challenge_is_enough(
    tmp_path: Path,
) -> None:
    """The Call-ID decides where an answer goes, the turn who asks: of many calls half would be asked twice."""
    async with desk(tmp_path) as made, RawLine.open(made.edge.port, "udp", HOST) as raw:
        _be_busy(made)
        for number in range(8):
            asker = Asker(raw)
            assert (await asker.ask("INVITE", f"call-{number}", to="bot")).startswith("SIP/2.0 486")
            assert asker.challenges == [False]
        assert made.near.offers
        assert made.far.offers


async def test_when_a_proof_is_replayed_past_the_proxy_at_the_other_gateway_then_nothing_comes_of_it(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as made, RawLine.open(made.edge.port, "udp", HOST) as raw:
        asker = Asker(raw)
        assert (await asker.ask("REGISTER", "reg-1")).startswith("SIP/2.0 200")
        overheard, binding = asker.sent, await made.binding()
        for number, house in enumerate((await made.other(), made.near, made.far)):
            evil = overheard.replace(HOME.encode(), EVIL.encode()).replace(b"z9hG4bK", b"z9hG4bKevil%d" % number)
            evil = evil.replace(b"tag=raw", b"tag=evil%d" % number)  # else it is a loop
            async with RawLine.open(house.port, "udp") as thief:
                said = await Asker(thief).repeat(evil)
                assert said.startswith("SIP/2.0 401")
                assert "stale=true" in said
        assert await made.near.bindings.of("alice") == (binding,)
        assert (await asker.ask("REGISTER", "reg-1")).startswith("SIP/2.0 200"), "the phone goes on with its nonce"
        assert asker.challenges == [False]


async def test_when_the_gateway_with_the_answer_is_full_then_the_next_one_takes_it_without_asking_again(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as made, RawLine.open(made.edge.port, "udp", HOST) as raw:
        _be_busy(made)
        full: list[CallOffer] = []

        def refuse(offer: CallOffer) -> CallRefusal:
            full.append(offer)
            return made.near.gateway.no_room(offer)

        made.near.gateway.admit = refuse
        asked = 0
        while not full and asked < 12:  # until a Call-ID leads to the one that is full
            asker = Asker(raw)
            assert (await asker.ask("INVITE", f"call-{asked}", to="bot")).startswith("SIP/2.0 486")
            assert asker.challenges == [False]
            asked += 1
        assert full


async def test_when_the_database_goes_then_phones_still_call_and_are_asked_by_the_gateway_that_hears_them(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as made, RawLine.open(made.edge.port, "udp", HOST) as raw:
        _be_busy(made)
        made.nonces.is_broken = True
        for number in range(4):
            asker = Asker(raw)
            assert (await asker.ask("INVITE", f"call-{number}", to="bot")).startswith("SIP/2.0 486")
            assert 1 <= len(asker.challenges) <= 3
        assert made.nonces.used == {}


async def test_when_a_caller_gives_up_while_its_proof_is_counted_then_the_call_ends_and_nobody_is_told(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as made, RawLine.open(made.edge.port, "udp", HOST) as raw:
        counting, go_on = asyncio.Event(), asyncio.Event()
        began: list[IncomingCall] = []
        for house in (made.near, made.far):
            house.gateway._on_call = began.append
        take = made.nonces.take

        async def slow(use: object) -> bool:
            counting.set()
            await go_on.wait()
            return await take(use)  # type: ignore[arg-type]

        made.nonces.take = slow  # type: ignore[method-assign]
        asker = Asker(raw)
        call = asyncio.create_task(asker.ask("INVITE", "given-up", to="bot"))
        async with asyncio.timeout(5):
            await counting.wait()
        text = asker.sent.decode()
        kept = re.findall(r"(?m)^(?:Via|From|To|Call-ID|Max-Forwards): .*$", text)
        lines = [f"CANCEL sip:bot@{HOST} SIP/2.0", *(line.strip() for line in kept), f"CSeq: {asker.cseq} CANCEL"]
        raw.send("\r\n".join([*lines, "Content-Length: 0"]) + "\r\n\r\n")
        said = await call
        assert said.startswith(("SIP/2.0 200", "SIP/2.0 487"))  # of the CANCEL, or of the call
        await eventually(lambda: made.near.gateway.open_calls + made.far.gateway.open_calls == 0)
        go_on.set()
        await asyncio.sleep(0.1)
        assert began == []
