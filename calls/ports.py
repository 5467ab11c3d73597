"""Protocols through which rooms that may not import each other meet. `service` wires them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from calls.audio import AudioFrame, Samples
from calls.events import Event, NewEvent, StreamKind
from calls.ids import Language, LegId


class Clock(Protocol):
    """Where time comes from: the only source in a running service is `service.clock`."""

    def now_ms(self) -> int:
        """Monotonic milliseconds; the origin means nothing."""
        ...

    def now_utc(self) -> datetime:
        """Wall-clock time, aware, UTC."""
        ...


class AudioSource(Protocol):
    """Gives one frame at each tick. Called on the media loop: must return at once and never raise."""

    def read(self, t_ms: int) -> AudioFrame | None:
        """Return the frame of the tick that starts at `t_ms`, or None for silence."""
        ...


class AudioSink(Protocol):
    """Takes one frame at each tick. Called on the media loop: must return at once and never raise."""

    def write(self, frame: AudioFrame) -> None:
        """Take the frame of one tick."""
        ...


class AudioTap(Protocol):
    """Sees what each member said at each tick: recorder, recognition."""

    def hear(self, member_id: str, frame: AudioFrame) -> None:
        """Take what `member_id` said during one tick (before mixing)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DigitHeard:
    """A key of the phone was pressed and released (RFC 4733 or SIP INFO)."""

    digit: str
    """One of `0123456789*#ABCD`."""
    duration_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LegEnded:
    """The other side is gone, or the leg failed; the last event of a leg."""

    reason: str
    """`hung_up`, `cancelled`, `media_lost`, `not_secure` (no keys could be agreed on), `transport_error`, `local`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerHeld:
    """The other side holds us, or has taken us back: while held it does not hear what is written to the leg."""

    held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LegBroken:
    """The connection under the leg broke and may come back, or has come back. A leg that does not come back ends."""

    broken: bool


LegEvent = DigitHeard | LegEnded | PeerHeld | LegBroken


class Leg(AudioSource, AudioSink, Protocol):
    """One member's line: sound both ways, keys, an end."""

    @property
    def leg_id(self) -> LegId:
        """Unique name."""
        ...

    @property
    def codec(self) -> str:
        """Name of the codec in use, e.g. `PCMU`."""
        ...

    @property
    def rate_hz(self) -> int:
        """Native rate of `read` and of what `write` takes."""
        ...

    def on_event(self, listener: Callable[[LegEvent], None]) -> None:
        """Call `listener` on the media loop for each event; events before this call are kept for it."""
        ...

    async def hang_up(self) -> None:
        """End the leg from our side; idempotent."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOffer:
    """Who calls whom, as the peer says."""

    transport: str
    """`sip` or `webrtc`."""
    caller: str
    """User part or number of the caller as presented, empty when withheld."""
    caller_name: str
    called: str
    """User part that was dialled."""
    peer_call_id: str
    remote: str
    """Address of the peer, `host:port`."""
    withheld: bool = False
    """The caller does not want to be known; `caller` is empty then."""
    asserted: bool = False
    """A peer that is trusted vouches for `caller`; else it is what the caller wrote."""
    diverted_from: str = ""
    """Who was called first, when the call was diverted to us and a trusted peer says so."""
    trunk: str = ""
    """Name of the line to a carrier that it came over; empty for none."""
    proxy: str = ""
    """Name of the proxy of our own that passed it on; empty for none."""
    phone: str = ""
    """Name of the phone of ours that proved to be it, `caller` being its user name; empty for everybody else."""
    visitor: str = ""
    """Visitor of the web chat who proved to be it by a pass; empty for everybody else."""


class IncomingCall(Protocol):
    """A call that rings: exactly one of `answer` and `reject` settles it, unless the caller gives up first."""

    @property
    def offer(self) -> CallOffer:
        """Who calls whom."""
        ...

    def on_cancel(self, listener: Callable[[], None]) -> None:
        """Call `listener` if the caller gives up while it rings."""
        ...

    def ring(self) -> None:
        """Tell the caller that it rings (180)."""
        ...

    async def answer(self) -> Leg:
        """Accept, and return the leg with media running.

        Raises:
            CallCentreError: `call.gone` when the caller gave up, `call.no_ack` when the answer was never confirmed.
        """
        ...

    def reject(self, status: int, reason: str) -> None:
        """Refuse with a SIP status (the nearest meaning is used on WebRTC)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A stretch of an article that can be spoken as it stands."""

    article_id: str
    """`topic:language`, e.g. `bill-explained:es`."""
    topic: str
    title: str
    language: Language
    text: str
    """The article's own words, ready to be spoken: a few sentences."""
    score: float
    """Relevance to the query, 0 to 1; comparable within one language."""
    flow: str = ""
    """Flow that is offered after the answer, empty for none."""


class KnowledgeSearch(Protocol):
    """Finds passages for a question. The embedding runs elsewhere; this may await it."""

    async def search(self, query: str, language: Language, limit: int = 5) -> Sequence[Passage]:
        """Return the best passages, best first, at most one an article; empty when nothing is near."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenWord:
    """One word of synthesised speech and where it lies in the audio (estimated when the engine gives no times)."""

    text: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechChunk:
    """A piece of synthesised speech, in order."""

    samples: Samples
    rate_hz: int
    words: tuple[SpokenWord, ...]
    """Words of this chunk, times relative to the chunk's start."""
    cached: bool
    stand_in_for: str = ""
    """Code of the error for which another voice than the first choice spoke; empty when the first choice did."""


class FactLog(Protocol):
    """The event store as rooms beside it see it. Everything blocks; asyncio code calls it in a thread."""

    def append(self, entries: Sequence[NewEvent]) -> Sequence[Event]:
        """Append facts, of one or several streams, in one transaction; return them with their numbers.

        Raises:
            CallCentreError: `stream.conflict` when another process writes one of the streams; `database.*`.
        """
        ...

    def release(self, kind: StreamKind, stream_id: str) -> None:
        """Stop being the writer of a stream, so that another process may append."""
        ...

    def read(self, kind: StreamKind, stream_id: str, after: int = 0, limit: int | None = None) -> Sequence[Event]:
        """Return the facts of a stream with numbers above `after`, in order; empty when there are none."""
        ...
