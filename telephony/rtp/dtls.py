"""One DTLS handshake that gives the keys of an SRTP stream (RFC 5764); OpenSSL does DTLS, here is when and what then.

::

                BEGIN            AGREED             CLOSED
        NEW ------------> SHAKING ------> SECURE ------------> CLOSED
                           | ^ '-REPEAT    ^ '-REPEATED_TO_US    ^
                           | '-ANEW        '--'                  |
                           '----REFUSED----> FAILED -----BYE-----'
         (BYE leads from every state to CLOSED)

A flight is sent again after 0.1, 0.2, 0.4 and 0.8 s and then each second until the peer answers. Until OpenSSL's own
timer allows it to number the records anew (1, 2, 4 … s, by a clock that cannot be given to it), it is the same
datagrams that go out again: a peer that had them takes them for duplicates. The side that speaks last has no timer; it
repeats its last flight when the peer repeats the one before (RFC 6347 section 4.2.4).

A step takes 0.3 ms of processor time, 1.2 ms at most (measured, ECDSA P-256 on both sides), so that handshakes need no
thread beside the media loop.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal

from OpenSSL import SSL

from telephony.rtp.dtls_identity import MTU_BYTES, DtlsIdentity
from telephony.rtp.dtls_terms import DtlsTerms
from telephony.rtp.srtp import SRTP_PROFILES, SrtpKeys

_EXPORTER = b"EXTRACTOR-dtls_srtp"
"""Source: RFC 5764 section 4.2."""
_PROFILES = {
    b"SRTP_AEAD_AES_256_GCM": "AEAD_AES_256_GCM",
    b"SRTP_AEAD_AES_128_GCM": "AEAD_AES_128_GCM",
    b"SRTP_AES128_CM_SHA1_80": "AES_CM_128_HMAC_SHA1_80",
}
"""OpenSSL's names, and those of `SRTP_PROFILES`."""
_FIRST_REPEAT_MS, _SLOWEST_REPEAT_MS = 100, 1_000
"""A lost datagram shall cost the caller a tenth of a second, not the whole one of RFC 6347 section 4.2.4.1; and the
sound that follows is 50 packets a second, so that one a second is no burden."""
_RECORD_HEADER_BYTES, _HANDSHAKE, _CLIENT_HELLO = 13, 22, 1
"""Source: RFC 6347 section 4.1, 4.2.2."""
_HELLO_RANDOM = slice(27, 59)
"""Behind record header, handshake header and version of a ClientHello."""


class DtlsState(Enum):
    """How far it is."""

    NEW = "nothing was sent or awaited"
    SHAKING = "the handshake runs"
    SECURE = "there are keys"
    FAILED = "it came to nothing"
    CLOSED = "it is over"


class DtlsEvent(Enum):
    """What can happen."""

    BEGIN = "offer and answer are settled"
    REPEAT = "the peer's answer is late"
    ANEW = "the peer, or our OpenSSL, began from the beginning"
    AGREED = "the last message came, and the certificate is the right one"
    REFUSED = "the certificate is another one, or the peer and we have no way in common"
    REPEATED_TO_US = "the peer did not hear our last flight"
    CLOSED = "the peer says that it is over"
    BYE = "we say that it is over"


_S, _E = DtlsState, DtlsEvent
DTLS: dict[tuple[DtlsState, DtlsEvent], DtlsState] = {
    (_S.NEW, _E.BEGIN): _S.SHAKING,
    (_S.NEW, _E.BYE): _S.CLOSED,
    (_S.SHAKING, _E.REPEAT): _S.SHAKING,
    (_S.SHAKING, _E.ANEW): _S.SHAKING,
    (_S.SHAKING, _E.AGREED): _S.SECURE,
    (_S.SHAKING, _E.REFUSED): _S.FAILED,
    (_S.SHAKING, _E.BYE): _S.CLOSED,
    (_S.SECURE, _E.REPEATED_TO_US): _S.SECURE,
    (_S.SECURE, _E.CLOSED): _S.CLOSED,
    (_S.SECURE, _E.BYE): _S.CLOSED,
    (_S.FAILED, _E.BYE): _S.CLOSED,
    (_S.CLOSED, _E.BYE): _S.CLOSED,
}


