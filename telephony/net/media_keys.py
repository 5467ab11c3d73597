"""How the datagrams of one leg are sealed and opened: in the clear, by keys of the signalling, or by those of DTLS."""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Callable
from functools import partial

from calls.ids import LegId
from calls.ports import Clock
from telephony.net.driver import MachineDriver
from telephony.rtp.dtls import (
    DtlsAssociation,
    DtlsFailed,
    DtlsInput,
    DtlsOutput,
    DtlsReceived,
    DtlsSend,
    is_dtls,
)
from telephony.rtp.dtls_identity import DtlsIdentity
from telephony.rtp.dtls_terms import DtlsTerms, Keying
from telephony.rtp.latch import Address
from telephony.rtp.packet import RtpParseError
from telephony.rtp.srtp import SrtpContext, SrtpKeys

logger = logging.getLogger(__name__)

_MOST_EARLY = 4
"""Datagrams of a peer that begins its handshake before its answer came to us (RFC 5763 section 5). Source: a hello
fits into one, and comes again after 50 ms to 1 s."""
_MOST_STRANGERS = 16
"""So many addresses may spoil a handshake before only the announced one is listened to."""
_LAST_PORT = 65_535


class MediaKeys:
    """Which keys a leg has, and how they come about. Nothing goes out in the clear once keys are agreed on.

    RTP and RTCP share their keys, but for DTLS without rtcp-mux, where each socket has an association of its own.
    """

    def __init__(
        self,
        leg_id: LegId,
        clock: Clock,
        identity: Callable[[], DtlsIdentity],
        send: Callable[[bool, bytes, Address], None],
        changed: Callable[[], None],
        failed: Callable[[], None],
    ) -> None:
        """Begin in the clear. Needs a running event loop once DTLS is agreed on.

        Args:
            leg_id: For the log.
            clock: Where the time comes from.
            identity: Gives our certificate.
            send: Sends a datagram at once, by the socket of RTCP when the first argument is True.
            changed: Called when `ready` may have changed.
            failed: Called once when there can be no keys.
        """
        self._leg_id = leg_id
        self._clock = clock
        self._identity = identity
        self._send = send
        self._changed = changed
        self._failed = failed
        self._agreed: Keying | None = None
        self._address: Address | None = None
        self._contexts: dict[bool, SrtpContext] = {}
        """By whether it is for the socket of RTCP."""
        self._handshakes: dict[bool, _Handshake] = {}
        self._early: list[tuple[bool, bytes, Address]] = []
        self._refused = 0
        self._closed = False

    @property
    def encrypted(self) -> bool:
        """True once SRTP is agreed on, also while there are no keys yet."""
        return self._agreed is not None

    @property
    def ready(self) -> bool:
        """True when RTP may flow."""
        return self._agreed is None or False in self._contexts

    @property
    def muxed(self) -> bool:
        """True when RTCP goes by the socket of RTP."""
        return isinstance(self._agreed, DtlsTerms) and self._agreed.rtcp_mux

    @property
    def refused(self) -> int:
        """Datagrams that were not the peer's, or came before there were keys."""
        return self._refused + sum(context.refused for context in set(self._contexts.values()))

    def use(self, agreed: Keying | None, address: Address) -> None:
        """Follow an agreement; the same one again goes on where it was."""
        before, moved = self._agreed, address != self._address
        self._agreed, self._address = agreed, address
        early, self._early = self._early, []
        if isinstance(agreed, DtlsTerms):
            if agreed != before or (moved and not agreed.peer_id):
                self._shake_hands(agreed, before, address)
                for control, data, source in early:
                    self.take(data, source, control=control)
        elif agreed != before:
            self._forget()
            if agreed is not None:
                self._contexts = dict.fromkeys((False, True), SrtpContext(agreed))
        self._changed()

    def take(self, data: bytes, source: Address, *, control: bool) -> bool:
        """Take a datagram that came by the socket of RTCP (`control`) or RTP; False when it is no DTLS."""
        if not is_dtls(data):
            return False
        if self._address is None:
            if len(self._early) < _MOST_EARLY:
                self._early.append((control, data, source))
            return True
        handshake = self._handshakes.get(control)
        if handshake is not None:
            handshake.take(data, source)
        return handshake is not None

    def protect(self, data: bytes, *, control: bool) -> bytes | None:
        """Return a datagram as it is sent; None when it must not be.

        Args:
            data: RTP, or RTCP when `control` is True.
            control: It is RTCP.
        """
        if self._agreed is None:
            return data
        context = self._contexts.get(control and not self.muxed)
        if context is None:
            return None
        return context.protect_rtcp(data) if control else context.protect(data)

    def open(self, data: bytes, *, control: bool, by_control: bool) -> bytes:
        """Return what a datagram of the peer holds.

        Args:
            data: As it came.
            control: It is RTCP.
            by_control: It came by the socket of RTCP.

        Raises:
            RtpParseError: it is not the peer's, damaged, a replay, or came before there were keys.
        """
        if self._agreed is None:
            return data
        context = self._contexts.get(by_control)
        if context is None:
            self._refused += 1
            raise RtpParseError("there are no keys yet")
        return context.unprotect_rtcp(data) if control else context.unprotect(data)

    def close(self) -> None:
        """Say goodbye to the peer; idempotent."""
        self._closed = True
        for handshake in self._handshakes.values():
            handshake.close()
        self._handshakes.clear()

    def _shake_hands(self, terms: DtlsTerms, before: Keying | None, address: Address) -> None:
        """Begin anew. A peer with the same certificate is heard by the old keys until there are new ones."""
        kept = isinstance(before, DtlsTerms) and before.fingerprints == terms.fingerprints
        contexts = self._contexts if kept else {}
        self._forget()
        self._contexts = contexts
        ports = {False: address[1]}
        if not terms.rtcp_mux and address[1] < _LAST_PORT:
            ports[True] = address[1] + 1
        for control, port in ports.items():
            self._handshakes[control] = _Handshake(
                self._identity(),
                terms,
                self._clock,
                (address[0], port),
                partial(self._send, control),
                partial(self._settled, control),
            )
        for handshake in list(self._handshakes.values()):
            handshake.begin()

    def _forget(self) -> None:
        self._refused = self.refused
        for handshake in self._handshakes.values():
            handshake.close()
        self._handshakes, self._contexts = {}, {}

    def _settled(self, control: bool, outcome: SrtpKeys | DtlsFailed) -> None:
        details = {"leg_id": self._leg_id, "of": "RTCP" if control else "RTP"}
        if isinstance(outcome, DtlsFailed):
            logger.warning("the DTLS handshake failed: %s", outcome.why, extra=details)
            self.close()
            self._failed()
            return
        logger.info("the DTLS handshake gave keys", extra={**details, "profile": outcome.profile})
        self._contexts[control] = SrtpContext(outcome)
        self._changed()


