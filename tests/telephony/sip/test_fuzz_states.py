"""A peer that knows its way and abuses it: valid and spoilt requests and responses, within calls and outside of them.

Where `test_fuzz` shoots blindly, this machine keeps dialogs: it answers our requests, confirms, holds, transfers,
repeats, and spoils one field at a time, so that it gets deep into the tables. After every step the bounds hold, and at
the end everything is over.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from telephony.rtp.dtls_terms import SrtpWish, fingerprint_of
from telephony.sip.message import Flow, SipRequest, SipResponse, serialise
from telephony.sip.signals import (
    AnswerCall,
    AskTransfer,
    BeginEarlyMedia,
    CallArrived,
    CallOver,
    DecideTransfer,
    DirectMedia,
    FlowLost,
    HangUpCall,
    PlaceCall,
    RejectCall,
    ReportTransfer,
    RingCall,
    SendDigit,
    SendFailed,
    TransferAsked,
    UserAgentOrder,
)
from telephony.sip.transaction import State
from telephony.sip.uri import SipUri
from tests.telephony.sip.ua_bench import OFFER, PEER, Bench, request, tag_of

TCP = Flow("192.0.2.7", 5062, "tcp", 7)
TLS = Flow("192.0.2.7", 5062, "tls", 8)
LONGEST_QUIET_MS = 400_000
"""After it nothing may be left: 64*T1 several times, timer C, the longest wait for news of a transfer (180 s)."""
LONGEST_FAREWELL_MS = 100_000
"""Three times 64*T1: a 200 without ACK, then our BYE without answer, and some ringing before."""
MOST_OUTPUTS_A_STEP = 12
"""What one datagram may set off: a request never makes us send many."""

PRINT = fingerprint_of(b"certificate")
BODIES = {
    "offer": OFFER,
    "held": OFFER + "a=sendonly\n",
    "nowhere": OFFER.replace("IP4 192.0.2.7\nt", "IP4 0.0.0.0\nt"),
    "removed": OFFER.replace("audio 40000", "audio 0"),
    "video": OFFER + "m=video 5000 RTP/AVP 99\n",
    "unknown codec": OFFER.replace("0 8 101", "18"),
    "secure": OFFER.replace("RTP/AVP", "RTP/SAVP")
    + f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{'A' * 40}\na=crypto:2 AEAD_AES_128_GCM inline:{'B' * 38}==\n",
    "by dtls": OFFER.replace("RTP/AVP", "UDP/TLS/RTP/SAVP") + f"a=fingerprint:{PRINT}\na=setup:actpass\na=rtcp-mux\n",
    "by dtls, active": OFFER.replace("RTP/AVP", "UDP/TLS/RTP/SAVPF") + f"a=fingerprint:{PRINT}\na=setup:active\n",
    "broken": "v=0\nx",
    "none": "",
}
EXTRAS = [
    "Supported: 100rel, timer, replaces",
    "Require: 100rel",
    "Session-Expires: 90;refresher=uac",
    "Session-Expires: 90;refresher=uas",
    "Session-Expires: 10",
    "Expires: 3",
    "Refer-To: <sip:c@192.0.2.9>",
    "Refer-To: <sip:c@192.0.2.9?Replaces=x%3Bto-tag%3D1%3Bfrom-tag%3D2>",
    "Event: refer",
    "Subscription-State: terminated;reason=noresource",
    "RAck: 1 1 INVITE",
    "Content-Disposition: signal;handling=optional",
    "Record-Route: <sip:192.0.2.8;lr>",
    "Max-Forwards: 0",
]
METHODS = [
    "INVITE",
    "BYE",
    "CANCEL",
    "OPTIONS",
    "INFO",
    "UPDATE",
    "PRACK",
    "REFER",
    "NOTIFY",
    "ACK",
    "SUBSCRIBE",
    "FOO",
]
STATUSES = [100, 180, 183, 199, 200, 202, 302, 401, 404, 408, 422, 481, 486, 487, 488, 491, 500, 503, 603]
SPOILS = ["", "", "", "", "cseq", "tag", "branch", "cut", "octet", "twice", "via"]
bodies = st.sampled_from(sorted(BODIES))
extras = st.lists(st.sampled_from(EXTRAS), max_size=2, unique_by=lambda line: line.partition(":")[0]).map(tuple)


@dataclass
class Call:
    """What the peer knows of one call."""

    call_id: str
    own_tag: str
    session_id: str
    """Our side's name of it."""
    tag: str = ""
    """Our side's tag."""
    cseq: int = 1
    branch: str = ""
    """Of the INVITE."""
    ours: list[SipRequest] = field(default_factory=list)
    """Our side's requests in it that may be answered."""


