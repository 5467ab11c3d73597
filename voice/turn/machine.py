"""The turn machine: when the caller starts, pauses, goes on and is done. Pure; time is an argument.

::

                 onset                    192 ms of silence (speculative final decode, Smart Turn)
       quiet -------------> speaking ------------------------------> pausing
        ^ ^ ^                | ^ ^  <---------- voice --------------- | | |
        | | |   26 s: cut,   | | |                                    | | |
        | | |   go on -------+ | |                long pause of a     | | |
        | | |                  | |                long utterance      | | |
        | | |   words again    | +------ voice ------- between <------+ | |
        | | |    +-------------+                         |              | |
        | | |    |   3 s of voice without a word         |              | |
        | | +-- noisy <------- (from speaking)           |              | |
        | |  silence                                     |              | |
        | +--- patience over: TurnOver ------------------+              | |
        +----- patience over and the words are there: TurnOver ---------+ |
        +----- no words: NothingHeard; a backchannel over the bot --------+

A turn has one or more utterances. Silence is measured on the media clock; engines are waited for on the wall clock, so
that a dead engine ends in an `EngineLate` and not in silence. If voice stops being reported, the wall clock takes over.

The end of a turn is a guess. Until the answer is heard it can be taken back: voice holds the answer, and real words
reopen the turn (`TurnReopened`), which then ends again with all its utterances.
"""

from __future__ import annotations

import itertools
from typing import Literal

from calls.speech import Word
from voice.turn.barge_in import BargeInGuard, CallerView, WordsKind, kind_of
from voice.turn.messages import (
    BargeIn,
    BotSpeaking,
    DecodeFailed,
    EndJudged,
    EngineLate,
    Expecting,
    JudgeEnd,
    KeyPressed,
    NothingHeard,
    SpeechStarted,
    SpeechStopped,
    TimePassed,
    TurnInput,
    TurnOutput,
    TurnOver,
    TurnReopened,
    TurnStands,
    VoiceWindow,
    WordsHeard,
)
from voice.turn.noise import NoiseWatch, Probe, wordless_ms
from voice.turn.open_turn import Judgement, LastTurn, OpenTurn
from voice.turn.patience import Rhythm, patience_ms
from voice.turn.running import Overdue, Request, RunningUtterance
from voice.turn.settings import WINDOW_MS, BargeInAction, Expectation, TurnSettings
from voice.turn.voice_clock import OnsetDetector, VoiceClock

State = Literal["quiet", "speaking", "pausing", "between", "noisy"]

_JUDGED_MS = 8_000
"""Smart Turn looks at the last 8 s."""
_STALLED_STEP_MS = 100
"""How often time is looked at while nobody reports voice."""
_PARTIAL_WEIGHT = 0.5
"""Of the newest partial in what one takes: it takes longer as the utterance grows."""


