"""What the caller heard of the bot, turn by turn, for the log."""

from __future__ import annotations

from collections.abc import Callable

from calls.events import BargedIn, TurnEnded
from calls.ids import Language, TurnId
from service.call_log import CallLog
from voice.tts.playout import PlayoutResult


class BotTurns:
    """Collects the sayings of one turn; writes it when the bot falls silent."""

    def __init__(self, log: CallLog, shown: Callable[[str], str]) -> None:
        """The bot has not spoken yet; `shown(text)` is what of its words may be written."""
        self._log, self._shown = log, shown
        self._number = 0
        self._since_ms: int | None = None
        self._words: list[str] = []
        self._heard_ms = 0
        self._is_cut = False
        self._barged_in = False

    def begun(self, t_ms: int) -> None:
        """A saying begins at `t_ms` of the media clock; the first one begins the turn."""
        if self._since_ms is None:
            self._since_ms = t_ms

    def said(self, result: PlayoutResult) -> None:
        """A saying is over: keep what was heard of it."""
        if result.heard_text:
            self._words.append(result.heard_text)
        self._heard_ms += result.heard_ms
        self._is_cut = self._is_cut or (result.interrupted and result.heard_ms > 0)

    def cut_in(self) -> None:
        """The caller took the turn: what ends now was interrupted by the caller, not by a line that broke."""
        self._barged_in = self._since_ms is not None

    def over(self, t_ms: int, language: Language) -> None:
        """Nothing is left to say at `t_ms`: write the turn, if anything of it was heard."""
        if self._since_ms is not None and self._words:
            self._number += 1
            turn_id = TurnId(f"b{self._number}")
            if self._barged_in and self._is_cut:
                self._log.note(BargedIn(turn_id=turn_id, heard_ms=self._heard_ms), "call")
            self._log.note(
                TurnEnded(
                    turn_id=turn_id,
                    speaker="bot",
                    text=self._shown(" ".join(self._words)),
                    language=language,
                    start_ms=self._since_ms,
                    end_ms=t_ms,
                    utterance_ids=(),
                    interrupted=self._is_cut,
                ),
                "call",
            )
        self._since_ms, self._words, self._heard_ms = None, [], 0
        self._is_cut = self._barged_in = False
