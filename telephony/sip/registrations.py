"""Our registrations at carriers and PBXs, one machine for each (`registration` is their table)."""

from __future__ import annotations

from collections.abc import Callable

from telephony.sip.checked_request import parse_cseq
from telephony.sip.digest_client import CHALLENGE_STATUSES, Wallet
from telephony.sip.grammar import SipSyntaxError, param
from telephony.sip.headers import Headers
from telephony.sip.message import Flow, SipRequest, SipResponse
from telephony.sip.name_addr import NameAddr, parse_name_addr
from telephony.sip.registration import (
    REGISTRATION,
    RegistrationAct,
    RegistrationEvent,
    RegistrationState,
    back_off_ms,
    renew_in_ms,
)
from telephony.sip.registration_signals import (
    LocateRegistrar,
    RegistrarLocated,
    RegistrationChanged,
    RegistrationOrder,
    StartRegistration,
)
from telephony.sip.transaction import IllegalStepError
from telephony.sip.transaction_layer import ResponseArrived, TransactionFailed
from telephony.sip.uri import SipUri
from telephony.sip.wire import Wire

OWNER = "registration:"
"""Begins the owner names of our requests in the transaction layer; session ids have no colon."""
LONGEST_EXPIRES_S = 86_400
"""A registrar that wants longer bindings than a day is not followed."""
_KEEP_ALIVE = b"\r\n\r\n"
"""Source: RFC 5626 section 3.5.1."""