class _Handshake:
    """One association on one socket, and where its peer is.

    The peer is at the address that it announced, or, as long as nothing comes from there, where the datagrams come from
    that bring the handshake forward: from anywhere when we wait for its hello (NAT), from another port when we begin.
    A stranger can bring it no further than to its own certificate; what fails so, or by a stranger's alert, begins anew
    and the stranger is not listened to any more.
    """

    def __init__(
        self,
        identity: DtlsIdentity,
        terms: DtlsTerms,
        clock: Clock,
        announced: Address,
        send: Callable[[bytes, Address], None],
        settled: Callable[[SrtpKeys | DtlsFailed], None],
    ) -> None:
        self._identity = identity
        self._terms = terms
        self._clock = clock
        self._announced = self._peer = (str(ipaddress.ip_address(announced[0])), announced[1])
        self._peer_is_sure = False
        """Nobody else is listened to."""
        self._strangers: set[Address] = set()
        self._moved_on = False
        self._send = send
        self._settled = settled
        self._driver = self._drive()

    def begin(self) -> None:
        self._driver.feed("begin")

    def take(self, data: bytes, source: Address) -> None:
        """Take a datagram; one that changes nothing changes nobody's address either."""
        if not self._may_be_peer(source):
            return
        if source == self._announced:
            self._peer, self._peer_is_sure = source, True
        before, self._peer = self._peer, source
        self._moved_on = False
        self._driver.feed(DtlsReceived(data))
        if not self._moved_on:
            self._peer = before

    def close(self) -> None:
        self._driver.feed("bye")
        self._driver.close()

    def _may_be_peer(self, source: Address) -> bool:
        if self._peer_is_sure:
            return source == self._peer
        elsewhere = source[0] != self._announced[0]
        return source not in self._strangers and not (elsewhere and self._terms.role == "active")

    def _drive(self) -> MachineDriver[DtlsInput, DtlsOutput]:
        association = DtlsAssociation(self._identity, self._terms)
        return MachineDriver(association, self._clock, lambda: "time passed", self._carry_out)

    def _carry_out(self, output: DtlsOutput) -> None:
        self._moved_on = True
        if isinstance(output, DtlsSend):
            self._send(output.data, self._peer)
        elif isinstance(output, DtlsFailed) and self._peer != self._announced:
            self._begin_anew()
        else:
            self._peer_is_sure = True
            self._settled(output)

    def _begin_anew(self) -> None:
        self._strangers.add(self._peer)
        self._peer_is_sure = len(self._strangers) >= _MOST_STRANGERS
        self._peer = self._announced
        self._driver.close()
        self._driver = self._drive()
        self.begin()
