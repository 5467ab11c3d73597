"""One agent as the queue sees them: what they can do, what they have in hand, how long they have been idle."""

from __future__ import annotations

from dataclasses import dataclass, field

from calls.desk_events import AgentState
from desk.acd_messages import AgentSignedIn, Media

LINE_BACK_MS = 20_000
"""How long an agent whose line is gone still counts among those who take calls. Source: as `HandoverLimits.restore_ms`;
a page that is loaded again has its line back in seconds, and who waits is not told that nobody is there."""


@dataclass(slots=True)
class Work:
    """A contact in an agent's hands, or the work after it."""

    media: Media
    queue: str
    since_ms: int
    over_ms: int | None = None
    """When the work after it ends by itself; None while the two are together."""


@dataclass(slots=True)
class Agent:
    """Somebody who works, or whose last work is not over.

    The state that is shown is one; behind it are facts that do not exclude each other (in hand, offered, wants work).
    """

    profile: AgentSignedIn
    signed_in: bool = True
    wants_work: bool = False
    reason: str = ""
    """Why not ready."""
    responds: bool = True
    """False after an offer that nobody took, until they say that they are there."""
    offered: str = ""
    """The reservation that they may accept."""
    work: dict[str, Work] = field(default_factory=dict)
    idle_since_ms: int = 0
    has_line: bool = True
    """Whether they could be heard: without a line no call is offered, texts are."""
    line_counts_until_ms: int | None = None
    """Of a line that is gone: until when it is thought to come back; None for one that never was."""

    @property
    def name(self) -> str:
        """Who it is."""
        return self.profile.agent

    @property
    def state(self) -> AgentState:
        """What is shown of them."""
        if not self.signed_in:
            return "signed_out"
        if not self.responds:
            return "not_responding"
        if self.offered:
            return "reserved"
        if any(work.over_ms is None for work in self.work.values()):
            return "busy"
        if self.work:
            return "wrap_up"
        return "ready" if self.wants_work else "not_ready"

    @property
    def works(self) -> bool:
        """Whether they serve the queue now or as soon as they can."""
        return self.signed_in and self.responds and self.wants_work

    @property
    def may_be_offered(self) -> bool:
        """Whether a contact may be offered at all: one offer at a time, and nothing beside a call."""
        return self.works and not self.offered and not self._has_call

    @property
    def _has_call(self) -> bool:
        return any(work.media == "voice" for work in self.work.values())

    def places(self, media: Media) -> int:
        """Return how many contacts of a kind they have at once when busy."""
        return self.profile.voice_at_once if media == "voice" else self.profile.text_at_once

    def load(self, media: Media) -> int:
        """Return how many contacts of a kind they have in hand."""
        return sum(work.media == media for work in self.work.values())

    def has_room(self, media: Media) -> bool:
        """Tell whether one more of a kind fits. A call does not wait for texts: whoever writes can wait a minute."""
        return self.load(media) < self.places(media) and (media == "text" or self.has_line)

    def takes(self, media: Media, now_ms: int) -> bool:
        """Tell whether they take contacts of a kind, now or as soon as they can; a line that was lost may come back."""
        back_ms = self.line_counts_until_ms
        lines = self.has_line or (back_ms is not None and now_ms < back_ms)
        return self.works and self.places(media) > 0 and (media == "text" or lines)

    def line_is(self, *, up: bool, now_ms: int) -> None:
        """Take that the line is there, or is not."""
        if self.has_line and not up:
            self.line_counts_until_ms = now_ms + LINE_BACK_MS
        self.has_line = up

    def free_places(self, media: Media) -> int:
        """Return how many contacts of a kind could be offered one after another now."""
        if not self.works or self._has_call or (media == "voice" and not self.has_line):
            return 0
        return max(0, self.places(media) - self.load(media) - (1 if self.offered else 0))
