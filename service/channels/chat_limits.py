"""How much anonymous visitors may chat: by address, by site, by conversation and all together. Pure.

Nobody signs in to chat, so every limit is on what cannot be chosen freely, as for calls from pages
(`service.web_limits`): the site, the address, and what there is of everything.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from service.web_limits import BUSY_RETRY_S, MINUTE_MS, Refused, visitor_of

HOUR_MS = 60 * MINUTE_MS

_REMEMBERED = 10_000
"""Names whose last hour is kept; then all that are over are forgotten. About 2 MB."""

COMING_BYTES = 100_000_000
"""All files that are coming at once, in memory. Source: our choice."""

Leave = Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatLimits:
    """What is allowed."""

    per_address: int
    """Open pages at once."""
    per_origin: int
    """Open pages at once of one site."""
    of_origin: Mapping[str, int]
    """The same for sites with a number of their own."""
    in_total: int
    """Open pages at once."""
    messages_per_minute: int
    """Of one visitor."""
    address_messages_per_minute: int
    """Of all visitors of one address."""
    conversations_per_hour: int
    """New ones of one address."""
    files_per_hour: int
    """Of one visitor."""
    address_file_mb_per_hour: int
    """Of all visitors of one address."""
    file_mb_per_hour: int
    """Of all visitors."""


class ChatGuard:
    """The open pages now, and what was written lately."""

    def __init__(self, limits: ChatLimits) -> None:
        """Nobody is here yet."""
        self._limits = limits
        self._addresses: Counter[str] = Counter()
        self._origins: Counter[str] = Counter()
        self._messages = _Window(MINUTE_MS)
        self._address_messages = _Window(MINUTE_MS)
        self._conversations = _Window(HOUR_MS)
        self._files = _Window(HOUR_MS)
        self._address_file_mb = _Window(HOUR_MS)
        self._file_mb = _Window(HOUR_MS)
        self._coming_bytes = 0

    def enter(self, origin: str, address: str) -> Leave | Refused:
        """Count a page in, or say why not; the function that is returned counts it out, once."""
        limits, who = self._limits, visitor_of(address)
        if self._addresses[who] >= limits.per_address:
            sentence = "There are too many chats from this address already; close one and try again."
            return Refused("chat.address_busy", 429, sentence, BUSY_RETRY_S)
        busy = origin and self._origins[origin] >= limits.of_origin.get(origin, limits.per_origin)
        if busy or self._addresses.total() >= limits.in_total:
            sentence = "Too many people are chatting at the moment; please try again in a minute."
            return Refused("chat.site_busy" if busy else "chat.full", 503, sentence, BUSY_RETRY_S)
        self._addresses[who] += 1
        self._origins[origin] += 1
        left = False

        def leave() -> None:
            nonlocal left
            if not left:
                left = True
                _less(self._addresses, who)
                _less(self._origins, origin)

        return leave

    def may_write(self, visitor: str, address: str, now_ms: int, *, begins: bool) -> Refused | None:
        """Count a message, or say why it is not taken; one that is refused counts nothing.

        Args:
            visitor: Who wrote.
            address: From where.
            now_ms: Monotonic.
            begins: True when it begins a conversation.
        """
        limits, who = self._limits, visitor_of(address)
        checks = [
            (self._messages, visitor, limits.messages_per_minute, "chat.too_fast"),
            (self._address_messages, who, limits.address_messages_per_minute, "chat.address_too_fast"),
        ]
        if begins:
            checks.append((self._conversations, who, limits.conversations_per_hour, "chat.too_many"))
        for window, name, most, code in checks:
            wait_ms = window.wait_ms(name, most, now_ms)
            if wait_ms:
                wait_s = math.ceil(wait_ms / 1000)
                return Refused(code, 429, f"That was too much at once; please go on in {wait_s} s.", wait_s)
        for window, name, _, _ in checks:
            window.note(name, now_ms)
        return None

    def file_begins(self, visitor: str, address: str, size_bytes: int, now_ms: int) -> Leave | Refused:
        """Count a file that is to come, or say why not; the function that is returned tells that it came, once."""
        limits, who, mb = self._limits, visitor_of(address), math.ceil(size_bytes / 1_000_000)
        if self._coming_bytes + size_bytes > COMING_BYTES:
            sentence = "Many files are coming at the moment; please try again soon."
            return Refused("files.busy", 503, sentence, BUSY_RETRY_S)
        checks = [
            (self._files, visitor, limits.files_per_hour, 1),
            (self._address_file_mb, who, limits.address_file_mb_per_hour, mb),
            (self._file_mb, "", limits.file_mb_per_hour, mb),
        ]
        for window, name, most, count in checks:
            wait_ms = window.wait_ms(name, most, now_ms, count)
            if wait_ms:
                wait_s = math.ceil(wait_ms / 1000)
                return Refused("files.too_many", 429, f"Too many files came; more are taken in {wait_s} s.", wait_s)
        for window, name, _, count in checks:
            window.note(name, now_ms, count)
        self._coming_bytes += size_bytes
        left = False

        def leave() -> None:
            nonlocal left
            if not left:
                left = True
                self._coming_bytes -= size_bytes

        return leave


class _Window:
    """What happened by name within the last `span_ms`."""

    def __init__(self, span_ms: int) -> None:
        self._span_ms = span_ms
        self._times: dict[str, deque[int]] = {}

    def wait_ms(self, name: str, most: int, now_ms: int, count: int = 1) -> int:
        """Return how long until `count` more are allowed; 0 for now. More than there may ever be wait for all to go."""
        times = self._times.get(name, deque())
        while times and times[0] <= now_ms - self._span_ms:
            times.popleft()
        over = len(times) + count - most
        if over <= 0:
            return 0
        return times[min(over, len(times)) - 1] + self._span_ms - now_ms if times else self._span_ms

    def note(self, name: str, now_ms: int, count: int = 1) -> None:
        if len(self._times) > _REMEMBERED:
            since_ms = now_ms - self._span_ms
            self._times = {key: times for key, times in self._times.items() if times and times[-1] > since_ms}
        self._times.setdefault(name, deque()).extend([now_ms] * count)


def _less(counter: Counter[str], name: str) -> None:
    counter[name] -= 1
    if counter[name] <= 0:
        del counter[name]