class TurnMachine:
    """Turn-taking of one caller; see the module's drawing."""

    def __init__(self, settings: TurnSettings, *, partials: bool = True) -> None:
        """Begin in `quiet`.

        Args:
            settings: The numbers.
            partials: False leaves out decodes of running utterances, except to classify voice over the bot, and now and
                then to tell endless noise.
        """
        self._settings = settings
        self.partials = partials
        self.state: State = "quiet"
        self._guard = BargeInGuard(settings)
        self._rhythm = Rhythm()
        self._onset = OnsetDetector(settings)
        self._ids = itertools.count(1)
        self._numbers = itertools.count(1)
        self._expectation: Expectation = "open"
        self._length: int | None = None
        self._language = "en"
        self._partial_ms = 0.0
        """What a partial takes."""
        self._out: list[TurnOutput] = []
        self._clock = VoiceClock(settings)
        # the turn
        self._running: RunningUtterance | None = None
        self._closing: list[RunningUtterance] = []
        self._overdue = Overdue()
        self._turn = OpenTurn()
        self._told_until_ms = 0
        self._last: LastTurn | None = None
        self._going_on = False
        self._judgement = Judgement()
        self._noise = NoiseWatch(settings)

    # -- input ------------------------------------------------------------------------------------------------------

    def step(self, turn_input: TurnInput, now_ms: int) -> tuple[TurnOutput, ...]:
        """Take one input at wall-clock time `now_ms` and return what is to be done, in order."""
        self._clock.pass_to(now_ms)
        match turn_input:
            case VoiceWindow():
                self._window(turn_input)
            case WordsHeard():
                self._words(turn_input)
            case DecodeFailed():
                self._failed(turn_input)
            case EndJudged():
                self._judgement.answer(turn_input.request_id, turn_input.prob)
            case BotSpeaking():
                self._bot(turn_input)
            case Expecting():
                self._expectation, self._length = turn_input.kind, turn_input.length
            case KeyPressed():
                self._let_stand()
                self._tell_bot(self._guard.force_yield())
            case TurnStands():
                self._let_stand()
            case TimePassed():
                pass
        self._watch_voice()
        self._forget_last()
        self._mind_the_bot()
        self._advance()
        out, self._out = tuple(self._out), []
        return out

    def next_deadline_ms(self) -> int | None:
        """Return the wall-clock time at which `TimePassed` is due at the latest; None while nothing is awaited."""
        due: list[int] = []
        if self._guard.deadline_ms is not None:
            due.append(self._guard.deadline_ms)
        if self.state != "quiet" or self._closing:
            clock = self._clock
            due.append(clock.now_ms + _STALLED_STEP_MS if clock.stalled else clock.stalls_at_ms)
        if self._judgement.awaited:
            due.append(self._judgement.sent_ms + self._settings.judge_deadline_ms)
        for utterance in (*self._closing, *([self._running] if self._running else [])):
            due += utterance.due_ms(self._settings)
        return min(due, default=None)

    @property
    def running_span_ms(self) -> tuple[int, int] | None:
        """Begin and end of the voice of the running utterance so far, on the media clock; None without one."""
        running = self._running
        return None if running is None else (running.onset_ms, max(running.voice_until_ms, running.onset_ms))

    @property
    def running_words(self) -> tuple[str, ...]:
        """The newest words of the running utterance."""
        return () if self._running is None else tuple(word.text for word in self._running.words)

    # -- voice ------------------------------------------------------------------------------------------------------

    def _window(self, window: VoiceWindow) -> None:
        settings, clock = self._settings, self._clock
        threshold = settings.voice_off_prob if self.state in ("speaking", "noisy") else settings.voice_on_prob
        clock.window(window.t_ms, window.prob, threshold)
        if self.state == "speaking" and self._running is not None:
            if self._clock.voiced:
                self._running.voice(window.t_ms)
                self._clock.voice_until_ms = window.t_ms
            return
        if self.state == "noisy":
            if self._clock.voiced:
                self._clock.voice_until_ms = window.t_ms
            return
        onset_ms = self._onset.window(window.t_ms, self._clock.voiced)
        if onset_ms is not None:
            self._start(max(onset_ms, self._told_until_ms))

    def _start(self, onset_ms: int) -> None:
        """Begin an utterance, or go on with the one that paused."""
        pause_ms = onset_ms - self._clock.voice_until_ms
        if self.state == "pausing" and self._running is not None:
            self._rhythm.held(pause_ms, self._running.burst_ms)
            self._running.burst_ms = 0
        else:
            if self.state == "quiet":
                self._turn.start_ms = onset_ms
                self._going_on = self._last is not None and self._last.may_reopen(self._settings, self._clock.now_ms)
            else:
                self._rhythm.held(pause_ms, _JUDGED_MS)
            self._running = self._new_utterance(
                onset_ms, max(onset_ms - self._settings.preroll_ms, self._told_until_ms)
            )
        self.state = "speaking"
        self._judgement.forget()
        self._out.append(SpeechStarted(t_ms=onset_ms))
        assert self._running is not None
        self._running.voice(self._clock.t_ms)
        self._running.burst_ms = self._clock.t_ms - onset_ms
        self._running.voiced_ms += self._running.burst_ms - WINDOW_MS
        self._clock.voice_until_ms = self._clock.t_ms

    def _new_utterance(self, onset_ms: int, start_ms: int) -> RunningUtterance:
        return RunningUtterance(next(self._numbers), onset_ms, max(start_ms, 0), onset_ms)

    def _watch_voice(self) -> None:
        """If voice is not reported any more, say so once and let the wall clock measure the silence."""
        if self.state == "quiet" and not self._closing:
            self._clock.stalled = False
        elif self._clock.watch():
            self._out.append(EngineLate(engine="vad"))

    # -- words ------------------------------------------------------------------------------------------------------

    def _words(self, heard: WordsHeard) -> None:
        if heard.words:
            self._language = heard.language
        if (probe := self._noise.answered(heard.request_id)) is not None:
            self._noise_answer(probe, heard.words)
            return
        for utterance in (*self._closing, *([self._running] if self._running else [])):
            request = utterance.requests.pop(heard.request_id, None)
            if request is None:
                continue
            if not request.final:
                self._partial_ms += (heard.took_ms - self._partial_ms) * (_PARTIAL_WEIGHT if self._partial_ms else 1)
            utterance.answer(request, heard.words)
            self._find_noise(utterance, request)
            return
        if found := self._overdue.answer(heard.request_id, heard.words):
            utterance, rest = found
            self._out.append(utterance.ended(rest, in_turn=False, is_rest=True))

    def _failed(self, failed: DecodeFailed) -> None:
        self._noise.answered(failed.request_id)
        self._overdue.forget(failed.request_id)
        for utterance in (*self._closing, *([self._running] if self._running else [])):
            if utterance.requests.pop(failed.request_id, None) is not None and not failed.replaced:
                utterance.retry_ms = self._clock.now_ms + self._settings.retry_ms

    def _find_noise(self, utterance: RunningUtterance, request: Request) -> None:
        """Voice that gives no new words for long is noise, though the voice activity says otherwise."""
        nothing_ms = wordless_ms(utterance, request, closing=utterance in self._closing)
        if nothing_ms < self._settings.wordless_voice_ms or self.state != "speaking":
            return
        running = self._running
        if running is None or (utterance is not running and running.words):
            return
        if utterance is not running:
            self._running = None
            self._noise.untold = True
        elif running.words:
            # The words so far are decoded once more, without the noise behind them and with exact times.
            running.voice_until_ms = max(running.voice_until_ms - nothing_ms, running.onset_ms)
            running.final_until_ms = -1
        else:
            running.given_up = True
        self._take_for_noise()

    def _take_for_noise(self) -> None:
        self.state = "noisy"
        self._out.append(SpeechStopped(t_ms=self._clock.voice_until_ms))
        self._noise.begin(self._clock.media_ms)

    def _noise_answer(self, probe: Probe, words: tuple[Word, ...]) -> None:
        if not words or self.state != "noisy" or self._running is not None or self._closing:
            return
        onset_ms = max(min(words[0].start_ms, probe.end_ms), self._told_until_ms)
        self._turn.start_ms = onset_ms
        self._running = self._new_utterance(onset_ms, max(probe.start_ms, onset_ms - self._settings.preroll_ms))
        self._running.voice(max(self._clock.voice_until_ms, onset_ms))
        self._running.burst_ms = self._running.voiced_ms = max(probe.end_ms - onset_ms, WINDOW_MS)
        self._running.words, self._running.answers, self._running.covers_ms = words, 1, probe.end_ms
        self._running.requested_ms = probe.end_ms
        self.state = "speaking"
        self._out.append(SpeechStarted(t_ms=onset_ms))

    def _decode(self, utterance: RunningUtterance, end_ms: int, *, final: bool) -> None:
        self._out.append(utterance.ask(next(self._ids), end_ms, self._clock.now_ms, final=final))

    def _ensure_words(self, utterance: RunningUtterance, end_ms: int) -> None:
        """Have all the voice of `utterance` decoded, for good; give up at the deadline."""
        if utterance.settled:
            return
        if utterance.asked_ms is None:
            utterance.asked_ms = self._clock.now_ms
        if self._clock.now_ms - utterance.asked_ms >= self._settings.decode_deadline_ms:
            self._overdue.give_up(utterance)
            self._out.append(EngineLate(engine="asr"))
        elif not utterance.covered_by_request and (
            utterance.retry_ms is None or self._clock.now_ms >= utterance.retry_ms
        ):
            utterance.retry_ms = None
            self._decode(utterance, end_ms, final=True)

    # -- the bot ----------------------------------------------------------------------------------------------------

    def _mind_the_bot(self) -> None:
        running = self._running
        view = CallerView(
            voicing=self.state == "speaking" and self._clock.silence_ms < self._settings.final_pause_ms,
            voice_ms=running.burst_ms if running else 0,
            silence_ms=self._clock.silence_ms,
            words=self._kind_of_words(),
            wordless=running.wordless if running else 0,
            settled=running is None or (running.settled and self.state != "speaking"),
        )
        self._tell_bot(self._guard.step(view, self._clock.now_ms))

    def _tell_bot(self, actions: tuple[BargeInAction, ...]) -> None:
        if "yield" in actions and self._going_on:
            self._reopen()
        self._out += [BargeIn(action=action) for action in actions]

    def _bot(self, news: BotSpeaking) -> None:
        self._guard.bot(news.speaking, news.interruptible)
        if self._last is None:
            return
        if not news.speaking or not news.interruptible:
            self._let_stand()
        elif self._last.answered_ms is None:
            self._last.answered_ms = self._clock.now_ms

    def _forget_last(self) -> None:
        if (
            self.state == "quiet"
            and self._last is not None
            and not self._last.may_reopen(self._settings, self._clock.now_ms)
        ):
            self._let_stand()

    def _let_stand(self) -> None:
        """The last turn is not taken back any more, and nothing holds what the bot has to say."""
        self._last, self._going_on = None, False
        self._tell_bot(self._guard.release())

    def _reopen(self) -> None:
        """Take the last turn back: what the caller says now belongs to it."""
        last = self._last
        if last is not None:
            self._rhythm.cut_off()
            self._rhythm.held(self._turn.start_ms - last.end_ms, _JUDGED_MS)
            self._turn.take_back(last)
            self._out.append(TurnReopened())
        self._last, self._going_on, self._guard.bot_due = None, False, False

    def _kind_of_words(self) -> WordsKind:
        running = self._running
        if self._turn.words:
            return "real"
        if running is None:
            return "none"
        if not running.words:
            return "none" if running.answers else "unknown"
        return kind_of(running.words, answers_count=self._expectation == "yes_no", more_may_come=not running.settled)

    # -- going on ---------------------------------------------------------------------------------------------------

    def _advance(self) -> None:
        judgement = self._judgement
        if judgement.awaited and self._clock.now_ms - judgement.sent_ms >= self._settings.judge_deadline_ms:
            judgement.awaited = False
            self._out.append(EngineLate(engine="smart_turn"))
        self._advance_closing()
        if self.state == "speaking":
            self._advance_speaking()
        if self.state == "pausing":
            self._advance_pausing()
        elif self.state == "between":
            if self._clock.silence_ms >= self._patience_ms():
                self._end_turn("quiet")
        elif self.state == "noisy":
            self._advance_noisy()

    def _advance_closing(self) -> None:
        """Wait for the words of utterances that were cut, in order."""
        while self._closing:
            first = self._closing[0]
            self._ensure_words(first, first.voice_until_ms)
            if not first.settled:
                return
            self._closing.pop(0)
            self._tell(first, in_turn=True)
            nothing = not (first.words or self._turn.utterances or self._closing)
            if nothing and self.state == "speaking" and self._running is not None and not self._running.words:
                self._running = None
                self._noise.untold = True
                self._take_for_noise()
            if (
                self._clock.media_ms - self._turn.start_ms >= self._settings.longest_turn_ms
                and not self._closing
                and self._turn.utterances
            ):
                self._tell_turn()
                self._turn.start_ms = self._running.onset_ms if self._running else self._clock.media_ms

    def _advance_speaking(self) -> None:
        running, settings = self._running, self._settings
        assert running is not None
        if self._clock.silence_ms >= settings.final_pause_ms:
            self._pause(running)
            return
        if self._clock.media_ms - running.start_ms >= settings.longest_utterance_ms:
            self._cut(running)
            return
        over_bot = self._guard.state != "free"
        interval_ms = max(settings.partial_interval_ms, int(settings.partial_load_factor * self._partial_ms))
        if over_bot:
            interval_ms = settings.probe_voice_ms
        elif not self.partials:
            interval_ms = max(interval_ms, settings.rare_partial_ms)
        running.forget_overdue(self._clock.now_ms, settings)
        if running.retry_ms is not None and self._clock.now_ms < running.retry_ms:
            return
        since_ms = self._clock.t_ms - max(running.requested_ms, running.onset_ms)
        if self._clock.voiced and since_ms >= interval_ms and not running.requests:
            self._decode(running, self._clock.t_ms, final=False)

    def _pause(self, running: RunningUtterance) -> None:
        """Enter `pausing`: the final decode starts on the chance that this is the end."""
        self.state = "pausing"
        self._out.append(SpeechStopped(t_ms=self._clock.voice_until_ms))
        request_id = next(self._ids)
        self._judgement.ask(request_id, self._clock.now_ms)
        start_ms = max(
            running.start_ms if not self._turn.utterances else self._turn.start_ms, self._clock.media_ms - _JUDGED_MS, 0
        )
        self._out.append(JudgeEnd(request_id=request_id, start_ms=start_ms, end_ms=self._clock.media_ms))

    def _cut(self, running: RunningUtterance) -> None:
        """End an overlong utterance where there is least voice, and go on with the rest as a new one."""
        cut_ms = self._clock.quietest_ms
        rest = self._new_utterance(cut_ms, cut_ms)
        rest.voice(self._clock.t_ms)
        rest.burst_ms = running.burst_ms
        running.voice_until_ms = cut_ms
        self._closing.append(running)
        self._running = rest
        self._advance_closing()

    def _advance_pausing(self) -> None:
        running, settings = self._running, self._settings
        assert running is not None
        self._ensure_words(running, min(self._clock.media_ms, running.voice_until_ms + settings.tail_ms))
        if not running.settled or self._closing:
            return
        silence_ms = self._clock.silence_ms
        if not running.words:
            if silence_ms >= settings.backchannel_pause_ms:
                self._drop(running)
            return
        if self._guard.bot_present and not self._turn.utterances and self._kind_of_words() == "backchannel":
            if silence_ms >= settings.backchannel_pause_ms and self._guard.state != "held":
                self._tell(running, in_turn=False)
                self._running = None
                self.state = "quiet"
                self._going_on = False
            return
        if self._judgement.awaited:
            return
        if silence_ms >= self._patience_ms():
            self._end_turn("quiet")
        elif (
            silence_ms >= settings.split_pause_ms
            and running.voice_until_ms - running.start_ms >= settings.split_length_ms
        ):
            self._tell(running, in_turn=True)
            self._running = None
            self.state = "between"

    def _drop(self, running: RunningUtterance) -> None:
        """Forget an utterance without words; the turn it may belong to goes on where it was."""
        self._running = None
        running.is_over = True
        if self._turn.utterances:
            self.state = "between"
            self._clock.voice_until_ms = self._told_until_ms
            return
        self.state = "quiet"
        self._going_on = False
        if not self._guard.bot_present and running.voiced_ms >= self._settings.nothing_voice_ms:
            self._out.append(NothingHeard(t_ms=running.voice_until_ms))

    def _advance_noisy(self) -> None:
        """Wait for the noise to end, and look now and then whether somebody speaks in it."""
        if self._closing:
            return
        running = self._running
        if running is not None:
            self._ensure_words(running, running.voice_until_ms + self._settings.tail_ms)
            if not running.settled:
                return
            if running.words or self._turn.utterances:
                self._end_turn("noisy")
            else:
                self._drop(running)
                self.state = "noisy"
            self._running = None
            self._told_until_ms = max(self._told_until_ms, running.voice_until_ms)
        elif self._turn.utterances:
            self._end_turn("noisy")
        elif self._noise.untold and not self._guard.bot_present:
            self._out.append(NothingHeard(t_ms=self._clock.voice_until_ms))
        self._noise.untold = False
        noise, clock = self._noise, self._clock
        noise.pass_to(clock.now_ms)
        ended = clock.t_ms - clock.voice_until_ms >= self._settings.backchannel_pause_ms
        if noise.is_over(clock.voice_until_ms, ended=ended, stalled=clock.stalled):
            self.state = "quiet"
        elif noise.is_due(clock.voice_until_ms if ended else clock.media_ms, ended=ended):
            self._out.append(noise.look(next(self._ids), self._told_until_ms, clock.media_ms, clock.now_ms))

    # -- the end ----------------------------------------------------------------------------------------------------

    def _patience_ms(self) -> int:
        running_words = [word.text for word in self._running.words] if self._running else []
        return patience_ms(
            self._settings,
            self._rhythm,
            words=self._turn.words + running_words,
            language=self._language,
            end_prob=self._judgement.end_prob,
            expectation=self._expectation,
            length=self._length,
        )

    def _tell(self, utterance: RunningUtterance, *, in_turn: bool) -> None:
        """Tell the final words of an utterance; one without words is not told."""
        self._told_until_ms = max(self._told_until_ms, utterance.voice_until_ms)
        utterance.is_over = True
        if not utterance.words:
            return
        self._out.append(utterance.ended(utterance.words, in_turn=in_turn))
        if in_turn:
            self._turn.add(utterance.number, (word.text for word in utterance.words))

    def _end_turn(self, state: State) -> None:
        if self._running is not None:
            self._tell(self._running, in_turn=True)
            self._running = None
        self.state = state
        self._tell_turn()

    def _tell_turn(self) -> None:
        if self._going_on:
            self._reopen()
        self._tell_bot(self._guard.force_yield())
        last = self._turn.over(self._told_until_ms, self._clock.now_ms)
        self._out.append(TurnOver(start_ms=last.start_ms, end_ms=last.end_ms, utterances=last.utterances))
        is_long = last.end_ms - last.start_ms >= self._settings.longest_turn_ms
        self._last = last if self.state == "quiet" and not is_long else None
        self._guard.bot_due = self._last is not None
        self._judgement.forget()
        self._rhythm.turn_over()
