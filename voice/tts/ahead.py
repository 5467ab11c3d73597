"""Renders texts ahead of need, in the background, while no caller would notice it.

A voice works at one clause at a time and cannot be interrupted in it, so what runs when a caller needs an answer is
what that caller waits for. While calls go on, only short first clauses are made, and only while everybody listens.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from calls.errors import CallCentreError
from calls.ids import Language
from voice.tts.clauses import Clause

logger = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class TextAhead:
    """A text that waits to be rendered."""

    text: str
    language: Language
    speed: float
    left: Iterator[Clause]
    """What is still to be made of it."""
    is_first_only: bool
    """Nothing but its first clause, which is short."""
    urgent: bool
    """Made whatever goes on."""

    @property
    def what(self) -> tuple[str, Language, float]:
        """What will be heard."""
        return (self.text, self.language, self.speed)


Render = Callable[[Clause, TextAhead], Awaitable[None]]
"""Makes one clause and keeps it.

Raises:
    CallCentreError: it could not be made.
"""


class Claim:
    """A call's claim on the voice: while it stands, the voice may be needed at any moment, but for its rests."""

    def __init__(self, ahead: RenderingAhead) -> None:
        """Made by `RenderingAhead.claim`."""
        self._ahead = ahead
        self._rests = False

    @property
    def rests(self) -> bool:
        """Whether the caller listens, so that nothing has to be said before this is over."""
        return self._rests

    @rests.setter
    def rests(self, rests: bool) -> None:
        self._rests = rests
        self._ahead.look()

    def end(self) -> None:
        """The call is over. Idempotent."""
        self._ahead.forget(self)


class RenderingAhead:
    """The texts that wait, and who might be disturbed by their making. Runs on the event loop."""

    def __init__(self, render: Render) -> None:
        """Render nothing yet."""
        self._render = render
        self._waiting: list[TextAhead] = []
        self._claims: set[Claim] = set()
        self._making = 0
        self._task: asyncio.Task[None] | None = None
        self._look = asyncio.Event()
        self._fewer = asyncio.Event()

    def __len__(self) -> int:
        """How many texts wait."""
        return len(self._waiting)

    def add(self, texts: list[TextAhead]) -> None:
        """Take texts of one urgency; they are made after those that wait, urgent ones before the others.

        A text that waits whole already is not taken twice; an urgent one is, to be earlier.
        """
        urgent = any(new.urgent for new in texts)
        whole = {old.what for old in self._waiting if not old.is_first_only and old.urgent >= urgent}
        at = sum(old.urgent for old in self._waiting) if urgent else len(self._waiting)
        self._waiting[at:at] = [new for new in texts if new.what not in whole]
        self.look()
        if self._waiting and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._run(), name="voice-ahead")

    def clear(self) -> None:
        """Make nothing more."""
        self._waiting.clear()
        self.look()
        self._fewer.set()

    async def stop(self) -> None:
        """Make nothing more, not even what is being made. Idempotent."""
        self.clear()
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    async def done(self, which: Callable[[TextAhead], bool] = lambda _item: True) -> None:
        """Wait until none of `which` waits any more."""
        while any(which(item) for item in self._waiting):
            self._fewer.clear()
            await self._fewer.wait()

    def claim(self) -> Claim:
        """A call has begun."""
        claim = Claim(self)
        self._claims.add(claim)
        return claim

    def forget(self, claim: Claim) -> None:
        """A call is over."""
        self._claims.discard(claim)
        self.look()

    @contextlib.contextmanager
    def pushed_back(self) -> Iterator[None]:
        """Make nothing meanwhile: something is made for a caller."""
        self._making += 1
        try:
            yield
        finally:
            self._making -= 1
            self.look()

    def look(self) -> None:
        """Look whether something may be made now."""
        self._look.set()

    def _next(self) -> TextAhead | None:
        """Return what may be made now without disturbing anybody."""
        first = next(iter(self._waiting), None)
        if first is None or first.urgent:
            return first
        if self._making or any(not claim.rests for claim in self._claims):
            return None
        return next((item for item in self._waiting if item.is_first_only), None) if self._claims else first

    async def _run(self) -> None:
        while self._waiting:
            item = self._next()
            if item is None:
                self._look.clear()
                await self._look.wait()
                continue
            clause = next(item.left, None)
            if clause is not None:
                try:
                    await self._render(clause, item)
                    continue
                except CallCentreError as error:
                    logger.info("a text was not rendered ahead: %s", error.code)
            if item in self._waiting:
                self._waiting.remove(item)
                self._fewer.set()
