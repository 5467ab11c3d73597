"""What sessions use to reach the peer: transactions, identifiers, our own addresses, and the outputs of one step."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from telephony.rtp.dtls_terms import Fingerprint
from telephony.sdp.crypto_attribute import RandomBytes, sdes_allowed
from telephony.sip.checked_request import CheckedRequest
from telephony.sip.digest_client import CHALLENGE_STATUSES, Wallet
from telephony.sip.grammar import format_host
from telephony.sip.headers import Fields
from telephony.sip.message import RELIABLE_TRANSPORTS, Flow, SipRequest, SipResponse, Transport, serialise
from telephony.sip.origin import read_origin
from telephony.sip.respond import make_response
from telephony.sip.session_timer import TimerSettings
from telephony.sip.signals import SendDatagram, UserAgentOutput
from telephony.sip.timers import TIMEOUT_MS
from telephony.sip.transaction import Transmit
from telephony.sip.transaction_layer import (
    LayerOutput,
    ResponseArrived,
    TransactionFailed,
    TransactionKey,
    TransactionLayer,
)
from telephony.sip.uri import SipUri
from telephony.sip.via import MAGIC_COOKIE

ALLOW = ("INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "INFO", "UPDATE", "PRACK", "REFER", "NOTIFY")
"""Methods that we serve."""
SUPPORTED: tuple[str, ...] = ("100rel", "replaces", "timer")
"""Option tags that we understand; what a peer requires beyond them is refused with 420."""
ACCEPT = "application/sdp, application/dtmf-relay, application/dtmf"

MAX_DATAGRAM_BYTES = 1_300
"""A longer request must not go over UDP when the path's MTU is not known. Source: RFC 3261 section 18.1.1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserAgentSettings:
    """What a user agent is told once."""

    local_port: int
    """Port that peers are told in Via and Contact, over UDP and TCP."""
    local_tls_port: int = 0
    """The same over TLS; 0: we do not listen there, and peers are told none."""
    codecs: tuple[str, ...] = ("PCMU", "PCMA")
    user_agent: str = "Warmline"
    answer_ms: int = 20_000
    """How long an incoming call may stay unanswered."""
    dial_ms: int = 60_000
    """How long an outgoing call may stay unanswered."""
    is_proxy: Callable[[Flow], bool] | None = None
    """Whether a peer is a proxy of our own, which says where its requests come from; None: nobody is."""
    is_trusted: Callable[[Flow], bool] | None = None
    """Whether a peer may vouch for callers (RFC 3325 section 2.3: within one trust domain); None: nobody may."""
    may_carry_keys: Callable[[Flow], bool] | None = None
    """Whether keys and fingerprints may travel there in the clear, beside TLS and loopback; None: nowhere."""
    random_bytes: RandomBytes | None = None
    """Makes keys for SRTP; None: none is done over SIP."""
    fingerprint: Fingerprint | None = None
    """Of our certificate for DTLS-SRTP; None: it is not done over SIP."""
    session_timer: TimerSettings = field(default_factory=TimerSettings)
    reach_ms: int = TIMEOUT_MS
    """How long an outgoing call waits for the first response, be it 100. At most timer B, 32 s."""


