"""Reads a mailbox while the service runs: everything that comes is taken once, in order, over breaks and crashes.

    connect -> look -> for each mail: fetch, take (facts are written), mark as seen, move on -> wait (IDLE) -> look …

A mail is marked, and the place moved on, only after its facts are written. Whatever happens between is made good by
taking it again, and `take` knows by the Message-ID what it has. Of several processes one reads.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Literal, TypeVar

from sqlalchemy import exc

from calls.errors import CallCentreError
from calls.ports import Clock
from channels.places import Place, Places
from service.channels.mail_imap import FetchedMail, ImapConnection
from service.channels.mail_tokens import MailTokens
from service.channels_config import MailboxSection

logger = logging.getLogger(__name__)

BACK_OFF_S = (1.0, 5.0, 15.0, 60.0, 300.0)
"""Waits between tries to connect. Source: our choice; providers lock out who tries too often."""
WAITS_FOR_OTHER_S = 15.0
"""How often a process looks whether the one that reads is gone."""
MOST_TRIES = 3
"""How often a mail that cannot be taken, for no reason that passes, is tried until it is left in the mailbox."""

Outcome = Literal["taken", "known", "left"]
"""`left`: it stays as it is in the mailbox, unseen, for people."""
Take = Callable[[FetchedMail], Awaitable[Outcome]]
T = TypeVar("T")


class MailReader:
    """One mailbox. Create, `run` in a task, `stop`."""

    def __init__(
        self,
        name: str,
        section: MailboxSection,
        clock: Clock,
        places: Places,
        take: Take,
        failed: Callable[[str], None] = lambda _part: None,
    ) -> None:
        """Read nothing yet.

        Args:
            name: Of the mailbox.
            section: Its settings.
            clock: Where time comes from.
            places: Where it stands is kept.
            take: Writes a mail's facts; raises a retryable error to be asked again later.
            failed: Counts a failure.
        """
        self._count_failure = failed
        self.name, self._section, self._clock, self._places, self._take = name, section, clock, places, take
        self._tokens = MailTokens(name, section.oauth, clock) if section.oauth is not None else None
        self.trouble: CallCentreError | None = None
        """Why nothing can be read at the moment; None when it can."""
        self.taken = 0
        self._stopping = threading.Event()
        self._woken = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"mail-{name}")
        self._tries: dict[int, int] = {}

    @property
    def reader(self) -> str:
        """Its name in the table of places."""
        return f"mailbox:{self.name}"

    async def run(self) -> None:
        """Read until `stop`."""
        failures = 0
        while not self._stopping.is_set():
            try:
                place = await self._in_thread(self._places.take, self.reader, self._clock.now_utc())
                if place is None:
                    await self._pause(WAITS_FOR_OTHER_S)
                    continue
                await self._session()
                failures = 0
            except (CallCentreError, exc.DBAPIError) as error:
                if self.trouble is None:
                    failures = 0
                self.trouble = _told(error)
                logger.warning("the mailbox %s cannot be read (%s)", self.name, self.trouble.code)
                self._count_failure("mailbox")
            except Exception:
                logger.exception("the mailbox %s cannot be read, for a reason that is ours", self.name)
                self._count_failure("mailbox")
            if self._stopping.is_set():
                break
            await self._pause(BACK_OFF_S[min(failures, len(BACK_OFF_S) - 1)])
            failures += 1

    async def stop(self) -> None:
        """End within a second or two, after the mail that is being taken."""
        self._stopping.set()
        self._woken.set()

    async def close(self) -> None:
        """Let another process read; after `run` ended."""
        try:
            await self._in_thread(self._places.leave, self.reader)
        finally:
            self._thread.shutdown(wait=False)

    async def _session(self) -> None:
        connection = await self._in_thread(ImapConnection, self.name, self._section, self._clock, self._tokens)
        try:
            self.trouble = None
            while not self._stopping.is_set():
                place = await self._in_thread(self._places.take, self.reader, self._clock.now_utc())
                if place is None:
                    return
                found = await self._take_all(connection, place)
                if found == 0:  # else what came meanwhile may have been told in the answers to other commands
                    await self._wait(connection)
                elif found is None:
                    return
        finally:
            await self._in_thread(connection.close)

    async def _wait(self, connection: ImapConnection) -> None:
        """Wait for something to come, and say meanwhile that this process is the one that reads."""
        waiting = asyncio.ensure_future(self._in_thread(connection.wait, self._stopping))
        while not (await asyncio.wait({waiting}, timeout=WAITS_FOR_OTHER_S))[0]:
            await asyncio.to_thread(self._places.take, self.reader, self._clock.now_utc())
        waiting.result()

    async def _take_all(self, connection: ImapConnection, place: Place) -> int | None:
        """Take what waits, and return how much that was; None when somebody else reads by now."""
        waiting = await self._in_thread(connection.look, place)
        for uid in waiting.uids:
            if self._stopping.is_set():
                return 0
            await self._take_one(connection, uid)
            if waiting.in_order and not await self._move(waiting.epoch, uid):
                return None
        ahead = not waiting.in_order or waiting.last > place.reached
        if ahead and not await self._move(waiting.epoch, waiting.last):
            return None
        return len(waiting.uids)

    async def _take_one(self, connection: ImapConnection, uid: int) -> None:
        mail = await self._in_thread(connection.fetch, uid, self._section.largest_mb * 1_000_000)
        if mail is None:
            return
        try:
            outcome = await self._take(mail)
        except CallCentreError as error:
            if error.retryable:
                raise
            outcome = self._failed(uid, error)
        except Exception as error:
            logger.exception("a mail in %s could not be taken, for a reason that is ours", self.name)
            sentence = "A mail could not be taken because of a fault of the program; it stays in the mailbox."
            outcome = self._failed(uid, CallCentreError("mail.fault", sentence, fault="us"), error)
        self._tries.pop(uid, None)
        if outcome != "left":
            await self._in_thread(connection.mark_seen, uid)
        self.taken += outcome == "taken"

    def _failed(self, uid: int, error: CallCentreError, cause: Exception | None = None) -> Outcome:
        """Count a mail that cannot be taken; after some tries it is left for people, so that others get their turn."""
        self._tries[uid] = self._tries.get(uid, 0) + 1
        if self._tries[uid] < MOST_TRIES:
            raise error from cause
        logger.error("a mail in %s cannot be taken and stays there unseen (%s)", self.name, error.code)
        return "left"

    async def _move(self, epoch: int, reached: int) -> bool:
        move = partial(self._places.move, self.reader, epoch, reached, self._clock.now_utc())
        return await self._in_thread(move)

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            return

    async def _in_thread(self, work: Callable[..., T], *args: object) -> T:
        """Run what blocks in the mailbox's own thread: one that waits for mail must not take another's place."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, partial(_guarded, work, *args))


def _guarded(work: Callable[..., T], *args: object) -> T:
    """Run `work`; a StopIteration of it would leave whoever waits for the thread waiting for ever."""
    try:
        return work(*args)
    except StopIteration as error:
        sentence = "The mail server broke off in the middle of an answer."
        raise CallCentreError("mail.unreachable", sentence, fault="peer", retryable=True) from error


def _told(error: CallCentreError | exc.DBAPIError) -> CallCentreError:
    if isinstance(error, CallCentreError):
        return error
    sentence = "The database cannot be used, so that mail stays where it is until it can."
    return CallCentreError("database.unreachable", sentence, fault="operator", retryable=True)
