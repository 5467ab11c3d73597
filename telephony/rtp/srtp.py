"""SRTP for keys that signalling agreed on: datagrams protected on their way out, checked and opened on their way in.

libsrtp does the cryptography, the rollover counter and the replay check; here is which profile a name means, how long
its keys are, and that nothing of a peer is believed before its tag was right. Source: RFC 3711, RFC 7714.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pylibsrtp

from telephony.rtp.packet import RtpParseError

_REPLAY_WINDOW_PACKETS = 1024
"""Packets this far behind the newest are still taken: 20 s at 20 ms, more than any jitter buffer waits for. Source: RFC
3711 section 3.3.2 asks for at least 64."""


@dataclass(frozen=True, slots=True)
class SrtpProfile:
    """A crypto suite."""

    name: str
    """As in `a=crypto`. Source: RFC 4568 section 6.2, RFC 7714 section 14.2."""
    key_bytes: int
    salt_bytes: int
    number: int
    """libsrtp's."""

    @property
    def secret_bytes(self) -> int:
        """Length of master key and master salt together."""
        return self.key_bytes + self.salt_bytes


SRTP_PROFILES: dict[str, SrtpProfile] = {
    profile.name: profile
    for profile in (
        SrtpProfile("AEAD_AES_256_GCM", 32, 12, pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_256_GCM),
        SrtpProfile("AEAD_AES_128_GCM", 16, 12, pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM),
        SrtpProfile("AES_CM_128_HMAC_SHA1_80", 16, 14, pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80),
        SrtpProfile("AES_CM_128_HMAC_SHA1_32", 16, 14, pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_32),
    )
}
"""By name, the strongest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SrtpKeys:
    """What both sides agreed on; never shown in logs."""

    profile: str
    """A name of `SRTP_PROFILES`."""
    own: bytes = field(repr=False)
    """Master key and salt of what we send."""
    peer: bytes = field(repr=False)
    """Master key and salt of what the peer sends."""

    def __post_init__(self) -> None:
        """Check the lengths.

        Raises:
            ValueError: an unknown profile, or a secret of another length.
        """
        profile = SRTP_PROFILES.get(self.profile)
        if profile is None or {len(self.own), len(self.peer)} != {profile.secret_bytes}:
            raise ValueError("the SRTP profile is unknown or its keys have another length")


class SrtpContext:
    """Both directions of one stream. Not thread-safe."""

    def __init__(self, keys: SrtpKeys) -> None:
        """Begin with fresh rollover counters. Source: RFC 4568 section 6.4.1."""
        self.keys = keys
        self.refused = 0
        """Datagrams whose tag was wrong, or that came a second time."""
        self._outbound = _session(keys.profile, keys.own, pylibsrtp.Policy.SSRC_ANY_OUTBOUND)
        self._inbound = _session(keys.profile, keys.peer, pylibsrtp.Policy.SSRC_ANY_INBOUND)

    def protect(self, data: bytes) -> bytes:
        """Return an RTP datagram as it is sent."""
        sealed: bytes = self._outbound.protect(data)
        return sealed

    def protect_rtcp(self, data: bytes) -> bytes:
        """Return an RTCP datagram as it is sent."""
        sealed: bytes = self._outbound.protect_rtcp(data)
        return sealed

    def unprotect(self, data: bytes) -> bytes:
        """Return the RTP datagram that a protected one holds.

        Raises:
            RtpParseError: it is not the peer's, damaged, or a replay.
        """
        return self._opened(self._inbound.unprotect, data)

    def unprotect_rtcp(self, data: bytes) -> bytes:
        """Return the RTCP datagram that a protected one holds.

        Raises:
            RtpParseError: it is not the peer's, damaged, or a replay.
        """
        return self._opened(self._inbound.unprotect_rtcp, data)

    def _opened(self, unprotect: Callable[[bytes], bytes], data: bytes) -> bytes:
        try:
            return unprotect(data)
        except (pylibsrtp.Error, ValueError) as error:
            self.refused += 1
            raise RtpParseError("not the peer's, damaged, or a replay") from error


def _session(profile: str, secret: bytes, direction: int) -> pylibsrtp.Session:
    policy = pylibsrtp.Policy(key=secret, ssrc_type=direction, srtp_profile=SRTP_PROFILES[profile].number)
    policy.window_size = _REPLAY_WINDOW_PACKETS
    return pylibsrtp.Session(policy)