class Registration:
    """One of them."""

    def __init__(self, order: StartRegistration, wire: Wire, send_raw: Callable[[bytes, Flow], None]) -> None:
        """Begin in IDLE."""
        self.order = order
        self.state = RegistrationState.IDLE
        self._wire = wire
        self._send_raw = send_raw
        self._owner = OWNER + order.name
        self._call_id = wire.new_token()
        self._cseq = 0
        self._expires_s = order.expires_s
        self._servers: tuple[Flow, ...] = ()
        self._at = 0
        self._local_host = ""
        self._due_ms: int | None = None
        self._keep_alive_due_ms: int | None = None
        self._failures = 0
        self._status = 0
        self._retry_after_ms = 0
        self._granted_s = 0
        self._was_up: bool | None = None
        wire.wallets[self._owner] = Wallet(order.credentials, wire.new_token)

    @property
    def flow(self) -> Flow | None:
        """Where the binding stands, None while none does."""
        stands = self.state in (RegistrationState.REGISTERED, RegistrationState.RENEWING)
        return self._servers[self._at] if stands else None

    def take(self, event: RegistrationEvent, now_ms: int) -> None:
        """Do what the table says.

        Raises:
            IllegalStepError: When it has no such row.
        """
        row = REGISTRATION.get((self.state, event))
        if row is None:
            raise IllegalStepError(f"a registration has no {event.name} in {self.state.name}")
        self.state, acts = row
        self._due_ms = None
        for act in acts:
            self._perform(act, now_ms)
        if self.state is not RegistrationState.REGISTERED and self.state is not RegistrationState.RENEWING:
            self._keep_alive_due_ms = None

    def located(self, found: RegistrarLocated, now_ms: int) -> None:
        """Take the servers; late ones are ignored."""
        if self.state is not RegistrationState.LOCATING:
            return
        self._servers, self._at, self._local_host = found.servers, 0, found.local_host
        self._status = 0
        self.take(RegistrationEvent.LOCATED if found.servers else RegistrationEvent.NOWHERE, now_ms)

    def on_response(self, response: SipResponse, now_ms: int) -> None:
        """Take a response to the newest REGISTER."""
        if response.is_provisional or not self._is_newest(response.headers):
            return
        self._status = response.status
        if response.is_success:
            self._failures = 0
            self._granted_s = self._granted(response.headers)
            self._take_if_legal(RegistrationEvent.ACCEPTED, now_ms)
        elif (response.status in CHALLENGE_STATUSES and self._wire.take_challenge(self._owner, response)) or (
            response.status == 423 and self._take_min_expires(response.headers)
        ):
            self._take_if_legal(RegistrationEvent.AGAIN, now_ms)
        elif response.status in (408, 480) or response.status >= 500:
            self._retry_after_ms = _seconds(response.headers.get("Retry-After"), 0) * 1_000
            self._fail(now_ms)
        else:
            self._take_if_legal(RegistrationEvent.REFUSED, now_ms)

    def on_failure(self, request: SipRequest, now_ms: int) -> None:
        """Take the news that a REGISTER reached nobody."""
        if self._is_newest(request.headers):
            self._status = 0
            self._fail(now_ms)

    def next_deadline_ms(self) -> int | None:
        """Return when `expire` shall be called."""
        return min((item for item in (self._due_ms, self._keep_alive_due_ms) if item is not None), default=None)

    def flow_lost(self, flow: Flow, now_ms: int) -> None:
        """Begin anew when the stream is gone through which the registrar reaches us (RFC 5626 section 4.2)."""
        if self.flow is not None and flow.connection and self.flow.connection == flow.connection:
            self.take(RegistrationEvent.LOST, now_ms)

    def expire(self, now_ms: int) -> None:
        """Renew, try again, keep the door open."""
        if self._due_ms is not None and now_ms >= self._due_ms:
            self.take(RegistrationEvent.DUE, now_ms)
        if self._keep_alive_due_ms is not None and now_ms >= self._keep_alive_due_ms and self.flow is not None:
            self._send_raw(_KEEP_ALIVE, self.flow)
            self._keep_alive_due_ms = now_ms + self.order.keep_alive_ms

    def _fail(self, now_ms: int) -> None:
        has_next = self._at + 1 < len(self._servers)
        self._take_if_legal(RegistrationEvent.NEXT if has_next else RegistrationEvent.REFUSED, now_ms)

    def _take_if_legal(self, event: RegistrationEvent, now_ms: int) -> None:
        if (self.state, event) in REGISTRATION:
            self.take(event, now_ms)

    def _is_newest(self, headers: Headers) -> bool:
        try:
            return parse_cseq(headers.get("CSeq") or "")[0] == self._cseq
        except SipSyntaxError:
            return False

    def _perform(self, act: RegistrationAct, now_ms: int) -> None:
        if act is RegistrationAct.LOCATE:
            self._wire.tell(LocateRegistrar(self.order.name, self.order.registrar))
        elif act is RegistrationAct.SEND:
            self._send(self._expires_s, now_ms)
        elif act is RegistrationAct.LEAVE:
            self._send(0, now_ms)
        elif act is RegistrationAct.NEXT_SERVER:
            self._at += 1
        elif act is RegistrationAct.SCHEDULE:
            self._due_ms = now_ms + renew_in_ms(self._granted_s)
            datagrams = self._servers[self._at].transport == "udp"
            if self.order.keep_alive_ms and datagrams and self._keep_alive_due_ms is None:
                self._keep_alive_due_ms = now_ms + self.order.keep_alive_ms
        elif act is RegistrationAct.BACK_OFF:
            self._failures += 1
            share = self._wire.random_number() / 0xFFFFFFFF
            denied = 300 <= self._status < 500 and self._status not in (408, 480)
            wait_ms = back_off_ms(self._failures, share, denied=denied, retry_after_ms=self._retry_after_ms)
            self._due_ms, self._retry_after_ms = now_ms + wait_ms, 0
        elif act is RegistrationAct.TELL_OVER:
            self._wire.tell(RegistrationChanged(self.order.name, registered=False, is_over=True))
        else:
            up = act is RegistrationAct.TELL_UP
            if up != self._was_up:
                self._was_up = up
                self._wire.tell(RegistrationChanged(self.order.name, up, 0 if up else self._status))

    def _send(self, expires_s: int, now_ms: int) -> None:
        self._cseq += 1
        order, flow = self.order, self._servers[self._at]
        record = NameAddr(SipUri("sip", order.user, order.registrar.host))
        contact = self._wire.contact(self._local_host, flow.transport, order.user)
        contact += f";q={order.q}" if order.q else ""
        fields = [
            ("Via", self._wire.new_via(self._local_host, flow.transport)),
            ("Max-Forwards", "70"),
            ("From", str(record.with_tag(self._wire.new_token()))),
            ("To", str(record)),
            ("Call-ID", self._call_id),
            ("CSeq", f"{self._cseq} REGISTER"),
            ("Contact", f"{contact};expires={expires_s}"),
            ("Expires", str(expires_s)),
            ("User-Agent", self._wire.settings.user_agent),
        ]
        uri = str(SipUri(order.registrar.scheme, "", order.registrar.host, order.registrar.port))
        self._wire.request(SipRequest("REGISTER", uri, Headers(fields)), flow, self._owner, now_ms)

    def _take_min_expires(self, headers: Headers) -> bool:
        """Ask for as long as the registrar wants at least; False when it wants no more than we asked for."""
        least = _seconds(headers.get("Min-Expires"), 0)
        if not self._expires_s < least <= LONGEST_EXPIRES_S:
            return False
        self._expires_s = least
        return True

    def _granted(self, headers: Headers) -> int:
        """Return how long our binding stands: as our Contact says, else Expires, else as asked (section 10.2.4)."""
        asked = _seconds(headers.get("Expires"), self._expires_s)
        flow = self._servers[self._at]
        ours = self._wire.contact(self._local_host, flow.transport, self.order.user)
        try:
            mine = parse_name_addr(ours).uri
            for value in headers.split("Contact"):
                contact = parse_name_addr(value)
                if _same_place(contact.uri, mine):
                    return max(1, _seconds(param(contact.params, "expires"), asked))
        except SipSyntaxError:
            pass  # a registrar that writes no proper list has taken us all the same
        return max(1, asked)


