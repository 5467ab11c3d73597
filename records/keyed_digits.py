"""Masks card numbers among keys that were pressed with pauses: 4676, then 9739, then 3161, then 7818. Pure.

Keys come in groups, each complete after a pause. A group of a few digits may be part of a card number, so it is held
back until what follows decides it, or until its time is over; it is told with the time at which it was pressed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from records.card_numbers import LEAST_DIGITS, MOST_DIGITS, WHOLE_CARD, card_prefix, looks_like_card, luhn

WITHIN_MS = 60_000
"""How long a number may take from its first group to its last. Source: our choice."""
LEAST_GROUP = 3
"""Digits of the shortest group that is held back: one or two are answers and choices of a menu."""


@dataclass(frozen=True, slots=True)
class KeyGroup:
    """Keys pressed without a long pause."""

    keys: str
    """As pressed, `*` and `#` among them."""
    t_ms: int
    """Time of the first one."""
    asked: bool = False
    """The caller was asked for a value: several values in a row may look like a card number by chance."""
    slot: str = ""
    """Which value that was."""

    @property
    def digits(self) -> str:
        """The digits alone."""
        return "".join(key for key in self.keys if key.isdigit())


@dataclass(frozen=True, slots=True)
class KeysShown:
    """A group as it may be written."""

    keys: str
    t_ms: int
    secret: bool
    """Whether it was masked."""


@dataclass(slots=True)
class _Seen:
    group: KeyGroup
    told: bool
    secret: bool = False


class KeyedDigits:
    """Keeps watch over the keys of one call."""

    def __init__(self) -> None:
        """Start with nothing pressed."""
        self._seen: list[_Seen] = []

    def press(self, group: KeyGroup, *, secret: bool) -> tuple[KeysShown, ...]:
        """Take the next group; return those that may be written, in order. A `secret` one is masked whatever it is."""
        shown = self.time_passes(group.t_ms)
        if secret or not group.digits:
            return (*shown, _shown(group, secret=secret))
        held = LEAST_GROUP <= len(group.digits) <= MOST_DIGITS
        self._seen.append(_Seen(group, told=False))
        card = self._card_at_the_end()
        for seen in card:
            seen.secret = True
        if card:
            return (*shown, *self._release(len(self._seen)))
        shown = (*shown, *self._release(self._too_many()))
        return shown if held else (*shown, *_tell(self._seen[-1:]))

    def time_passes(self, now_ms: int) -> tuple[KeysShown, ...]:
        """Return the groups that are too old to be part of what may still come."""
        old = sum(now_ms - seen.group.t_ms > WITHIN_MS for seen in self._seen)
        shown = self._release(old)
        del self._seen[:old]
        return shown

    def flush(self) -> tuple[KeysShown, ...]:
        """Return all that is held back: the call is over."""
        shown = self._release(len(self._seen))
        self._seen.clear()
        return shown

    def _card_at_the_end(self) -> list[_Seen]:
        """Return the last groups that are a card number together; a choice pressed after a whole one is none of it."""
        choice = len(self._seen[-1].group.digits) < LEAST_GROUP
        for first in range(len(self._seen)):
            seen = self._seen[first:]
            masked = sum(len(each.group.digits) for each in seen if each.secret)
            if _is_card([each.group for each in seen]) and not (choice and masked > WHOLE_CARD):
                return seen
        return []

    def _too_many(self) -> int:
        """Return how many groups have so many digits behind them that no card number begins with them any more."""
        digits = 0
        for behind, seen in enumerate(reversed(self._seen)):
            digits += len(seen.group.digits)
            if digits >= MOST_DIGITS:
                return len(self._seen) - behind
        return 0

    def _release(self, count: int) -> tuple[KeysShown, ...]:
        return _tell(self._seen[:count])


def _tell(seen: Sequence[_Seen]) -> tuple[KeysShown, ...]:
    """Return groups as they may be written, those that were told already left out."""
    new = [each for each in seen if not each.told]
    for each in new:
        each.told = True
    return tuple(_shown(each.group, secret=each.secret) for each in new)


def _is_card(groups: Sequence[KeyGroup]) -> bool:
    digits, starts = "", []
    for group in groups:
        starts.append(len(digits))
        digits += group.digits
    if len(digits) < LEAST_DIGITS:
        return False
    if len(groups) == 1 or not any(group.asked for group in groups):
        return looks_like_card(digits, starts)
    half = len(digits) // 2
    whole = len(digits) in (15, 16) and card_prefix(digits) and luhn(digits)
    return whole and digits[:half] != digits[half:]


def _shown(group: KeyGroup, *, secret: bool) -> KeysShown:
    return KeysShown("*" * len(group.keys) if secret else group.keys, group.t_ms, secret)
