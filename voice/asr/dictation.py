"""What is known about numbers that are read out: how fast they can be said, and how to listen for them. Pure.

Digits dictated one by one repeat themselves, as a decoder's loops do; the difference is that a loop has more digits
than the sound can hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from voice.asr.guards import Loop, cut_loop, find_loop

DIGITS_PROMPT = "7 0 0 7, 3 3 3 9, 5 8 2 4, 1 6."
"""What Whisper is told was said before, so that it writes digit after digit, repeated ones too.
Source: 104 dictated numbers in four voices over a telephone: digits found 0.91 to 0.995 (Piper), 0.92 to 0.995 and
0.96 to 0.97 (Kokoro, Spanish), 0.66 to 0.72 (espeak-ng); and each digit is a word with a time of its own, which masking
needs."""
MOST_DIGITS_A_S = 6
"""Nobody reads out more digits a second. Source: fast syllable rate of English and Spanish, about 6 to 7 a second."""
DIGITS_MORE = 2
"""Digits allowed beyond that, since the ends of the sound are not known exactly."""
LEAST_DIGITS = 4
"""So many digits in a text are a number that is dictated, or a year: worth a second hearing."""

Text = Callable[[Sequence[int]], str]


def digits_in(text: str) -> int:
    """Count the digits of a text."""
    return sum(char.isdigit() for char in text)


def most_digits(active_ms: int) -> int:
    """Return how many digits sound of this length, pauses apart, can hold."""
    return active_ms * MOST_DIGITS_A_S // 1000 + DIGITS_MORE


def loops_over_digits(tokens: Sequence[int], text_of: Text) -> bool:
    """Tell whether a text repeats, and only in digits ("one one one one")."""
    loops = list(_loops(tokens))
    return bool(loops) and all(_is_of_digits(tokens, loop, text_of) for loop in loops)


def is_dictated(tokens: Sequence[int], active_ms: int, text_of: Text) -> bool:
    """Tell whether a text that repeats is a number being read out: its digits fit into the sound."""
    return loops_over_digits(tokens, text_of) and digits_in(text_of(tokens)) <= most_digits(active_ms)


def cut_to_sound(tokens: Sequence[int], active_ms: int, text_of: Text) -> list[int]:
    """Return `tokens` without loops: of digits as many rounds stay as the sound can hold, of all else one."""
    out: list[int] = []
    done = 0
    for loop in _loops(tokens):
        out += tokens[done : loop.begin]
        done = loop.begin + loop.period * loop.rounds
        rounds = 1
        if _is_of_digits(tokens, loop, text_of):
            each = digits_in(text_of(tokens[loop.begin : loop.begin + loop.period]))
            room = most_digits(active_ms) - digits_in(text_of(out)) - digits_in(text_of(cut_loop(tokens[done:])))
            rounds = max(1, min(loop.rounds, room // each))
        out += tokens[loop.begin : loop.begin + loop.period * rounds]
    return out + list(tokens[done:])


def _loops(tokens: Sequence[int]) -> Iterator[Loop]:
    """Yield all loops, in order, none within another."""
    begin = 0
    while (loop := find_loop(tokens[begin:])) is not None:
        yield Loop(begin + loop.begin, loop.period, loop.rounds)
        begin += loop.begin + loop.period * loop.rounds


def _is_of_digits(tokens: Sequence[int], loop: Loop, text_of: Text) -> bool:
    text = text_of(tokens[loop.begin : loop.begin + loop.period])
    return digits_in(text) > 0 and not any(char.isalpha() for char in text.replace("W", ""))  # "W5": double five