class Registrations:
    """All of them, as the user agent drives them."""

    def __init__(self, wire: Wire, send_raw: Callable[[bytes, Flow], None]) -> None:
        """Begin without any.

        Args:
            wire: The way to the peers.
            send_raw: Sends what is no message.
        """
        self._wire = wire
        self._send_raw = send_raw
        self._by_name: dict[str, Registration] = {}

    @property
    def are_over(self) -> bool:
        """True when no binding stands and none is asked for."""
        return all(item.state is RegistrationState.OVER for item in self._by_name.values())

    @property
    def connections_in_use(self) -> set[int]:
        """Numbers of the streams that bindings hang on."""
        return {item.flow.connection for item in self._by_name.values() if item.flow is not None} - {0}

    def take(self, order: RegistrationOrder, now_ms: int) -> None:
        """Do what our own side wants."""
        if isinstance(order, StartRegistration):
            if order.name not in self._by_name:
                made = self._by_name[order.name] = Registration(order, self._wire, self._send_raw)
                made.take(RegistrationEvent.START, now_ms)
        elif isinstance(order, RegistrarLocated):
            if order.name in self._by_name:
                self._by_name[order.name].located(order, now_ms)
        else:
            for registration in self._by_name.values():
                if registration.state is not RegistrationState.OVER:
                    registration.take(RegistrationEvent.STOP, now_ms)

    def hear(self, news: ResponseArrived | TransactionFailed, now_ms: int) -> bool:
        """Take what the transaction layer tells; False when it is not for a registration."""
        if not news.owner.startswith(OWNER):
            return False
        registration = self._by_name.get(news.owner.removeprefix(OWNER))
        if registration is not None and isinstance(news, ResponseArrived):
            registration.on_response(news.response, now_ms)
        elif registration is not None and isinstance(news, TransactionFailed):
            registration.on_failure(news.request, now_ms)
        return True

    def flow_lost(self, flow: Flow, now_ms: int) -> None:
        """Take the news that a stream broke."""
        for registration in self._by_name.values():
            registration.flow_lost(flow, now_ms)

    def next_deadline_ms(self) -> int | None:
        """Return when `expire` shall be called."""
        deadlines = (item.next_deadline_ms() for item in self._by_name.values())
        return min((item for item in deadlines if item is not None), default=None)

    def expire(self, now_ms: int) -> None:
        """Do what is due."""
        for registration in self._by_name.values():
            registration.expire(now_ms)


def _same_place(one: object, other: object) -> bool:
    if not isinstance(one, SipUri) or not isinstance(other, SipUri):
        return False
    return (one.user, one.host.lower(), one.port or 5060) == (other.user, other.host.lower(), other.port or 5060)


def _seconds(text: str | None, default: int) -> int:
    """Return a number of seconds as the peer wrote it; what is none is the default."""
    plain = (text or "").partition(";")[0].partition("(")[0].strip()
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) <= 9 else default
