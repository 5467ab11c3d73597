"""The mind of a call: what was heard goes in, what to do comes out. Pure; time and today's date are arguments.

Each turn is read in this order: danger, the answer to a question back, card numbers, switches of recording and emotion,
a human, language, lasting anger, wishes told by their meaning, consent, requests about the talk itself, the question in
hand (flow, offer, choice), a new flow, a question.
"""

from __future__ import annotations

from collections.abc import Callable

from calls.ids import Language
from calls.speech import MeaningEstimate, SafetyKind, Turn
from voice.dialog import needs, opening, waiting
from voice.dialog.acts import (
    AgentsSignedIn,
    CallBegan,
    CallerHeld,
    CallerNeeds,
    CallerReplaced,
    CallerSpeaking,
    CallerTurn,
    DeadlineReached,
    DialogAct,
    DialogInput,
    EmotionFound,
    GivenBack,
    HandedOver,
    HandoverFailed,
    HeardNothing,
    HoursAre,
    KeepMessage,
    KeysPressed,
    LookingAgain,
    MeaningFound,
    PassagesFound,
    QueuePlace,
    RaiseSafety,
    SayDone,
    Trouble,
    TroubleKind,
    WaitIsLong,
)
from voice.dialog.doubts import Doubts
from voice.dialog.handing_over import (
    close_secret,
    danger_without_humans,
    escalate,
    given_back,
    look_again,
    nobody,
    offer_callback,
    stop_looking,
)
from voice.dialog.humans import wants_human
from voice.dialog.interrupted import Hold, greet_newcomer, say_where_we_were
from voice.dialog.keypad import Keypad
from voice.dialog.matters import BARE_ANSWER_WORDS, Matters
from voice.dialog.memory import Memory, remember, restore
from voice.dialog.mood import MoodWatch
from voice.dialog.moves import Moves
from voice.dialog.questions import Questions
from voice.dialog.queue_words import say_patience
from voice.dialog.requests import asks_language, find_meta
from voice.dialog.safety import find_danger
from voice.dialog.settings import DialogSettings
from voice.dialog.slots import speaks_card_number
from voice.dialog.slots.yes_no import clear_no, clear_yes
from voice.dialog.switches import Switch, find_switches, without_switches
from voice.dialog.talk import SPEAKING_GUARD_MS, DeadlineName, Talk
from voice.dialog.text import guess_language, plain, plain_speech

_SILENCE_LIMIT = 2
"""Prompts into silence before the bot hangs up. Source: our choice: prompt, prompt, goodbye."""