class IllegalDtlsStepError(RuntimeError):
    """Our own code asked for a step that the table does not have; a peer cannot cause it."""


@dataclass(frozen=True, slots=True)
class DtlsReceived:
    """A datagram of the peer."""

    data: bytes


DtlsOrder = Literal["begin", "bye", "time passed"]
DtlsInput = DtlsReceived | DtlsOrder


@dataclass(frozen=True, slots=True)
class DtlsSend:
    """Send this datagram."""

    data: bytes


DtlsFailure = Literal["wrong certificate", "no common way"]


@dataclass(frozen=True, slots=True)
class DtlsFailed:
    """There will be no keys."""

    why: DtlsFailure


DtlsOutput = DtlsSend | SrtpKeys | DtlsFailed


class DtlsAssociation:
    """One association, client or server. Implements `telephony.net.driver.PureMachine`."""

    def __init__(self, identity: DtlsIdentity, terms: DtlsTerms) -> None:
        """Prepare; nothing happens before "begin".

        Args:
            identity: Our certificate.
            terms: Who begins, and what the peer's certificate is known by.
        """
        self.state = DtlsState.NEW
        self._identity = identity
        self._terms = terms
        self._is_client = terms.role == "active"
        self._wrong_certificate = False
        self._connection = self._connect()
        self._hello = b""
        """Random of the ClientHello that we answer, as server."""
        self._flight: list[bytes] = []
        """What we sent last, as long as the peer may not have heard it."""
        self._repeat_ms: int | None = None
        self._interval_ms = _FIRST_REPEAT_MS

    def step(self, event: DtlsInput, now_ms: int) -> list[DtlsOutput]:
        """Take one input and return what follows of it."""
        if isinstance(event, DtlsReceived):
            return self._receive(event.data, now_ms)
        if event == "begin":
            self._take(DtlsEvent.BEGIN)
            return self._shake(now_ms)
        if event == "bye":
            return self._say_goodbye()
        return self._repeat(now_ms) if self._repeat_ms is not None and now_ms >= self._repeat_ms else []

    def next_deadline_ms(self) -> int | None:
        """Return when "time passed" shall be said."""
        return self._repeat_ms

    def _take(self, event: DtlsEvent) -> None:
        after = DTLS.get((self.state, event))
        if after is None:
            raise IllegalDtlsStepError(f"DTLS has no {event.name} in {self.state.name}")
        self.state = after
        if after is not DtlsState.SHAKING:
            self._repeat_ms = None

    def _connect(self) -> SSL.Connection:
        return self._identity.connection(self._judge, is_client=self._is_client)

    def _judge(self, certificate: bytes) -> bool:
        fits = any(item.fits(certificate) for item in self._terms.fingerprints)
        self._wrong_certificate = not fits
        return fits

    def _receive(self, data: bytes, now_ms: int) -> list[DtlsOutput]:
        if self.state is DtlsState.SHAKING:
            hello = b"" if self._is_client else _hello_random(data)
            if hello and hello != self._hello:
                if self._hello:  # the peer began again, and OpenSSL would take it for a repetition
                    self._take(DtlsEvent.ANEW)
                    self._connection = self._connect()
                self._hello = hello
            self._connection.bio_write(data)
            return self._shake(now_ms)
        return self._receive_later(data) if self.state is DtlsState.SECURE else []

    def _receive_later(self, data: bytes) -> list[DtlsOutput]:
        """Take what comes after the handshake: its last flight once more, or the end."""
        self._connection.bio_write(data)
        try:
            self._connection.recv(MTU_BYTES)
        except SSL.ZeroReturnError:
            self._take(DtlsEvent.CLOSED)
            return []
        except SSL.Error:
            pass  # no data was asked for; what is not of the association is dropped by OpenSSL
        sent = self._written()
        if not sent and not self._is_client and data[0] == _HANDSHAKE:
            sent = self._flight
        if sent:
            self._take(DtlsEvent.REPEATED_TO_US)
        return [DtlsSend(datagram) for datagram in sent]

    def _shake(self, now_ms: int) -> list[DtlsOutput]:
        """Let OpenSSL read what came and say what is next."""
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            return self._send(self._written(), now_ms)
        except SSL.Error:
            return self._fail("wrong certificate" if self._wrong_certificate else "no common way")
        keys = self._keys()
        if keys is None:
            return self._fail("no common way")
        outputs: list[DtlsOutput] = [*self._send(self._written(), now_ms)]
        self._take(DtlsEvent.AGREED)
        return [*outputs, keys]

    def _fail(self, why: DtlsFailure) -> list[DtlsOutput]:
        alert = self._written()
        self._take(DtlsEvent.REFUSED)
        return [*map(DtlsSend, alert), DtlsFailed(why)]

    def _repeat(self, now_ms: int) -> list[DtlsOutput]:
        self._take(DtlsEvent.REPEAT)
        self._interval_ms = min(2 * self._interval_ms, _SLOWEST_REPEAT_MS)
        self._repeat_ms = now_ms + self._interval_ms
        try:
            self._connection.DTLSv1_handle_timeout()
        except SSL.Error:  # it gives up after a dozen times; a phone may still be ringing
            self._take(DtlsEvent.ANEW)
            self._connection = self._connect()
            return self._shake(now_ms)
        self._flight = self._written() or self._flight
        return [DtlsSend(datagram) for datagram in self._flight]

    def _say_goodbye(self) -> list[DtlsOutput]:
        sent: list[bytes] = []
        if self.state is DtlsState.SECURE:
            try:
                self._connection.shutdown()
            except SSL.Error:
                pass  # the peer hears it by signalling all the same
            else:
                sent = self._written()
        self._take(DtlsEvent.BYE)
        self._connection.set_app_data(None)  # so that both are freed at once
        return [DtlsSend(datagram) for datagram in sent]

    def _send(self, flight: list[bytes], now_ms: int) -> list[DtlsOutput]:
        """Send something new, and again if it stays without an answer."""
        if flight:
            self._flight = flight
            self._interval_ms = _FIRST_REPEAT_MS
            self._repeat_ms = now_ms + self._interval_ms
        return [DtlsSend(datagram) for datagram in flight]

    def _written(self) -> list[bytes]:
        """Take what OpenSSL wants sent."""
        data = b""
        while True:
            try:
                data += self._connection.bio_read(1 << 16)
            except SSL.WantReadError:
                return in_datagrams(data)

    def _keys(self) -> SrtpKeys | None:
        """Cut the keys of both sides out of what the handshake gives. Source: RFC 5764 section 4.2."""
        name = _PROFILES.get(self._connection.get_selected_srtp_profile())
        if name is None:
            return None
        profile = SRTP_PROFILES[name]
        material = self._connection.export_keying_material(_EXPORTER, 2 * profile.secret_bytes)
        key, salt = profile.key_bytes, profile.salt_bytes
        client = material[:key] + material[2 * key : 2 * key + salt]
        server = material[key : 2 * key] + material[2 * key + salt :]
        own, peer = (client, server) if self._is_client else (server, client)
        return SrtpKeys(profile=name, own=own, peer=peer)


def is_dtls(data: bytes) -> bool:
    """True when a datagram on a port of RTP is DTLS. Source: RFC 7983 section 7."""
    return bool(data) and 20 <= data[0] <= 63


def in_datagrams(records: bytes) -> list[bytes]:
    """Cut a row of records into datagrams; a record is never split (RFC 6347 section 4.1.1)."""
    datagrams: list[bytes] = []
    waiting = b""
    at = 0
    while at < len(records):
        end = at + _RECORD_HEADER_BYTES + int.from_bytes(records[at + 11 : at + 13])
        if waiting and len(waiting) + end - at > MTU_BYTES:
            datagrams.append(waiting)
            waiting = b""
        waiting += records[at:end]
        at = end
    return [*datagrams, waiting] if waiting else datagrams


def _hello_random(data: bytes) -> bytes:
    """Return the random of a ClientHello; empty when the datagram begins with something else, or with a later piece."""
    is_hello = len(data) >= _HELLO_RANDOM.stop and data[0] == _HANDSHAKE and data[_RECORD_HEADER_BYTES] == _CLIENT_HELLO
    is_first = data[19:22] == bytes(3)
    return data[_HELLO_RANDOM] if is_hello and is_first and data[3:5] == bytes(2) else b""
