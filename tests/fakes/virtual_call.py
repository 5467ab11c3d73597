"""A whole call on paper: turn machine, call machine and dialog policy wired as `CallRunner` does, in virtual time.

The line, the engines and the bot's mouth are scripts with faults; what the caller hears and says is noted, so that dead
air can be measured as a caller would: stretches in which neither of them speaks.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from calls import commands, machine
from calls.events import CallEnded
from calls.ids import Language, TurnId
from calls.machine import CallLimits, CallMachine
from calls.ports import Passage
from calls.speech import Turn, Word
from service.acts import _FOR_GOOD as FOR_GOOD
from service.speaker import not_before_ms
from service.turn_memory import TurnMemory
from tests.fakes.virtual_talk import Said
from tests.voice.dialog import scripted
from voice.dialog import acts
from voice.dialog.policy import DialogPolicy
from voice.dialog.settings import DialogSettings
from voice.turn import messages
from voice.turn.machine import TurnMachine
from voice.turn.settings import WINDOW_MS, TurnSettings

T = TypeVar("T")

FILLER = "One moment please, I am still looking."
MS_A_CHARACTER = 70
"""How fast the bot speaks."""
THINKING_MS = 40
BRIEF_MS = 60
RINGS_MS = 20_000


@dataclass
class Faults:
    """What goes wrong, each as a function of the call's time; the defaults are a healthy service."""

    noise: Callable[[int], float] = lambda _: 0.05
    """Voice activity while the caller says nothing."""
    deaf: Callable[[int], bool] = lambda _: False
    """True while no voice activity is reported."""
    decode_ms: Callable[[int], int | None] = lambda _: 300
    """None is no answer at all, negative fails after that long."""
    empty: Callable[[int], bool] = lambda _: False
    """True while decodes give no words."""
    end_prob: Callable[[int], float | None] = lambda _: 0.9
    look_up_ms: Callable[[int], int | None] = lambda _: 40
    """None is no answer at all, negative fails after that long."""
    found: Callable[[int], tuple[Passage, ...]] = lambda _: ()
    voice_ms: Callable[[int], int | None] = lambda _: 150
    """How long a saying takes to be made; None: it cannot be made."""


class _InOrder(Generic[T]):
    """Inputs that come while another is carried out wait their turn, as in `MachineDriver`."""

    def __init__(self) -> None:
        self._waiting: deque[T] = deque()
        self._busy = False

    def feed(self, news: T, take: Callable[[T], None]) -> None:
        self._waiting.append(news)
        if self._busy:
            return
        self._busy = True
        while self._waiting:
            take(self._waiting.popleft())
        self._busy = False


@dataclass(eq=False)
class _Saying:
    say: acts.Say
    length_ms: int
    not_before_ms: int
    ready_ms: int | None = None
    played_ms: int = 0
    begun: bool = False


