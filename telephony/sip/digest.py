"""Digest authentication as both sides compute it: challenges, credentials, hashes (RFC 3261 section 22, 7616, 8760).

`digest_client` answers challenges, `digest_server` makes them and checks the answers. No text that a log could show
holds a password or a hash of one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, get_args

from telephony.sip.grammar import SipSyntaxError, is_token, parse_number, quote, split_outside, unquote

Algorithm = Literal["SHA-256", "SHA-256-sess", "MD5", "MD5-sess"]
"""Source: RFC 8760 section 2.1; `-sess` from RFC 7616 section 3.4.2."""
Qop = Literal["auth", "auth-int"]

_BY_NAME: dict[str, Algorithm] = {name.lower(): name for name in get_args(Algorithm)}
MAX_NC = 0xFFFFFFFF
"""Source: RFC 7616 section 3.4: eight hexadecimal digits."""
_MAX_PARTS = 64
"""More parameters than any answer has; a longer field is not read further."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way in which a server wants us to prove who we are."""

    realm: str
    nonce: str
    algorithm: Algorithm = "MD5"
    qop: tuple[Qop, ...] = ()
    """What the server takes, empty for servers of RFC 2069."""
    opaque: str | None = None
    stale: bool = False
    """The nonce was too old, the password was right."""

    def __str__(self) -> str:
        parts = [f"realm={quote(self.realm)}", f"nonce={quote(self.nonce)}", f"algorithm={self.algorithm}"]
        if self.qop:
            parts.append(f'qop="{",".join(self.qop)}"')
        if self.opaque is not None:
            parts.append(f"opaque={quote(self.opaque)}")
        if self.stale:
            parts.append("stale=true")
        return "Digest " + ", ".join(parts)


@dataclass(frozen=True, slots=True)
class DigestAnswer:
    """The value of Authorization or Proxy-Authorization."""

    username: str
    realm: str
    nonce: str
    uri: str
    response: str = field(repr=False)
    algorithm: Algorithm = "MD5"
    qop: Qop | None = None
    cnonce: str = ""
    nc: int = 0
    opaque: str | None = None

    def __str__(self) -> str:
        parts = [
            f"username={quote(self.username)}",
            f"realm={quote(self.realm)}",
            f"nonce={quote(self.nonce)}",
            f"uri={quote(self.uri)}",
            f'response="{self.response}"',
            f"algorithm={self.algorithm}",
        ]
        if self.qop is not None:
            parts += [f"cnonce={quote(self.cnonce)}", f"qop={self.qop}", f"nc={self.nc:08x}"]
        if self.opaque is not None:
            parts.append(f"opaque={quote(self.opaque)}")
        return "Digest " + ", ".join(parts)


def hash_text(algorithm: Algorithm, text: str) -> str:
    """Return the hash of a text in hexadecimal."""
    data = text.encode("utf-8", "surrogateescape")
    if algorithm.startswith("SHA-256"):
        return hashlib.sha256(data).hexdigest()
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def account_hash(algorithm: Algorithm, username: str, realm: str, password: str) -> str:
    """Return H(username:realm:password), which may be stored in place of the password (RFC 7616 section 3.4.2)."""
    return hash_text(algorithm, f"{username}:{realm}:{password}")


def digest_response(answer: DigestAnswer, ha1: str, method: str, body: bytes = b"") -> str:
    """Return the proof that belongs to an answer whose other fields are set (RFC 7616 section 3.4.1).

    Args:
        answer: Its `response` is not looked at.
        ha1: What `account_hash` gave.
        method: Of the request.
        body: Of the request; it counts with `auth-int` only.
    """
    algorithm = answer.algorithm
    if algorithm.endswith("-sess"):
        ha1 = hash_text(algorithm, f"{ha1}:{answer.nonce}:{answer.cnonce}")
    a2 = f"{method}:{answer.uri}"
    if answer.qop == "auth-int":
        a2 += ":" + hash_text(algorithm, body.decode("utf-8", "surrogateescape"))
    ha2 = hash_text(algorithm, a2)
    if answer.qop is None:
        return hash_text(algorithm, f"{ha1}:{answer.nonce}:{ha2}")
    return hash_text(algorithm, f"{ha1}:{answer.nonce}:{answer.nc:08x}:{answer.cnonce}:{answer.qop}:{ha2}")


def parse_challenges(values: Iterable[str]) -> list[Challenge]:
    """Return the challenges of WWW-Authenticate or Proxy-Authenticate that we can answer, in order.

    Other schemes, algorithms that we do not have and malformed ones are left out.
    """
    found: list[Challenge] = []
    for value in values:
        for scheme, params in _parts(value):
            if scheme.lower() != "digest" or "realm" not in params or not params.get("nonce"):
                continue
            algorithm = _BY_NAME.get(params.get("algorithm", "MD5").lower())
            offered = {item.strip().lower() for item in params.get("qop", "").split(",")} - {""}
            qop: tuple[Qop, ...] = tuple(name for name in get_args(Qop) if name in offered)
            if algorithm is None or (offered and not qop):
                continue
            stale = params.get("stale", "").lower() == "true"
            found.append(Challenge(params["realm"], params["nonce"], algorithm, qop, params.get("opaque"), stale))
    return found


def parse_answers(values: Iterable[str]) -> list[DigestAnswer]:
    """Return the digest answers of Authorization or Proxy-Authorization; what is none is left out."""
    found: list[DigestAnswer] = []
    for value in values:
        for scheme, params in _parts(value):
            answer = _answer_of(params) if scheme.lower() == "digest" else None
            if answer is not None:
                found.append(answer)
    return found


def _answer_of(params: dict[str, str]) -> DigestAnswer | None:
    algorithm = _BY_NAME.get(params.get("algorithm", "MD5").lower())
    if algorithm is None or not {"username", "realm", "nonce", "uri", "response"} <= params.keys():
        return None
    qop_text = params.get("qop", "").lower()
    qop: Qop | None = None
    if qop_text == "auth":
        qop = "auth"
    elif qop_text == "auth-int":
        qop = "auth-int"
    elif qop_text:
        return None
    nc_text = params.get("nc", "")
    try:
        nc = int(nc_text, 16) if len(nc_text) == 8 and nc_text.isalnum() else parse_number(nc_text or "0", "nc", 0)
    except (ValueError, SipSyntaxError):
        return None
    return DigestAnswer(
        username=params["username"],
        realm=params["realm"],
        nonce=params["nonce"],
        uri=params["uri"],
        response=params["response"].lower(),
        algorithm=algorithm,
        qop=qop,
        cnonce=params.get("cnonce", ""),
        nc=nc,
        opaque=params.get("opaque"),
    )


def _parts(value: str) -> list[tuple[str, dict[str, str]]]:
    """Split a field into schemes with their parameters; several may stand in one field, with commas between them."""
    try:
        pieces = split_outside(value, ",", angles=False)[:_MAX_PARTS]
    except SipSyntaxError:
        return []
    found: list[tuple[str, dict[str, str]]] = []
    for piece in pieces:
        name, equals, text = piece.strip().partition("=")
        words = name.split(None, 1)
        if len(words) == 2 and equals:
            found.append((words[0], {}))
            name = words[1]
        name = name.strip().lower()
        if found and equals and is_token(name):
            found[-1][1].setdefault(name, unquote(text))
    return found
