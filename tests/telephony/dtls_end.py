"""A caller's RTP end by hand that does DTLS-SRTP: it says which certificate it announces and which one it shows."""

from __future__ import annotations

import asyncio
import socket
from datetime import UTC, datetime

from telephony.rtp.dtls import DtlsAssociation, DtlsFailed, DtlsInput, DtlsReceived, DtlsSend, DtlsState, is_dtls
from telephony.rtp.dtls_identity import DtlsIdentity
from telephony.rtp.dtls_terms import DtlsRole, DtlsTerms, Fingerprint
from telephony.rtp.packet import RtpParseError, is_rtcp
from telephony.rtp.srtp import SrtpContext
from telephony.sdp.dtls_attribute import read_dtls
from telephony.sdp.session_description import parse_sdp
from telephony.sip.message import SipResponse
from tests.telephony.raw_phone import HOST, RtpEnd, description

UTC_NOW = datetime(2026, 1, 1, tzinfo=UTC)
IDENTITY = DtlsIdentity(UTC_NOW)
ANOTHER = DtlsIdentity(UTC_NOW)


class SealedSocket:
    """A socket whose RTP is sealed as soon as there are keys; before, it is sent as it is."""

    def __init__(self, inner: socket.socket) -> None:
        self.inner = inner
        self.association: DtlsAssociation | None = None
        self.context: SrtpContext | None = None
        self.unsealed: list[bytes] = []
        """What came that is neither DTLS nor SRTP of the peer."""
        self.failed = ""
        self._target = (HOST, 0)

    def give(self, event: DtlsInput) -> None:
        assert self.association is not None
        now_ms = round(asyncio.get_running_loop().time() * 1000)
        for output in self.association.step(event, now_ms):
            if isinstance(output, DtlsSend):
                self.inner.sendto(output.data, self._target)
            elif isinstance(output, DtlsFailed):
                self.failed = output.why
            else:
                self.context = SrtpContext(output)

    def begin(self, association: DtlsAssociation, port: int) -> None:
        self.association, self._target = association, (HOST, port)
        self.give("begin")

    def sendto(self, data: bytes, address: tuple[str, int]) -> None:
        self.inner.sendto(self.context.protect(data) if self.context is not None else data, address)

    def recv(self, size: int) -> bytes:
        while True:
            data = self.inner.recv(size)
            if is_dtls(data):
                if self.association is not None:
                    self.give(DtlsReceived(data))
                continue
            if self.context is None or is_rtcp(data):
                self.unsealed += [] if self.context is not None else [data]
                continue
            try:
                return self.context.unprotect(data)
            except RtpParseError:
                self.unsealed.append(data)

    def drain(self) -> None:
        """Take what waits of a handshake."""
        while True:
            try:
                self.recv(2048)
            except BlockingIOError:
                return

    def close(self) -> None:
        self.inner.close()


class DtlsRtpEnd(RtpEnd):
    """Speaks and listens in real time, sealed once `shake` is done."""

    def __init__(self, seed: int = 1, identity: DtlsIdentity = IDENTITY) -> None:
        super().__init__(seed)
        self.identity = identity
        self.sealed = SealedSocket(self._socket)
        self._socket = self.sealed  # type: ignore[assignment]

    def offer(
        self,
        setup: str = "actpass",
        *more: str,
        announces: Fingerprint | None = None,
        direction: str = "sendrecv",
        protocol: str = "UDP/TLS/RTP/SAVP",
    ) -> str:
        """Return an offer with the fingerprint of our certificate, or of another one."""
        plain = description(self.port, direction=direction, formats="0 101").replace("RTP/AVP", protocol)
        lines = [f"a=fingerprint:{announces or self.identity.fingerprint}", f"a=setup:{setup}", "a=rtcp-mux", *more]
        return plain + "".join(f"{line}\r\n" for line in lines)

    async def shake(self, answer: SipResponse, *, most_s: float = 5.0) -> DtlsState:
        """Do the handshake that an answer asks for; returns how far it came."""
        whole = parse_sdp(answer.body)
        lines = read_dtls(whole, whole.media[0])
        assert lines is not None
        role: DtlsRole = "active" if lines.setup == "passive" else "passive"
        terms = DtlsTerms(role=role, fingerprints=lines.fingerprints)
        association = DtlsAssociation(self.identity, terms)
        self.sealed.context = None
        self.sealed.begin(association, whole.media[0].port)
        loop = asyncio.get_running_loop()
        gives_up_s = loop.time() + most_s
        while association.state is DtlsState.SHAKING and loop.time() < gives_up_s:
            self.drain()
            due_ms = association.next_deadline_ms()
            if due_ms is not None and loop.time() * 1000 >= due_ms:
                self.sealed.give("time passed")
            await asyncio.sleep(0.005)
        return association.state
