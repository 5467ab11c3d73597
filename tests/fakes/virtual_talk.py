"""A caller, a recogniser and a Smart Turn that exist only on paper: scripted voice and words in virtual time."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from calls.speech import Word
from voice.turn.machine import TurnMachine
from voice.turn.messages import (
    BargeIn,
    Decode,
    DecodeFailed,
    EndJudged,
    EngineLate,
    JudgeEnd,
    NothingHeard,
    TimePassed,
    TurnInput,
    TurnOutput,
    TurnOver,
    TurnReopened,
    UtteranceEnded,
    VoiceWindow,
    WordsHeard,
)
from voice.turn.settings import WINDOW_MS, TurnSettings


@dataclass(frozen=True)
class Said:
    """Voice from `start_ms` to `end_ms`, and the words in it, spread evenly; no words is noise."""

    start_ms: int
    end_ms: int
    text: str
    prob: float = 0.9
    """Of each word."""

    def words(self) -> list[Word]:
        texts = self.text.split()
        step = (self.end_ms - self.start_ms) / max(1, len(texts))
        return [
            Word(
                text=text,
                start_ms=int(self.start_ms + i * step),
                end_ms=int(self.start_ms + (i + 1) * step),
                prob=self.prob,
            )
            for i, text in enumerate(texts)
        ]


@dataclass
class Talk:
    """Runs a machine over a script. Times are on the media clock; the wall clock is 5 s ahead of it."""

    said: Sequence[Said]
    settings: TurnSettings = field(default_factory=TurnSettings)
    end_prob: Callable[[int], float | None] = lambda _: 0.95
    """Smart Turn's answer for a pause that is judged at this time; None is no answer at all."""
    judge_ms: int = 40
    decode_ms: Callable[[int], int | None] = lambda _: 400
    """Duration of the decode asked for at this time; None is no answer at all, negative fails after that long."""
    inputs: Sequence[tuple[int, TurnInput]] = ()
    """What else happens, and when."""
    deaf: Sequence[tuple[int, int]] = ()
    """Stretches in which no voice activity is reported at all."""
    language: str = "en"
    partials: bool = True
    spare_ms: int = 20_000
    """Silence behind the script."""

    wall_ahead_ms = 5_000

    def __post_init__(self) -> None:
        self.machine = TurnMachine(self.settings, partials=self.partials)
        self.told: list[tuple[int, TurnOutput]] = []
        """Every output with the media time at which it came."""
        self._events: list[tuple[int, int, TurnInput]] = []
        self._order = itertools.count()

    def run(self) -> Talk:
        end_ms = max([said.end_ms for said in self.said] + [t for t, _ in self.inputs] + [0]) + self.spare_ms
        for t_ms, turn_input in self.inputs:
            self._push(t_ms, turn_input)
        for t_ms in range(WINDOW_MS, end_ms, WINDOW_MS):
            middle = t_ms - WINDOW_MS // 2
            if any(start <= middle < end for start, end in self.deaf):
                continue
            voiced = any(said.start_ms <= middle < said.end_ms for said in self.said)
            self._push(t_ms, VoiceWindow(t_ms=t_ms, prob=0.95 if voiced else 0.05))
        while self._events:
            due, _, turn_input = heapq.heappop(self._events)
            deadline = self.machine.next_deadline_ms()
            while deadline is not None and deadline - self.wall_ahead_ms < due:
                self._step(TimePassed(), max(deadline - self.wall_ahead_ms, self._now))
                later = self.machine.next_deadline_ms()
                assert later is None or later > deadline or later - self.wall_ahead_ms >= self._now
                deadline = later
            self._step(turn_input, due)
        return self

    _now = 0
    _steps_at_now = 0

    def _push(self, t_ms: int, turn_input: TurnInput) -> None:
        heapq.heappush(self._events, (t_ms, next(self._order), turn_input))

    def _step(self, turn_input: TurnInput, t_ms: int) -> None:
        self._steps_at_now = self._steps_at_now + 1 if t_ms == self._now else 0
        assert self._steps_at_now < 100, "a deadline that does not move on"
        self._now = t_ms
        for output in self.machine.step(turn_input, t_ms + self.wall_ahead_ms):
            self.told.append((t_ms, output))
            if isinstance(output, Decode):
                self._answer(output, t_ms)
            elif isinstance(output, JudgeEnd) and (prob := self.end_prob(t_ms)) is not None:
                self._push(t_ms + self.judge_ms, EndJudged(request_id=output.request_id, prob=prob))

    def _answer(self, ask: Decode, t_ms: int) -> None:
        took_ms = self.decode_ms(t_ms)
        if took_ms is None:
            return
        if took_ms < 0:
            self._push(t_ms - took_ms, DecodeFailed(request_id=ask.request_id, replaced=False))
            return
        words = [
            word
            for said in self.said
            for word in said.words()
            if word.start_ms >= ask.start_ms - 50 and word.end_ms <= ask.end_ms + 50
        ]
        answer = WordsHeard(request_id=ask.request_id, words=tuple(words), language=self.language, took_ms=took_ms)
        self._push(t_ms + took_ms, answer)

    # -- what was told ----------------------------------------------------------------------------------------------

    @property
    def turns(self) -> list[tuple[int, str]]:
        """Each turn that stood: when its end was told, and its text."""
        texts = {
            o.utterance: " ".join(w.text for w in o.words)
            for _, o in self.told
            if isinstance(o, UtteranceEnded) and not o.is_rest
        }
        turns: list[tuple[int, str]] = []
        for t, output in self.told:
            if isinstance(output, TurnOver):
                turns.append((t, " ".join(texts[number] for number in output.utterances)))
            elif isinstance(output, TurnReopened):
                turns.pop()
        return turns

    @property
    def reopened(self) -> list[int]:
        """When a turn was taken back."""
        return [t for t, output in self.told if isinstance(output, TurnReopened)]

    @property
    def barge_ins(self) -> list[tuple[int, str]]:
        return [(t, output.action) for t, output in self.told if isinstance(output, BargeIn)]

    @property
    def nothings(self) -> list[int]:
        return [t for t, output in self.told if isinstance(output, NothingHeard)]

    @property
    def late(self) -> list[str]:
        return [output.engine for _, output in self.told if isinstance(output, EngineLate)]

    @property
    def answered(self) -> list[int]:
        """When the rest of the program was given its turn: a turn over, nothing heard, a backchannel."""
        return sorted(
            t
            for t, output in self.told
            if isinstance(output, TurnOver | NothingHeard)
            or (isinstance(output, UtteranceEnded) and not output.in_turn and not output.is_rest)
        )