class UnkindPeer(RuleBasedStateMachine):
    calls = Bundle("calls")

    def __init__(self) -> None:
        super().__init__()
        self.bench = Bench(random_bytes=bytes, fingerprint=PRINT)
        self.known: list[Call] = []
        self.alive: set[str] = set()
        self.over_ms: dict[str, int] = {}
        self.born_ms: dict[tuple[str, ...], int] = {}
        self.transfers: list[tuple[str, int]] = []
        self.serial = 0
        self.seen = 0
        self.largest_step = 0
        self.last: bytes = b""

    # Hands

    def _fresh(self) -> str:
        self.serial += 1
        return f"z9hG4bK{self.serial}"

    def _receive(self, data: bytes, source: Flow = PEER, spoil: str = "") -> list[SipRequest | SipResponse]:
        if spoil == "cut":
            data = data[: len(data) * 2 // 3]
        elif spoil == "octet":
            data = data.replace(b"0", b"\xff", 1)
        elif spoil == "via":
            data = data.replace(b"SIP/2.0/UDP", b"SIP/2.0/TCP", 1)
        sent = self.bench.receive(data, source)
        self.last = data
        self.largest_step = max(self.largest_step, len(sent))
        if spoil == "twice":
            self.bench.receive(data, source)
        self._look()
        return sent

    def _order(self, order: UserAgentOrder) -> None:
        self.bench.give(order)
        self._look()

    def _look(self) -> None:
        """Take note of what our side said: new calls, ends, requests to answer."""
        for news in self.bench.take_news():
            if isinstance(news, CallArrived):
                self.alive.add(news.session_id)
            elif isinstance(news, TransferAsked):
                self.transfers.append((news.session_id, news.transfer_id))
            elif isinstance(news, CallOver):
                assert news.session_id in self.alive, "each call ends once"
                self.alive.discard(news.session_id)
                self.over_ms[news.session_id] = self.bench.now_ms
        for message in self.bench.sent[self.seen :]:
            call_id = message.headers.get("Call-ID")
            call = next((item for item in self.known if item.call_id == call_id), None)
            if isinstance(message, SipRequest) and message.method != "ACK":
                if call is None:
                    call = Call(call_id or "", "callee", "placed")
                    self.known.append(call)
                call.ours.append(message)
                call.tag = (message.headers.get("From") or "").partition("tag=")[2]
            elif isinstance(message, SipResponse) and call is not None and tag_of(message) and not call.tag:
                call.tag = tag_of(message)
        self.seen = len(self.bench.sent)

    # Calls that come and go

    @initialize(target=calls)
    def first_call(self) -> Call:
        return self._invite("offer", ())

    @rule(target=calls, body=bodies, extra=extras, spoil=st.sampled_from(SPOILS), source=st.sampled_from([PEER, TLS]))
    def invite(self, body: str, extra: tuple[str, ...], spoil: str, source: Flow) -> object:
        call = self._invite(body, extra, spoil, source)
        return call if call.session_id else multiple()

    def _invite(self, body: str, extra: tuple[str, ...], spoil: str = "", source: Flow = PEER) -> Call:
        call = Call(f"call-{self.serial}", f"peer{self.serial}", "", branch=self._fresh())
        self.known.append(call)
        before = set(self.alive)
        self._receive(
            request(
                "INVITE",
                branch=call.branch,
                call_id=call.call_id,
                from_tag=call.own_tag,
                extra=extra,
                body=BODIES[body],
            ),
            source=source,
            spoil=spoil,
        )
        call.session_id = next(iter(self.alive - before), "")
        return call

    @rule(target=calls, secure=st.sampled_from([False, True, "dtls"]))
    def place(self, secure: SrtpWish) -> Call:
        session = f"out{self._fresh()}"
        self.alive.add(session)
        count = len(self.known)
        target = SipUri("sip", "b", "192.0.2.7")
        self._order(PlaceCall(session, target, TLS if secure else PEER, "192.0.2.1", 30_000, "a", secure=secure))
        call = self.known[count]
        call.session_id = session
        return call

    @rule(call=calls, what=st.sampled_from(["ring", "early", "answer", "answer", "reject", "hang_up"]))
    def decide(self, call: Call, what: str) -> None:
        orders: dict[str, UserAgentOrder] = {
            "ring": RingCall(call.session_id),
            "early": BeginEarlyMedia(call.session_id, 20_000),
            "answer": AnswerCall(call.session_id, 20_000),
            "reject": RejectCall(call.session_id, 486),
            "hang_up": HangUpCall(call.session_id),
        }
        self._order(orders[what])

    @rule(call=calls, body=bodies)
    def answer_and_confirm(self, call: Call, body: str) -> None:
        self._order(AnswerCall(call.session_id, 20_000))
        self._receive(
            request(
                "ACK",
                branch=self._fresh(),
                call_id=call.call_id,
                from_tag=call.own_tag,
                to_tag=call.tag,
                body=BODIES[body],
            )
        )

    # Within calls

    @rule(
        call=calls,
        method=st.sampled_from(METHODS),
        body=bodies,
        extra=extras,
        spoil=st.sampled_from(SPOILS),
        tcp=st.booleans(),
    )
    def within(self, call: Call, method: str, body: str, extra: tuple[str, ...], spoil: str, tcp: bool) -> None:
        cseq = call.cseq if method in ("ACK", "CANCEL") else call.cseq + 1
        if method not in ("ACK", "CANCEL"):
            call.cseq += 1
        self._receive(
            request(
                method,
                branch=call.branch if method == "CANCEL" or spoil == "branch" else self._fresh(),
                cseq=1 if spoil == "cseq" else cseq,
                call_id=call.call_id,
                from_tag=call.own_tag,
                to_tag="" if method == "CANCEL" else "wrong" if spoil == "tag" else call.tag,
                extra=extra,
                body=BODIES[body],
            ),
            source=TCP if tcp else PEER,
            spoil=spoil,
        )

    @rule(call=calls, method=st.sampled_from(["INVITE", "INVITE", "UPDATE", "REFER", "INFO"]), body=bodies)
    def change_and_confirm(self, call: Call, method: str, body: str) -> None:
        call.cseq += 1
        extra = ("Refer-To: <sip:c@192.0.2.9>",) if method == "REFER" else ()
        names = {"call_id": call.call_id, "cseq": call.cseq, "from_tag": call.own_tag, "to_tag": call.tag}
        self._receive(request(method, branch=self._fresh(), body=BODIES[body], extra=extra, **names))  # type: ignore[arg-type]
        if method == "INVITE":
            self._receive(request("ACK", branch=self._fresh(), **names))  # type: ignore[arg-type]

    @rule(times=st.sampled_from([1, 2, 60]))
    def repeat(self, times: int) -> None:
        for _ in range(times):
            self._receive(self.last)

    @rule(call=calls, times=st.sampled_from([2, 20]))
    def change_without_confirming(self, call: Call, times: int) -> None:
        for _ in range(times):
            call.cseq += 1
            names = {"call_id": call.call_id, "cseq": call.cseq, "from_tag": call.own_tag, "to_tag": call.tag}
            self._receive(request("INVITE", branch=self._fresh(), body=OFFER, **names))  # type: ignore[arg-type]

    # Answers to our requests

    @rule(
        call=calls,
        status=st.sampled_from(STATUSES),
        body=bodies,
        tag=st.sampled_from(["callee", "callee", "fork"]),
        fields=st.sampled_from(["", "Require: 100rel\r\nRSeq: 7\r\n", "Min-SE: 3600\r\n", "Retry-After: 2\r\n"]),
        latest=st.booleans(),
    )
    def respond(self, call: Call, status: int, body: str, tag: str, fields: str, latest: bool) -> None:
        if not call.ours:
            return
        asked = call.ours[-1] if latest else call.ours[0]
        kept = [(name, value) for name, value in asked.headers if name in ("Via", "From", "Call-ID", "CSeq")]
        to = asked.headers.get("To") or ""
        to = to if "tag=" in to else f"{to};tag={tag}"
        head = "".join(f"{name}: {value}\r\n" for name, value in kept)
        content = BODIES[body].replace("\n", "\r\n")
        kind = "Content-Type: application/sdp\r\n" if content else ""
        contact = "Contact: <sip:b@192.0.2.7:5062>\r\nSession-Expires: 90;refresher=uac\r\n"
        text = f"SIP/2.0 {status} x\r\n{head}To: {to}\r\n{contact}{fields}{kind}\r\n{content}"
        self._receive(text.encode())

    @rule(call=calls)
    def agree_to_all(self, call: Call) -> None:
        """Answer every request of ours that waits with 200."""
        while call.ours:
            self.respond(call, 200, "offer", "callee", "", True)
            call.ours.pop()

    # Wishes of our side

    @rule(call=calls, what=st.sampled_from(["hold", "resume", "mute", "digit", "refer", "attended"]), other=calls)
    def wish(self, call: Call, what: str, other: Call) -> None:
        target = SipUri("sip", "c", "192.0.2.9")
        orders: dict[str, UserAgentOrder] = {
            "hold": DirectMedia(call.session_id, "sendonly"),
            "mute": DirectMedia(call.session_id, "inactive"),
            "resume": DirectMedia(call.session_id, "sendrecv"),
            "digit": SendDigit(call.session_id, "5", 100),
            "refer": AskTransfer(call.session_id, target),
            "attended": AskTransfer(call.session_id, target, other.session_id),
        }
        self._order(orders[what])

    @rule(status=st.sampled_from([202, 603]), reported=st.sampled_from([180, 200, 486]))
    def settle_transfer(self, status: int, reported: int) -> None:
        if self.transfers:
            session_id, number = self.transfers.pop()
            self._order(DecideTransfer(session_id, number, status))
            self._order(ReportTransfer(session_id, number, reported))

    @rule(call=consumes(calls))
    def forget(self, call: Call) -> None:
        """The peer falls mute about a call."""

    # The network and time

    @rule(flow=st.sampled_from([PEER, TCP, TLS]), lost=st.booleans())
    def break_flow(self, flow: Flow, lost: bool) -> None:
        self.bench.give(FlowLost(flow) if lost else SendFailed(flow))
        self._look()

    @rule(ms=st.sampled_from([1, 10, 499, 2_000, 5_000, 33_000, 90_000]))
    def wait(self, ms: int) -> None:
        self.bench.wait(ms)
        self._look()

    # What always holds

    @invariant()
    def tables_name_only_what_lives(self) -> None:
        agent = self.bench.agent
        assert set(agent._by_dialog.values()) <= set(agent._sessions)
        assert set(agent._by_invite.values()) <= set(agent._sessions)
        assert set(agent._wire.wallets) <= set(agent._sessions)
        layer = agent._wire.layer
        assert set(layer._owners) == set(layer._clients)
        assert set(layer._otherwise) <= set(layer._clients)
        assert set(layer._merges.values()) <= set(layer._servers)
        assert len(layer._deadlines) <= 2 * layer.open_count + 40, "old deadlines do not pile up"
        assert all(len(session._unconfirmed) <= 5 for session in agent._sessions.values())
        assert not agent._wire.layer_news
        assert len(agent._sessions) >= len(self.alive)

    @invariant()
    def what_is_over_goes(self) -> None:
        """A call that is over is forgotten, and each request that came in had its answer and its absorbing time."""
        now_ms, agent = self.bench.now_ms, self.bench.agent
        for name in agent._sessions:
            assert now_ms - self.over_ms.get(name, now_ms) <= LONGEST_FAREWELL_MS, name
        servers = agent._wire.layer._servers
        self.born_ms = {key: self.born_ms.get(key, now_ms) for key in servers}
        for key, transaction in servers.items():
            waits_for_us = transaction.request.method == "REFER" and transaction.state is State.TRYING
            assert waits_for_us or now_ms - self.born_ms[key] <= LONGEST_FAREWELL_MS, key

    @invariant()
    def nothing_that_is_due_was_left(self) -> None:
        due_ms = self.bench.agent.next_deadline_ms()
        assert due_ms is None or due_ms > self.bench.now_ms, "a deadline that has come was dealt with"

    @invariant()
    def one_message_sets_off_few(self) -> None:
        assert self.largest_step <= MOST_OUTPUTS_A_STEP

    @invariant()
    def what_we_send_can_be_read(self) -> None:
        for message in self.bench.sent[-3:]:
            assert serialise(message)

    def teardown(self) -> None:
        for call in self.known:
            self.bench.give(HangUpCall(call.session_id))
        self.bench.wait(LONGEST_QUIET_MS)
        self._look()
        agent = self.bench.agent
        layer = agent._wire.layer
        left = [*layer._servers.items(), *layer._clients.items()]
        assert not left, [(key, item.request.method, item.state) for key, item in left]
        assert agent.open_sessions == 0
        assert agent.next_deadline_ms() is None
        assert not self.alive, "each call that arrived was told to be over"
        assert not agent._wire.layer._deadlines
        assert not agent._by_dialog, agent._by_dialog
        assert not agent._by_invite


UnkindPeer.TestCase.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestUnkindPeer = UnkindPeer.TestCase
