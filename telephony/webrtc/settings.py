"""What WebRTC can be told by configuration."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class IceServer:
    """A STUN or TURN server."""

    urls: tuple[str, ...]
    """E.g. `turn:turn.example.org:3478?transport=udp`."""
    username: str | None = None
    credential: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebRtcSettings:
    """Section `[telephony.webrtc]`, already checked by the configuration."""

    ice_servers: tuple[IceServer, ...] = ()
    """None by default: nobody is asked who was not named."""
    ice_addresses: tuple[str, ...] = ()
    """Local addresses to offer; empty for all but loopback."""
    connect_ms: int = 20_000
    """How long ICE and DTLS may take from the offer on; then the call is cancelled."""
    gather_ms: int = 3_000
    """How long STUN and TURN servers may take to answer; then the call goes on without their candidates."""
    reconnect_ms: int = 15_000
    """How long a browser whose network broke may take to come back on another; until then the call goes on."""
    max_sessions: int = 200
    """Sessions at once, ringing ones included; more are refused."""
    opus_rate_hz: int = 48_000
    """Rate of the sound on our side: 48000, the full band, for people who talk by browser on both sides, or 16000, all
    that the bot says and recognition hears. Measured: the full band costs a quarter more of a core."""
