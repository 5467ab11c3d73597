"""The bot's turns in the log: what was heard, and whether the caller cut in."""

from __future__ import annotations

from typing import cast

from calls.events import BargedIn, EventBody, TurnEnded
from service.bot_turns import BotTurns
from service.call_log import CallLog
from voice.tts.playout import PlayoutResult


class Pen:
    def __init__(self) -> None:
        self.written: list[EventBody] = []

    def note(self, body: EventBody, source: str, *, t_ms: int | None = None) -> None:
        assert (source, t_ms) == ("call", None)
        self.written.append(body)


def heard(text: str, heard_ms: int, *, interrupted: bool = False) -> PlayoutResult:
    return PlayoutResult(heard_text=text, heard_ms=heard_ms, interrupted=interrupted)


def the_bot() -> tuple[BotTurns, Pen]:
    pen = Pen()
    return BotTurns(cast("CallLog", pen), str), pen


def test_when_the_bot_falls_silent_then_one_turn_holds_all_sayings_of_it() -> None:
    turns, pen = the_bot()
    turns.begun(1_000)
    turns.said(heard("Hello.", 600))
    turns.begun(1_700)
    turns.said(heard("How can I help?", 1_200))
    turns.over(2_900, "en")
    (turn,) = pen.written
    assert isinstance(turn, TurnEnded)
    assert (turn.text, turn.start_ms, turn.end_ms, turn.interrupted) == ("Hello. How can I help?", 1_000, 2_900, False)


def test_when_the_caller_cuts_in_then_that_is_written_before_the_turn_with_what_was_heard() -> None:
    turns, pen = the_bot()
    turns.begun(1_000)
    turns.cut_in()
    turns.said(heard("The bill", 500, interrupted=True))
    turns.over(1_500, "en")
    barged_in, turn = pen.written
    assert isinstance(barged_in, BargedIn)
    assert isinstance(turn, TurnEnded)
    assert (barged_in.turn_id, barged_in.heard_ms, turn.interrupted) == (turn.turn_id, 500, True)


def test_when_the_line_breaks_then_the_turn_is_cut_but_nobody_cut_in() -> None:
    turns, pen = the_bot()
    turns.begun(1_000)
    turns.said(heard("The bill", 500, interrupted=True))
    turns.over(1_500, "en")
    (turn,) = pen.written
    assert isinstance(turn, TurnEnded)
    assert turn.interrupted


def test_when_nothing_was_heard_then_nothing_is_written_and_the_next_turn_is_clean() -> None:
    turns, pen = the_bot()
    turns.cut_in()
    turns.said(heard("", 0, interrupted=True))
    turns.over(500, "en")
    assert pen.written == []
    turns.begun(600)
    turns.said(heard("Good", 300, interrupted=True))
    turns.over(900, "en")
    assert [type(body) for body in pen.written] == [TurnEnded]