@dataclass
class VirtualCall:
    """Runs one call until it ends, or gives up at `until_ms`."""

    said: Sequence[Said]
    faults: Faults = field(default_factory=Faults)
    language: Language = "en"
    agents: int = 0
    flow: str = ""
    until_ms: int = 600_000
    partials: bool = True

    def __post_init__(self) -> None:
        self.turn = TurnMachine(TurnSettings(), partials=self.partials)
        self.call = CallMachine(CallLimits())
        self.policy = DialogPolicy(DialogSettings(), self.language, new_reference=lambda _: "48213")
        self.now_ms = 0
        self.ended_ms: int | None = None
        self.ended: CallEnded | None = None
        self.heard: list[tuple[int, int]] = []
        """When the bot, or ringing, was heard."""
        self.texts: list[tuple[int, str]] = []
        """What the bot began to say, and when."""
        self.turns: list[str] = []
        self._events: list[tuple[int, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._outputs: deque[messages.TurnOutput] = deque()
        self._hearing = False
        self._calls: _InOrder[machine.CallInput] = _InOrder()
        self._minds: _InOrder[acts.DialogInput] = _InOrder()
        self._window = 0
        self._mind_open = True
        self._queue: list[_Saying] = []
        self._held = False
        self._mouth_at = 0
        self._audible_since: int | None = None
        self._playing: _Saying | None = None
        self._texts_of: dict[int, str] = {}
        self._turn_texts: list[int] = []
        self._last_utterances: list[int] = []
        self._turn_end_ms: int | None = None
        self._went_on = False
        self._memory = TurnMemory(self.policy)
        self._thought = 0
        self._silent_told = True
        self._replacing = False

    # -- time -------------------------------------------------------------------------------------------------------

    def run(self) -> VirtualCall:
        self._feed_call(machine.Admitted())
        self._feed_call(machine.MediaOpen())
        self._later(WINDOW_MS, self._next_window)
        while self.ended is None and self.now_ms < self.until_ms:
            due = [self._events[0][0]] if self._events else []
            turn_ms, call_ms = self.turn.next_deadline_ms(), self.call.next_deadline_ms()
            mind_ms = self.policy.next_deadline_ms() if self._mind_open else None
            at_ms = min([*due, *(ms for ms in (turn_ms, call_ms, mind_ms) if ms is not None)])
            self.now_ms = max(self.now_ms, at_ms)
            if self._events and self._events[0][0] <= self.now_ms:
                heapq.heappop(self._events)[2]()
            elif turn_ms is not None and turn_ms <= self.now_ms:
                self._feed_turn(messages.TimePassed())
            elif call_ms is not None and call_ms <= self.now_ms:
                self._feed_call(machine.Tick())
            else:
                self._tell(acts.DeadlineReached())
        self._hush()
        return self

    def _later(self, in_ms: int, do: Callable[[], None]) -> None:
        heapq.heappush(self._events, (self.now_ms + max(0, in_ms), next(self._order), do))

    def _next_window(self) -> None:
        self._window += 1
        middle_ms = self.now_ms - WINDOW_MS // 2
        if not self.faults.deaf(middle_ms):
            voiced = any(said.start_ms <= middle_ms < said.end_ms for said in self.said)
            prob = 0.95 if voiced else self.faults.noise(middle_ms)
            self._feed_turn(messages.VoiceWindow(t_ms=self._window * WINDOW_MS, prob=prob))
        self._later(WINDOW_MS, self._next_window)

    # -- hearing ----------------------------------------------------------------------------------------------------

    def _feed_turn(self, news: messages.TurnInput) -> None:
        self._outputs += self.turn.step(news, self.now_ms)
        if self._hearing:  # as `Hearing` does: what is told stays in order
            return
        self._hearing = True
        while self._outputs:
            self._heard(self._outputs.popleft())
        self._hearing = False

    def _heard(self, output: messages.TurnOutput) -> None:
        match output:
            case messages.SpeechStarted():
                self._feed_call(machine.CallerSpeaks())
                self._tell(acts.CallerSpeaking(speaking=True))
            case messages.SpeechStopped():
                self._feed_call(machine.CallerStopped())
                self._tell(acts.CallerSpeaking(speaking=False))
            case messages.Decode():
                self._decode(output)
            case messages.JudgeEnd(request_id=request_id):
                prob = self.faults.end_prob(self.now_ms)
                if prob is not None:
                    self._later(30, lambda: self._feed_turn(messages.EndJudged(request_id=request_id, prob=prob)))
            case messages.UtteranceEnded():
                self._texts_of[output.utterance] = " ".join(word.text for word in output.words)
                if output.in_turn:
                    self._turn_texts.append(output.utterance)
            case messages.TurnOver():
                self._turn_over(output)
            case messages.TurnReopened():
                self._reopened()
            case messages.BargeIn(action="pause"):
                self._hold(True)
            case messages.BargeIn(action="resume"):
                self._hold(False)
            case messages.BargeIn():
                self._give_way()
            case messages.NothingHeard():
                self._feed_call(machine.CallerTurnEnded())
                self._tell(acts.HeardNothing())
                self._wait_in_peace()
            case messages.EngineLate():
                pass

    def _decode(self, ask: messages.Decode) -> None:
        took_ms = self.faults.decode_ms(self.now_ms)
        if took_ms is None:
            return
        request_id = ask.request_id
        if took_ms < 0:
            self._later(-took_ms, lambda: self._feed_turn(messages.DecodeFailed(request_id=request_id, replaced=False)))
            return
        words: tuple[Word, ...] = ()
        if not self.faults.empty(self.now_ms):
            words = tuple(
                word
                for said in self.said
                for word in said.words()
                if word.start_ms >= ask.start_ms - 50 and word.end_ms <= ask.end_ms + 50
            )
        heard = messages.WordsHeard(request_id=request_id, words=words, language=self.language, took_ms=took_ms)
        self._later(took_ms, lambda: self._feed_turn(heard))

    def _turn_over(self, over: messages.TurnOver) -> None:
        self._feed_call(machine.CallerTurnEnded())
        text = " ".join(self._texts_of[number] for number in self._turn_texts)
        self._last_utterances, self._turn_texts = self._turn_texts, []
        self.turns.append(text)
        self._turn_end_ms = over.end_ms
        self._memory.forget()
        turn = Turn(
            turn_id=TurnId(f"t{len(self.turns)}"),
            speaker="caller",
            text=text,
            language=self.language,
            start_ms=over.start_ms,
            end_ms=over.end_ms,
        )
        self._thought += 1
        thought = self._thought

        def think() -> None:
            if thought == self._thought:
                self._memory.remember()
                self._tell(acts.CallerTurn(turn=turn))
                self._wait_in_peace()

        self._later(THINKING_MS, think)

    def _reopened(self) -> None:
        self._turn_texts[:0] = self._last_utterances
        self.turns.pop()
        self._went_on = True
        self._thought += 1
        self._give_way()
        since = self._memory.go_back(self.now_ms)
        if since is not None:
            for news in (*since, acts.CallerSpeaking(speaking=True)):
                self._tell(news)

    # -- the machines -----------------------------------------------------------------------------------------------

    def _feed_call(self, news: machine.CallInput) -> None:
        self._calls.feed(news, self._obey)

    def _obey(self, news: machine.CallInput) -> None:
        for command in self.call.step(news, self.now_ms):
            match command:
                case commands.Begin():
                    began = acts.CallBegan(
                        now_local=scripted.SUNDAY,
                        caller=scripted.CALLER,
                        open=True,
                        agents_signed_in=self.agents,
                        flow=self.flow,
                    )
                    self._tell(began)
                case commands.Fill(step):
                    self._say(acts.Say(say_id=f"filler-{step}", text=FILLER, language=self.language, kind="filler"))
                case commands.GiveUpAnswering():
                    self._tell(acts.Trouble(kind="hearing"))
                case commands.SayGoodbye():
                    self._mind_open = False
                    self._replacing = True
                    self._drop(lambda _: True)
                    self._replacing = False
                    self._say(acts.Say(say_id="bye", text="Goodbye.", language=self.language, kind="goodbye"))
                case commands.Finish(ended):
                    self.ended, self.ended_ms = ended, self.now_ms

    def _tell(self, news: acts.DialogInput) -> None:
        self._memory.note(news)
        self._minds.feed(news, self._act)

    def _act(self, news: acts.DialogInput) -> None:
        if not self._mind_open:
            return
        for act in self.policy.step(news, self.now_ms):
            if isinstance(act, FOR_GOOD):
                self._memory.forget()
                self._feed_turn(messages.TurnStands())
            match act:
                case acts.Say():
                    self._say(act)
                case acts.LookUp():
                    self._look_up(act)
                case acts.Escalate():
                    self._feed_call(machine.Outcome("escalated"))
                    if self.agents:
                        self._later(BRIEF_MS, self._ring_for_human)
                case acts.EndCall(reason=reason):
                    self._feed_call(machine.EndWanted(reason))
                    if not self._queue:
                        self._feed_call(machine.BotSilent())

    def _look_up(self, act: acts.LookUp) -> None:
        took_ms, thought = self.faults.look_up_ms(self.now_ms), self._thought
        if took_ms is None:
            return
        found = self.faults.found(self.now_ms)
        answer = (
            acts.PassagesFound(query_id=act.query_id, passages=found)
            if took_ms >= 0
            else acts.Trouble(kind="knowledge")
        )
        self._later(abs(took_ms), lambda: self._tell(answer) if thought == self._thought else None)

    def _ring_for_human(self) -> None:
        if not self.policy.waits_for_human:
            return
        self._wait_in_peace()
        self.heard.append((self.now_ms, self.now_ms + RINGS_MS))
        self._later(RINGS_MS, lambda: self._tell(acts.HandoverFailed()))

    def _wait_in_peace(self) -> None:
        if self.policy.waits_for_human and not self._queue:
            self._feed_call(machine.NothingOwed())

    # -- the mouth --------------------------------------------------------------------------------------------------

    def _say(self, say: acts.Say) -> None:
        if say.kind != "filler":
            self._drop(lambda saying: saying.say.kind == "filler" and not saying.begun)
        early_ms = not_before_ms(say, self._turn_end_ms, went_on=self._went_on)
        saying = _Saying(say, max(200, int(len(say.text) * MS_A_CHARACTER / say.speed)), early_ms)
        self._queue.append(saying)
        made_ms = self.faults.voice_ms(self.now_ms)

        def made() -> None:
            if saying not in self._queue:
                return
            if made_ms is None:
                self._tell(acts.Trouble(kind="voice"))
                saying.length_ms = 0
            saying.ready_ms = self.now_ms
            self._mouth()

        self._later(100 if made_ms is None else made_ms, made)
        if say.kind == "safety":
            self._drop(lambda saying: saying.say.kind != "safety")

    def _mouth(self) -> None:
        """Play what is to be played now, and come again when that is over."""
        self._advance()
        saying = self._queue[0] if self._queue else None
        self._mouth_at += 1
        if saying is None or self._held or saying.ready_ms is None:
            self._hush()
            return
        if not saying.begun and self.now_ms < saying.not_before_ms:
            at = self._mouth_at
            self._later(saying.not_before_ms - self.now_ms, lambda: self._mouth() if at == self._mouth_at else None)
            return
        left_ms = saying.length_ms - saying.played_ms
        if left_ms <= 0:
            self._over(saying, interrupted=False)
            return
        self._playing = saying
        if self._audible_since is None:
            self._audible_since = self.now_ms
        if not saying.begun:
            saying.begun = True
            self._silent_told = False
            self.texts.append((self.now_ms, saying.say.text))
            filler = saying.say.kind == "filler"
            self._feed_call(machine.BotHeard(filler=filler))
            self._feed_turn(messages.BotSpeaking(speaking=True, interruptible=saying.say.interruptible))
            if not filler:
                self._feed_turn(messages.Expecting(kind=saying.say.expects, length=saying.say.length))
        at = self._mouth_at
        self._later(left_ms, lambda: self._mouth() if at == self._mouth_at else None)

    def _advance(self) -> None:
        """Count what was played since the last look."""
        if self._playing is not None and self._audible_since is not None:
            self._playing.played_ms += self.now_ms - self._audible_since
            self.heard.append((self._audible_since, self.now_ms))
            self._audible_since = self.now_ms

    def _hush(self) -> None:
        self._advance()
        self._playing = self._audible_since = None

    def _hold(self, held: bool) -> None:
        self._hush()
        self._held = held
        self._mouth()

    def _give_way(self) -> None:
        self._held = False
        self._drop(lambda saying: saying.say.interruptible)

    def _drop(self, which: Callable[[_Saying], bool]) -> None:
        for saying in [saying for saying in self._queue if which(saying)]:
            if saying in self._queue:
                self._over(saying, interrupted=True)

    def _over(self, saying: _Saying, *, interrupted: bool) -> None:
        self._hush()
        self._queue.remove(saying)
        self._tell(acts.SayDone(say_id=saying.say.say_id, heard_text="", interrupted=interrupted))
        if self._queue:
            self._mouth()
            return
        self._feed_turn(messages.BotSpeaking(speaking=False))
        if not self._replacing:
            self._feed_call(machine.BotSilent())

    # -- what was heard ---------------------------------------------------------------------------------------------

    def silences(self) -> list[tuple[int, int]]:
        """When neither the bot, nor ringing, nor the caller's words were to be heard; longest first."""
        end_ms = self.ended_ms or self.now_ms
        spoken = [(said.start_ms, said.end_ms) for said in self.said if said.text]
        out, at_ms = [], 0
        for start_ms, until_ms in sorted([*self.heard, *spoken]):
            if start_ms > at_ms:
                out.append((at_ms, min(start_ms, end_ms)))
            at_ms = max(at_ms, until_ms)
        out.append((at_ms, max(at_ms, end_ms)))
        return sorted((span for span in out if span[0] < end_ms), key=lambda span: span[0] - span[1])


def passage(topic: str, language: Language, score: float) -> Passage:
    """An article's passage."""
    return replace(
        Passage(article_id="a", topic=topic, title="Your bill", language=language, text="", score=score),
        text="The bill shows what was used, what it costs, and until when it is to be paid.",
    )
