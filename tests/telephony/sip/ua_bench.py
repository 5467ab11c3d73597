"""A user agent on the bench: messages by hand, time by hand, and a reader for what it sends."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable

from telephony.rtp.dtls_terms import Fingerprint
from telephony.sdp.crypto_attribute import RandomBytes
from telephony.sip.message import Flow, SipRequest, SipResponse
from telephony.sip.parse_message import parse_message
from telephony.sip.signals import DatagramReceived, SendDatagram, TimePassed, UserAgentInput, UserAgentOutput
from telephony.sip.user_agent import UserAgent
from telephony.sip.wire import UserAgentSettings

PEER = Flow("192.0.2.7", 5062)
LOCAL_HOST = "192.0.2.1"

OFFER = """v=0
o=- 1 1 IN IP4 192.0.2.7
s=-
c=IN IP4 192.0.2.7
t=0 0
m=audio 40000 RTP/AVP 0 8 101
a=rtpmap:101 telephone-event/8000
"""


def lines(*parts: str, body: str = "") -> bytes:
    """Join header lines and a body; Content-Length is added."""
    content = body.replace("\n", "\r\n").encode()
    kind = ["Content-Type: application/sdp"] if body.startswith("v=") else []
    head = "\r\n".join([*parts, *kind, f"Content-Length: {len(content)}"]) + "\r\n\r\n"
    return head.encode("utf-8", "surrogateescape") + content


def request(
    method: str,
    *,
    branch: str = "z9hG4bK1",
    cseq: int = 1,
    call_id: str = "call-1",
    to_tag: str = "",
    from_tag: str = "alice",
    target: str = "sip:bot@192.0.2.1",
    extra: Iterable[str] = (),
    body: str = "",
    cseq_method: str = "",
    sent_by: str = "192.0.2.7:5062",
    transport: str = "UDP",
) -> bytes:
    """Write a request of the peer."""
    tag = f";tag={to_tag}" if to_tag else ""
    own_tag = f";tag={from_tag}" if from_tag else ""
    return lines(
        f"{method} {target} SIP/2.0",
        f"Via: SIP/2.0/{transport} {sent_by};branch={branch};rport",
        "Max-Forwards: 70",
        f'From: "Alice" <sip:alice@192.0.2.7>{own_tag}',
        f"To: <sip:bot@192.0.2.1>{tag}",
        f"Call-ID: {call_id}",
        f"CSeq: {cseq} {cseq_method or method}",
        "Contact: <sip:alice@192.0.2.7:5062>",
        *extra,
        body=body,
    )


class Bench:
    """One user agent, its clock and all that it said."""

    def __init__(
        self,
        codecs: tuple[str, ...] = ("PCMU", "PCMA"),
        *,
        reach_ms: int = 32_000,
        random_bytes: RandomBytes | None = None,
        may_carry_keys: Callable[[Flow], bool] | None = None,
        fingerprint: Fingerprint | None = None,
    ) -> None:
        serial = itertools.count(1)
        self.now_ms = 0
        settings = UserAgentSettings(
            local_port=5060,
            codecs=codecs,
            reach_ms=reach_ms,
            random_bytes=random_bytes,
            may_carry_keys=may_carry_keys,
            fingerprint=fingerprint,
        )
        self.agent = UserAgent(settings, lambda: f"tok{next(serial)}")
        self.news: list[UserAgentOutput] = []
        self.sent: list[SipRequest | SipResponse] = []
        self.flows: list[Flow] = []

    def give(self, event: UserAgentInput) -> list[SipRequest | SipResponse]:
        """Step once; return what was sent, keep the rest in `news`."""
        sent: list[SipRequest | SipResponse] = []
        for output in self.agent.step(event, self.now_ms):
            if isinstance(output, SendDatagram):
                sent.append(parse_message(output.data))
                self.flows.append(output.flow)
            else:
                self.news.append(output)
        self.sent += sent
        return sent

    def receive(self, data: bytes, source: Flow = PEER) -> list[SipRequest | SipResponse]:
        """Take a datagram of the peer."""
        return self.give(DatagramReceived(data, source, LOCAL_HOST))

    def statuses(self, data: bytes) -> list[int]:
        """Take a datagram of the peer and return the statuses that it is answered with."""
        return [message.status for message in self.receive(data) if isinstance(message, SipResponse)]

    def wait(self, ms: int) -> list[SipRequest | SipResponse]:
        """Let time pass from deadline to deadline; return all that was sent."""
        end_ms = self.now_ms + ms
        sent: list[SipRequest | SipResponse] = []
        while (due_ms := self.agent.next_deadline_ms()) is not None and due_ms <= end_ms:
            self.now_ms = max(self.now_ms, due_ms)
            sent += self.give(TimePassed())
        self.now_ms = end_ms
        return sent

    def take_news(self) -> list[UserAgentOutput]:
        """Return and forget the news."""
        news, self.news = self.news, []
        return news


def tag_of(response: SipRequest | SipResponse) -> str:
    """Return the To tag."""
    return (response.headers.get("To") or "").partition("tag=")[2]