class Wire:
    """The user agent's hands; it decides nothing."""

    def __init__(self, settings: UserAgentSettings, new_token: Callable[[], str]) -> None:
        """Begin with no transaction.

        Args:
            settings: The user agent's.
            new_token: Gives an unpredictable word of letters and digits each time: tags, branches, Call-IDs.
        """
        self.settings = settings
        self.new_token = new_token
        self.layer = TransactionLayer()
        self.layer_news: list[ResponseArrived | TransactionFailed] = []
        """Responses and failures that no session has seen yet."""
        self.wallets: dict[str, Wallet] = {}
        """What challenges are answered with, by owner of the requests."""
        self._outputs: list[UserAgentOutput] = []

    def tell(self, output: UserAgentOutput) -> None:
        """Add one output of this step."""
        self._outputs.append(output)

    def take_outputs(self) -> tuple[UserAgentOutput, ...]:
        """Return and forget the outputs of this step."""
        outputs = tuple(self._outputs)
        self._outputs.clear()
        return outputs

    def send(self, message: SipRequest | SipResponse, flow: Flow) -> None:
        """Send outside any transaction: an ACK, a stateless response."""
        self.tell(SendDatagram(serialise(message), flow))

    def handle(self, outputs: Iterable[LayerOutput]) -> None:
        """Send what the layer wants sent and keep the rest for the sessions."""
        for output in outputs:
            if isinstance(output, Transmit):
                self.send(output.message, output.flow)
            else:
                self.layer_news.append(output)
                if isinstance(output, ResponseArrived):
                    self._note_accepted(output)

    def respond(
        self,
        key: TransactionKey,
        checked: CheckedRequest,
        source: Flow,
        status: int,
        now_ms: int,
        *,
        to_tag: str = "",
        reason: str = "",
        fields: Fields = (),
        body: bytes = b"",
    ) -> SipResponse:
        """Answer a request in its transaction and return what was sent."""
        response = make_response(
            checked.request,
            status,
            source,
            reason=reason,
            to_tag=to_tag or self.new_token(),
            fields=(*fields, ("Server", self.settings.user_agent)),
            body=body,
        )
        self.handle(self.layer.respond(key, response, now_ms))
        return response

    def request(self, request: SipRequest, flow: Flow, owner: str, now_ms: int) -> None:
        """Send a request in a transaction of its own.

        One that is too long for a datagram goes over TCP, and as a datagram all the same where nobody takes TCP (RFC
        3261 section 18.1.1). A CANCEL goes the way of its INVITE. To a proxy of ours the way is ours too, and it knows
        us by the port that datagrams come from.
        """
        otherwise: tuple[SipRequest, Flow] | None = None
        wallet = self.wallets.get(owner)
        if wallet is not None:
            request = wallet.authorise(request)
        if request.method == "CANCEL" and (sent := self.layer.sent_as(request)) is not None:
            request, flow = _with_via(request, sent[0]), sent[1]
        elif flow.transport == "udp" and not self.is_proxy(flow) and len(serialise(request)) > MAX_DATAGRAM_BYTES:
            otherwise = (request, flow)
            via = request.headers.all("Via")[0].replace("SIP/2.0/UDP", "SIP/2.0/TCP", 1)
            request, flow = _with_via(request, via), Flow(flow.host, flow.port, "tcp")
        reliable = flow.transport in RELIABLE_TRANSPORTS
        self.handle(self.layer.begin_client(request, flow, owner, now_ms, reliable=reliable, otherwise=otherwise))

    def take_challenge(self, owner: str, response: SipResponse) -> bool:
        """Learn from a 401 or 407; True when the request shall be sent again, with a number of its own."""
        wallet = self.wallets.get(owner)
        return response.status in CHALLENGE_STATUSES and wallet is not None and wallet.take_challenge(response)

    def ack_fields(self, owner: str) -> Fields:
        """Return what the ACK of a 2xx repeats of its INVITE."""
        wallet = self.wallets.get(owner)
        return wallet.invite_fields if wallet is not None else ()

    def _note_accepted(self, news: ResponseArrived) -> None:
        wallet = self.wallets.get(news.owner)
        if wallet is not None and not news.response.is_provisional and news.response.status not in CHALLENGE_STATUSES:
            wallet.accepted()

    def new_via(self, local_host: str, transport: Transport = "udp") -> str:
        """Return a Via of ours with a fresh branch."""
        sent_by = format_host(local_host)
        port = self._local_port(transport)
        if port is not None:
            sent_by += f":{port}"
        return f"SIP/2.0/{transport.upper()} {sent_by};branch={MAGIC_COOKIE}{self.new_token()};rport"

    def contact(self, local_host: str, transport: Transport = "udp", user: str = "", scheme: str = "sip") -> str:
        """Return our Contact: where requests of the dialog reach us over this transport.

        Args:
            local_host: The address of ours that the peer is told.
            transport: What the dialog's messages travel on.
            user: User part.
            scheme: `sips` in a dialog whose Request-URI was one (RFC 3261 section 12.1.1).
        """
        params = () if transport == "udp" else (("transport", transport),)
        if scheme == "sips":
            params = ()  # `sips` means TLS already; `transport=tls` beside it is deprecated (RFC 5630 section 3.1.4)
        return f"<{SipUri(scheme, user, local_host, self._local_port(transport), params)}>"

    def dialog_fields(self, local_host: str, transport: Transport = "udp", scheme: str = "sip") -> Fields:
        """Return the fields that every 2xx and request that makes or refreshes a dialog carries."""
        contact = self.contact(local_host, transport, scheme=scheme)
        return (
            ("Contact", contact),
            ("Allow", ", ".join(ALLOW)),
            ("Supported", ", ".join(SUPPORTED)),
        )

    def key_source(self, flow: Flow) -> RandomBytes | None:
        """Return what makes keys for descriptions that travel there; None when they would travel in the clear.

        Of fingerprints the same holds; why, says `telephony.sdp.dtls_attribute`.
        """
        trusted = self.settings.may_carry_keys is not None and self.settings.may_carry_keys(flow)
        allowed = sdes_allowed(over_tls=flow.transport == "tls", peer_host=flow.host, trusted_trunk=trusted)
        return self.settings.random_bytes if allowed else None

    def trusts(self, flow: Flow) -> bool:
        """True when a peer may vouch for callers."""
        return self.settings.is_trusted is not None and self.settings.is_trusted(flow)

    def origin(self, checked: CheckedRequest, hop: Flow) -> Flow:
        """Return where a request really comes from.

        Raises:
            MalformedRequestError: With status 400 when a proxy of ours does not say it clearly.
        """
        return read_origin(checked, hop) if self.is_proxy(hop) else hop

    def is_proxy(self, hop: Flow) -> bool:
        """True when a proxy of our own sends from there."""
        return self.settings.is_proxy is not None and self.settings.is_proxy(hop)

    def random_number(self) -> int:
        """Return 32 random bits."""
        return int.from_bytes(hashlib.sha256(self.new_token().encode()).digest()[:4])

    def _local_port(self, transport: Transport) -> int | None:
        return (self.settings.local_tls_port or None) if transport == "tls" else self.settings.local_port


def _with_via(request: SipRequest, via: str) -> SipRequest:
    return replace(request, headers=request.headers.replaced("Via", [via]))