class DialogPolicy:
    """Decides the acts of one call. Deterministic in its inputs; never raises on anything a caller can do."""

    def __init__(self, settings: DialogSettings, language: Language, *, new_reference: Callable[[str], str]) -> None:
        """Start before `CallBegan`; `new_reference(flow)` gives the reference number of a finished flow."""
        self._talk = Talk(settings, language, new_reference)
        self._questions = Questions(self._talk)
        self._mood = MoodWatch(settings.anger_prob)
        self._moves = Moves(self._talk, self._questions)
        self._matters = Matters(self._talk, self._questions, self._moves)
        self._doubts = Doubts(self._talk, self._moves)
        self._keypad = Keypad(self._talk, self._questions, self._moves)
        self._hold = Hold()
        self._needs = CallerNeeds()

    @property
    def language(self) -> Language:
        """The language of the call now."""
        return self._talk.language

    @property
    def state(self) -> str:
        """Phase and what the next words answer, for logs and pages: `talking:flow`, `held:open`."""
        return f"{'held' if self._hold.on else self._talk.phase}:{self._talk.pending}"

    @property
    def waits_for_human(self) -> bool:
        """True while a human is being looked for."""
        return self._talk.phase == "waiting_for_human"

    @property
    def asked_slot(self) -> str:
        """Name of the value that the caller is asked for, and may key in; empty while it is none."""
        run = self._talk.flow if self._talk.pending == "flow" else None
        return run.slot.name if run is not None and run.wants_value else ""

    def next_deadline_ms(self) -> int | None:
        """When `DeadlineReached` is due if nothing else comes; None on hold, with a human, and after the end."""
        if self._hold.on:
            return None
        return min(self._talk.deadlines.values(), default=None)

    def remember(self) -> Memory:
        """Return an exact copy of the state between two steps, good for any number of `restore`."""
        return remember(self._talk, self._questions, self._mood, self._hold)

    def restore(self, memory: Memory, now_ms: int) -> None:
        """Go back to `memory`: what comes next is answered as if no input had come since it was taken.

        Ids go on counting, so `SayDone` and `PassagesFound` for acts of the forgotten future are ignored. Deadlines
        stand where they stood, those that have passed are due at once: feed `CallerSpeaking` next if the caller speaks.
        What came since and still holds (`SayDone` of sentences from before, `AgentsSignedIn`, a hold) must be fed
        again.
        """
        restore(memory, self._talk, self._questions, self._mood, self._hold, now_ms)

    def step(self, event: DialogInput, now_ms: int) -> tuple[DialogAct, ...]:
        """Take one input at `now_ms` (any monotonic clock) and return the acts, in the order to be carried out."""
        talk = self._talk
        talk.begin_step(now_ms)
        if isinstance(event, CallerNeeds) and talk.phase == "before":
            self._needs = event
            return ()
        if talk.phase == "ended" or (talk.phase == "before") != isinstance(event, CallBegan):
            return ()
        if self._waits(event):
            return ()
        self._take(event)
        if talk.first_question and talk.phase == "talking":
            question, talk.first_question = talk.first_question, ""
            self._questions.ask(question)
        needs.mention_history(talk, event)
        talk.settle()
        return tuple(talk.acts)

    def _waits(self, event: DialogInput) -> bool:
        """Return whether a hold leaves the input for later; the one that begins it too."""
        if isinstance(event, CallerHeld) and event.held:
            if self._talk.phase != "with_human":
                self._hold.begin(self._talk.now_ms)
            return True
        if not self._hold.on or isinstance(event, CallerHeld | CallerReplaced | HandedOver):
            return False
        self._hold.keep(event)
        return True

    def _take(self, event: DialogInput) -> None:
        talk = self._talk
        match event:
            case CallBegan():
                self._begin(event)
            case CallerNeeds():
                needs.apply_late(talk, event)
            case CallerTurn():
                self._turn(event)
            case MeaningFound():
                self._late_meaning(event)
            case EmotionFound():
                self._late_emotion(event)
            case CallerSpeaking():
                self._speaking(speaking=event.speaking)
            case KeysPressed():
                self._keys(event)
            case PassagesFound():
                if talk.phase == "talking":
                    self._questions.found(event)
            case SayDone():
                talk.said_done(event.say_id, unheard=event.interrupted and not event.heard_text)
                opening.notice_said(talk, event.say_id, interrupted=event.interrupted)
            case AgentsSignedIn():
                talk.agents = max(0, event.n)
                if talk.agents == 0 and talk.phase == "waiting_for_human":
                    stop_looking(talk)
                    nobody(talk)
            case CallerHeld():
                self._back_from_hold()
            case CallerReplaced():
                self._hold.end(talk)  # what was meant for somebody else is not said
                talk.outstanding.clear()
                greet_newcomer(talk, self._moves, event.caller)
            case HandedOver():
                self._hold.end(talk)
                self._questions.drop()
                talk.phase, talk.set_aside = "with_human", None
                talk.outstanding.clear()
            case HandoverFailed():
                self._handover_failed()
            case LookingAgain():
                look_again(talk, event.why)
            case GivenBack():
                question = given_back(talk, event.instruction)
                if question:
                    self._questions.ask(question)
            case QueuePlace():
                waiting.placed(talk, event)
            case WaitIsLong():
                waiting.is_long(talk, event)
            case HoursAre():
                talk.now_local, talk.open = event.now_local, event.open
                talk.opens_at, talk.outside = event.opens_at, event.outside
            case HeardNothing():
                if talk.phase != "leaving_message":
                    self._moves.heard_nothing()
            case Trouble():
                self._trouble(event.kind)
            case DeadlineReached():
                for name in talk.due():
                    self._deadline(name)

    def _begin(self, event: CallBegan) -> None:
        talk = self._talk
        talk.phase = "talking"
        talk.now_local, talk.caller, talk.open = event.now_local, event.caller, event.open
        talk.agents, talk.opens_at, talk.outside = max(0, event.agents_signed_in), event.opens_at, event.outside
        needs.apply_early(talk, self._needs)
        opening.greet(talk, event)
        needs.offer_keys(talk, self._needs)

    def _keys(self, event: KeysPressed) -> None:
        talk = self._talk
        if talk.phase == "leaving_message":
            if "#" in event.digits:
                waiting.message_over(talk)
            return
        if talk.pending != "doubt" or event.digits not in ("1", "2") or talk.phase == "with_human":
            self._keypad.press(event)
            return
        talk.clear("silence")
        talk.silences = 0
        danger, text = self._doubts.press(agreed=event.digits == "1")
        if danger is not None:
            self._danger(danger)
        elif text and talk.turn is not None:
            self._treat(CallerTurn(turn=talk.turn), text, None)

    def _trouble(self, kind: TroubleKind) -> None:
        talk = self._talk
        if talk.phase != "talking":
            return
        if self._questions.inquiry is not None and kind != "voice":
            self._questions.trouble()
        elif kind == "hearing" and not talk.outstanding:
            self._moves.heard_nothing()

    def _back_from_hold(self) -> None:
        if not self._hold.on:
            return
        talk = self._talk
        kept = self._hold.end(talk)
        cut: list[SayDone] = []
        for event in kept:
            if isinstance(event, SayDone):
                talk.said_done(event.say_id)
                if event.interrupted:
                    cut.append(event)
                else:
                    opening.notice_said(talk, event.say_id, interrupted=False)
        news = [event for event in kept if not isinstance(event, SayDone)]
        if news and not cut:
            talk.say("hold.back", detail="hold")
        else:
            say_where_we_were(talk, self._moves, cut)
        for event in news:
            self._take(event)

    def _handover_failed(self) -> None:
        talk = self._talk
        if talk.phase in ("waiting_for_human", "with_human"):
            lost = talk.phase == "with_human"
            talk.phase = "talking"
            talk.say("human.lost" if lost else "human.failed", detail="handover_failed")
            offer_callback(talk)

    # ------------------------------------------------------------------------------------------ silence and time

    def _speaking(self, *, speaking: bool) -> None:
        talk = self._talk
        if talk.phase == "leaving_message":
            waiting.message_speaking(talk, speaking=speaking)
            return
        if speaking:
            talk.clear("silence")
            talk.at("speaking", SPEAKING_GUARD_MS)
        else:
            talk.clear("speaking")

    def _deadline(self, name: DeadlineName) -> None:
        talk = self._talk
        if name == "message":
            waiting.message_over(talk)
        if name == "say_guard":
            talk.outstanding.clear()
        if talk.phase not in ("talking", "waiting_for_human"):
            return
        match name:
            case "silence":
                self._silence()
            case "speaking":
                self._moves.heard_nothing()
            case "look_up_filler":
                if self._questions.inquiry is not None and not talk.outstanding:
                    talk.say("answer.filler", kind="filler", detail="filler")
            case "look_up":
                self._questions.trouble()
            case "keys":
                self._keypad.entry_done()
            case "waiting_word":
                say_patience(talk)

    def _silence(self) -> None:
        talk = self._talk
        if talk.first_queue and talk.pending != "consent":
            opening.to_queue(talk, now=True)
            return
        if talk.patient:
            talk.patient = False
            talk.say("meta.still_there", detail="patience")
            return
        talk.silences += 1
        if talk.flow is None or not talk.flow.slot.secret:
            close_secret(talk)
        if talk.pending == "doubt" and talk.silences > 1:
            feared = self._doubts.unanswered()
            if feared is not None:
                self._danger(feared)
                return
        if talk.pending == "consent":
            if talk.silences == 1:
                opening.ask_consent_again(talk)
            else:
                talk.silences = 0
                opening.settle_consent(talk, given=False, how="unanswered")
            return
        if talk.silences > _SILENCE_LIMIT:
            close_secret(talk)
            talk.say("no_input.goodbye", kind="goodbye", detail="no_input")
            self._moves.end("no_input")
        elif talk.silences == 1 and talk.pending == "anything_else":
            talk.say("meta.anything_else_short", detail="anything_else")
        elif talk.silences == 1:
            talk.say("no_input.first", detail="no_input:1")
            self._moves.ask_again(careful=False)
        else:
            talk.say("no_input.second", detail="no_input:2")
            self._moves.ask_again(careful=True)

    # ------------------------------------------------------------------------------------------------------ turns

    def _turn(self, event: CallerTurn) -> None:
        talk, meaning = self._talk, event.meaning
        text = event.turn.text.strip()
        talk.turn = event.turn
        talk.clear("speaking", "silence")
        if talk.phase == "with_human" or not plain(text):
            return
        talk.silences, talk.noises, talk.patient = 0, 0, False
        danger = find_danger(text) or self._doubts.danger(text, meaning)
        if danger is not None:
            self._danger(danger)
            return
        if talk.phase == "leaving_message":
            waiting.message_turn(talk, text)
            return
        if talk.pending == "doubt":
            text, meaning = self._doubts.answer(text), None
            if not text:
                return
        elif self._doubts.ask_danger(text, meaning):
            return
        self._treat(event, text, meaning)

    def _treat(self, event: CallerTurn, text: str, meaning: MeaningEstimate | None) -> None:
        """Take words that speak of no danger: those of the turn, or of the one before that was asked back on."""
        talk, turn = self._talk, event.turn
        if speaks_card_number(text, talk.language):
            self._moves.card_number()
            return
        if talk.pending != "flow" or talk.flow is None or not talk.flow.slot.secret:
            close_secret(talk)
        if self._matters.advice_again(text) or waiting.asked_to_take_message(talk, text):
            return
        switches = find_switches(text)
        for_human = wants_human(without_switches(text) if switches else text)
        self._detect_language(turn, text)
        if switches:
            self._switch(switches, goes_on=for_human)
        if for_human:
            self._moves.consent_unanswered()
            opening.renew_notice(talk)
            talk.matter = talk.matter or text
            self._questions.drop()
            escalate(talk, "caller_asked", "words")
            return
        if switches:
            return
        if self._asked_language(text):
            return
        if talk.pending != "consent":
            opening.renew_notice(talk)
            talk.first_turn = False
        if self._mood.hear(text, event.emotion, event.words) and talk.phase == "talking":
            self._moves.consent_unanswered()
            self._questions.drop()
            talk.matter = talk.matter or text
            escalate(talk, "emotion", "words_or_voice")
            return
        if self._doubts.wish(text, meaning):
            return
        if talk.phase == "waiting_for_human":
            waiting.turn(talk, self._moves, text)
            return
        if talk.pending == "consent" and self._consent_answer(text):
            return
        if talk.first_queue:
            talk.matter = talk.matter or text
            opening.to_queue(talk)
            return
        self._matters.hear(text, self._doubts.pace(text, meaning))

    def _late_meaning(self, event: MeaningFound) -> None:
        """Take what the last turn means after it was treated: only danger is worth going back for."""
        talk = self._talk
        busy = talk.phase not in ("talking", "waiting_for_human") or talk.pending == "doubt" or talk.advice
        if busy or talk.turn is None or talk.turn.turn_id != event.turn_id:
            return
        danger = self._doubts.danger(talk.turn.text, event.meaning)
        if danger is not None:
            self._danger(danger)
        else:
            self._doubts.ask_danger(talk.turn.text, event.meaning, treated=True)

    def _late_emotion(self, event: EmotionFound) -> None:
        """Take how the last turn sounded after it was treated: a feeling that lasts brings the offer of a human."""
        talk = self._talk
        if talk.phase != "talking" or talk.turn is None or talk.turn.turn_id != event.turn_id:
            return
        if self._mood.hear_late(event.emotion):
            self._moves.consent_unanswered()
            self._questions.drop()
            talk.matter = talk.matter or talk.turn.text
            escalate(talk, "emotion", "words_or_voice")

    def _consent_answer(self, text: str) -> bool:
        """Settle consent; False when the caller said something that is to be treated now."""
        talk = self._talk
        if clear_yes(text):
            goes_on = len(plain_speech(text).split()) > BARE_ANSWER_WORDS
            opening.answer_consent(talk, agreed=True, how="words", quiet=goes_on)
            return not goes_on
        if clear_no(text):
            opening.answer_consent(talk, agreed=False, how="words")
            return True
        if find_meta(text) in ("repeat", "slower", "wait", "greeting", "identity", "privacy", "ok"):
            return False
        opening.settle_consent(talk, given=False, how="unanswered", quiet=True)
        return False

    def _switch(self, switches: tuple[Switch, ...], *, goes_on: bool) -> None:
        talk = self._talk
        for wanted in switches:
            opening.switch(talk, wanted, "words")
        if talk.pending == "consent":
            opening.settle_consent(talk, given=False, how="words", quiet=True)
        opening.renew_notice(talk)
        if talk.phase == "talking" and not goes_on:
            self._moves.ask_again(careful=False)

    def _detect_language(self, turn: Turn, text: str) -> None:
        talk = self._talk
        guess = guess_language(text)
        if turn.language != talk.language and (guess == turn.language or (talk.first_turn and guess != talk.language)):
            opening.change_language(talk, turn.language, "detected")

    def _asked_language(self, text: str) -> bool:
        talk = self._talk
        wanted = asks_language(text)
        if wanted is None or (wanted == talk.language and len(plain(text).split()) > 6):
            return False
        if opening.change_language(talk, wanted, "asked") or wanted == talk.language:
            talk.say("language.switched", detail="language")
            opening.renew_notice(talk)
        else:
            talk.say("language.only_one", detail="language")
        self._moves.ask_again(careful=False)
        return True

    def _danger(self, kind: SafetyKind) -> None:
        talk = self._talk
        self._moves.consent_unanswered()
        self._questions.drop()
        talk.flow, talk.doubt, talk.keys, talk.misses, talk.first_queue = None, None, "", 0, ""
        if talk.phase == "leaving_message":
            talk.clear("message")
            talk.do(KeepMessage())
            talk.phase = "talking"
        close_secret(talk)
        talk.do(RaiseSafety(kind=kind))
        talk.advice = f"safety.{kind}"
        talk.say(talk.advice, kind="safety", interruptible=False, detail=f"safety:{kind}")
        if talk.phase == "waiting_for_human":
            return
        if talk.agents > 0:
            escalate(talk, "safety", kind)
            return
        danger_without_humans(talk, kind)
