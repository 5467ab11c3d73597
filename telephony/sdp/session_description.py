"""Session descriptions: parsed tolerantly, written strictly (RFC 8866)."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field

MAX_LINES = 1_000
_LINE = re.compile(r"([A-Za-z])[ \t]*=(.*)\Z")
_DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")


class SdpError(ValueError):
    """The text is no session description."""


@dataclass(frozen=True, slots=True)
class RtpMap:
    """What a payload type stands for."""

    encoding: str
    """Upper case."""
    clock_rate_hz: int
    channels: int = 1


@dataclass(frozen=True, slots=True)
class MediaDescription:
    """One m-line with what follows it."""

    kind: str
    """`audio`, `video` …"""
    port: int
    protocol: str
    formats: tuple[str, ...]
    """Payload types for RTP, other words for other protocols."""
    connection: str | None
    """Address of the c-line that holds for this medium (its own or the session's), None when there is none."""
    attributes: tuple[tuple[str, str | None], ...] = ()

    def attribute(self, name: str) -> str | None:
        """Return the first value of an attribute: None when missing, empty when it has no value."""
        for key, value in self.attributes:
            if key == name:
                return value or ""
        return None

    def all_of(self, name: str) -> tuple[str, ...]:
        """Return the values of every attribute of that name, in order."""
        return tuple(value or "" for key, value in self.attributes if key == name)

    def fmtp(self, payload_type: int) -> str:
        """Return the format parameters of a payload type, empty when there are none."""
        for value in self.all_of("fmtp"):
            number, _, text = value.partition(" ")
            if number == str(payload_type):
                return text.strip()
        return ""

    def direction(self, default: str) -> str:
        """Return the direction attribute of the medium, else `default`."""
        return next((key for key, _ in self.attributes if key in _DIRECTIONS), default)

    def rtpmap(self, payload_type: int) -> RtpMap | None:
        """Return the mapping of a payload type, None when there is no proper one."""
        for key, value in self.attributes:
            match = re.fullmatch(r"(\d+)\s+([^/\s]+)/(\d+)(?:/(\d+))?\s*", value or "") if key == "rtpmap" else None
            if match and int(match[1]) == payload_type:
                return RtpMap(match[2].upper(), int(match[3]), int(match[4] or 1))
        return None


@dataclass(frozen=True, slots=True)
class SessionDescription:
    """A whole description."""

    origin_host: str
    session_id: str
    version: str
    media: tuple[MediaDescription, ...]
    attributes: tuple[tuple[str, str | None], ...] = field(default=())
    """Of the session level."""
    connection: str | None = None

    @property
    def direction(self) -> str:
        """The direction attribute of the session level, `sendrecv` when there is none (RFC 8866 section 6.7)."""
        return next((key for key, _ in self.attributes if key in _DIRECTIONS), "sendrecv")


def parse_sdp(body: bytes) -> SessionDescription:
    """Parse a description; unknown lines are skipped, an empty `s=` or a missing `t=` is forgiven.

    Raises:
        SdpError: When it does not begin with `v=0`, or an o-, c- or m-line is malformed.
    """
    lines = [line for line in re.split(r"\r\n|\n|\r", body.decode("utf-8", "replace")) if line.strip()]
    if not lines or len(lines) > MAX_LINES:
        raise SdpError("empty or too long")
    origin = ("", "0", "0")
    session_connection: str | None = None
    session_attributes: list[tuple[str, str | None]] = []
    media: list[tuple[re.Match[str], list[str | None], list[tuple[str, str | None]]]] = []
    for number, line in enumerate(lines):
        match = _LINE.match(line)
        if match is None or (number == 0 and (match[1], match[2].strip()) != ("v", "0")):
            raise SdpError("a line is not `letter=value`, or the first is not v=0")
        kind, value = match[1], match[2].strip()
        if kind == "o":
            origin = _parse_origin(value)
        elif kind == "c":
            address = _parse_connection(value)
            if media:
                media[-1][1].append(address)
            else:
                session_connection = address
        elif kind == "m":
            media.append((_parse_media(value), [], []))
        elif kind == "a":
            name, colon, text = value.partition(":")
            (media[-1][2] if media else session_attributes).append((name.strip().lower(), text if colon else None))
    return SessionDescription(
        origin_host=origin[0],
        session_id=origin[1],
        version=origin[2],
        media=tuple(
            MediaDescription(
                kind=found[1].lower(),
                port=int(found[2]),
                protocol=found[3].upper(),
                formats=tuple(found[4].split()),
                connection=connections[0] if connections else session_connection,
                attributes=tuple(attributes),
            )
            for found, connections, attributes in media
        ),
        attributes=tuple(session_attributes),
        connection=session_connection,
    )


def serialise_sdp(description: SessionDescription) -> bytes:
    """Write a description with the lines in the order that RFC 8866 section 5 asks for."""
    lines = [
        "v=0",
        f"o=- {description.session_id} {description.version} IN {_family(description.origin_host)} "
        f"{description.origin_host}",
        "s=-",
    ]
    if description.connection:
        lines.append(f"c=IN {_family(description.connection)} {description.connection}")
    lines.append("t=0 0")
    lines += [_format_attribute(item) for item in description.attributes]
    for medium in description.media:
        lines.append(f"m={medium.kind} {medium.port} {medium.protocol} {' '.join(medium.formats)}")
        if medium.connection and medium.connection != description.connection:
            lines.append(f"c=IN {_family(medium.connection)} {medium.connection}")
        lines += [_format_attribute(item) for item in medium.attributes]
    return ("\r\n".join(lines) + "\r\n").encode()


def _parse_origin(value: str) -> tuple[str, str, str]:
    words = value.split()
    if len(words) != 6:
        raise SdpError("the o-line has not six words")
    return words[5], words[1], words[2]


def _parse_connection(value: str) -> str:
    words = value.split()
    if len(words) != 3 or words[0].upper() != "IN" or words[1].upper() not in ("IP4", "IP6"):
        raise SdpError("a c-line is malformed")
    return words[2].split("/")[0]


def _parse_media(value: str) -> re.Match[str]:
    match = re.fullmatch(r"(\S+)\s+(\d{1,5})(?:/\d+)?\s+(\S+)\s+(\S.*)", value)
    if match is None or int(match[2]) > 65_535:
        raise SdpError("an m-line is malformed")
    return match


def _family(host: str) -> str:
    try:
        return f"IP{ipaddress.ip_address(host).version}"
    except ValueError:
        return "IP4"


def _format_attribute(item: tuple[str, str | None]) -> str:
    name, value = item
    return f"a={name}" if value is None else f"a={name}:{value}"
