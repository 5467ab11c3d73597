"""Those whom the soak's house meets beside well-behaved gateways: a carrier that wants digest, phones that vanish."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import secrets
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from calls.ports import Clock
from telephony.net.tls_contexts import TlsSettings
from telephony.sip.digest import account_hash
from telephony.sip.digest_server import DigestServer, Proven
from telephony.sip.message import Flow, SipRequest, serialise
from telephony.sip.parse_message import MalformedRequestError, NotSipError, parse_message
from telephony.sip.respond import make_response

LOOPBACK = "127.0.0.1"
CARRIER_USER, CARRIER_WORD = "house", "soak"
"""What the carrier wants to see proven."""

_REALM = "carrier.invalid"
_NOWHERE = 9
"""Port to which a vanished phone wants its sound: discard."""

_PATIENCE_S = 3.0


def make_certificate(folder: Path) -> TlsSettings:
    """Write a certificate for 127.0.0.1 that signs itself, and trust it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "soak")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(LOOPBACK))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "soak.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
    return TlsSettings(certificate=str(pem), ca=str(pem))


def describe(port: int) -> bytes:
    """Return SDP for G.711 on this port."""
    return (
        f"v=0\r\no=- 1 1 IN IP4 {LOOPBACK}\r\ns=-\r\nc=IN IP4 {LOOPBACK}\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
    ).encode()


class Carrier(asyncio.DatagramProtocol):
    """Registers and answers whoever proves by digest to be `house`; lets whoever does so hang up."""

    def __init__(self, clock: Clock) -> None:
        """Wait for the transport."""
        self.port = 0
        self.answered = 0
        """INVITEs that were proven."""
        self._clock = clock
        self._door = DigestServer(_REALM, lambda: secrets.token_hex(8))
        self._transport: asyncio.DatagramTransport | None = None

    async def start(self) -> None:
        """Bind a port."""
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(LOOPBACK, 0))
        self._transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def stop(self) -> None:
        """Close it."""
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer a request."""
        try:
            request = parse_message(data)
        except (NotSipError, MalformedRequestError):
            return
        if not isinstance(request, SipRequest) or request.method == "ACK" or self._transport is None:
            return
        self._transport.sendto(self._respond(request, Flow(*addr)), addr)

    def _respond(self, request: SipRequest, source: Flow) -> bytes:
        is_register = request.method == "REGISTER"
        if is_register or request.method == "INVITE":
            now_ms = self._clock.now_ms()
            field_name = "Authorization" if is_register else "Proxy-Authorization"
            proven = self._door.check(
                request, lambda user, kind: account_hash(kind, user, _REALM, CARRIER_WORD), now_ms, field_name
            )
            if not isinstance(proven, Proven):
                asks = "WWW-Authenticate" if is_register else "Proxy-Authenticate"
                fields = [(asks, str(challenge)) for challenge in self._door.challenges(now_ms, stale=proven.stale)]
                status = 401 if is_register else 407
                return serialise(make_response(request, status, source, to_tag="carrier", fields=fields))
        if request.method == "INVITE":
            self.answered += 1
            fields = [("Contact", f"<sip:{LOOPBACK}:{self.port}>"), ("Content-Type", "application/sdp")]
            return serialise(
                make_response(request, 200, source, to_tag="carrier", fields=fields, body=describe(_NOWHERE))
            )
        fields = [("Contact", request.headers.get("Contact") or ""), ("Expires", "100000")] if is_register else []
        return serialise(make_response(request, 200, source, to_tag="carrier", fields=fields))


async def vanish(house_port: int, transport: Literal["udp", "tcp"], *, confirm: bool) -> None:
    """Call `bot` as a phone that is gone after the answer: without a BYE, and unless `confirm` without an ACK."""
    kind = socket.SOCK_STREAM if transport == "tcp" else socket.SOCK_DGRAM
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, kind) as line:
        line.setblocking(False)
        line.bind((LOOPBACK, 0))
        await loop.sock_connect(line, (LOOPBACK, house_port))
        port, call = line.getsockname()[1], secrets.token_hex(6)
        await loop.sock_sendall(line, _request("INVITE", house_port, port, transport, call, "", describe(_NOWHERE)))
        tag = ""
        with contextlib.suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(_PATIENCE_S):
                while not tag:
                    tag = _tag_of_answer(await loop.sock_recv(line, 4096))
        if tag and confirm:
            await loop.sock_sendall(line, _request("ACK", house_port, port, transport, call, f";tag={tag}", b""))


def _request(method: str, house_port: int, port: int, transport: str, call: str, tag: str, body: bytes) -> bytes:
    lines = [
        f"{method} sip:bot@{LOOPBACK}:{house_port} SIP/2.0",
        f"Via: SIP/2.0/{transport.upper()} {LOOPBACK}:{port};branch=z9hG4bK{call}{method};rport",
        "Max-Forwards: 70",
        f"From: <sip:ghost@{LOOPBACK}:{port}>;tag={call}",
        f"To: <sip:bot@{LOOPBACK}>{tag}",
        f"Call-ID: {call}",
        f"CSeq: 1 {method}",
        f"Contact: <sip:ghost@{LOOPBACK}:{port};transport={transport}>",
        *(["Content-Type: application/sdp"] if body else []),
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def _tag_of_answer(data: bytes) -> str:
    """Return the To tag of a 200 among what came, empty when there is none."""
    at = data.find(b"SIP/2.0 200")
    lines = data[at:].decode().split("\r\n") if at >= 0 else []
    return next((line.partition(";tag=")[2] for line in lines if line.lower().startswith("to:")), "")
