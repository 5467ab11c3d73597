"""The mind of a call: what was heard goes in, what to do comes out. Pure; time and today's date are arguments.

Each turn is read in this order: danger, card numbers, a human, switches of recording and emotion, language, lasting
anger, consent, requests about the talk itself, the question in hand (flow, offer, choice), a new flow, a question.
"""

from __future__ import annotations

from collections.abc import Callable

from calls.ids import Language
from calls.speech import EmotionEstimate, Turn
from voice.dialog import opening
from voice.dialog.acts import (
    AgentsSignedIn,
    CallBegan,
    CallerSpeaking,
    CallerTurn,
    DeadlineReached,
    DeclineCallback,
    DialogAct,
    DialogInput,
    HandedOver,
    HandoverFailed,
    HeardNothing,
    KeysPressed,
    PassagesFound,
    RaiseSafety,
    SafetyKind,
    SayDone,
    Trouble,
    TroubleKind,
)
from voice.dialog.answering import is_question
from voice.dialog.flow import flow_asked_for
from voice.dialog.handing_over import (
    begin_asked_flow,
    callback_declined,
    close_secret,
    danger_without_humans,
    escalate,
    has_phone,
    nobody,
    offer_callback,
    start_callback,
)
from voice.dialog.keypad import Keypad
from voice.dialog.memory import Memory, remember, restore
from voice.dialog.mood import MoodWatch
from voice.dialog.moves import Moves
from voice.dialog.questions import Questions
from voice.dialog.requests import Meta, Switch, asks_language, find_meta, find_switches, wants_human
from voice.dialog.safety import find_danger
from voice.dialog.settings import DialogSettings
from voice.dialog.slots import speaks_card_number
from voice.dialog.slots.numbers import loose_digits
from voice.dialog.slots.yes_no import parse_yes_no
from voice.dialog.talk import SPEAKING_GUARD_MS, DeadlineName, Talk
from voice.dialog.text import guess_language, plain, plain_speech

_BARE_ANSWER_WORDS = 5
"""A yes or no of more words than this says something else too. Source: own dialogues in the tests."""

_DIGITS_OF_A_VALUE = 2
"""A plea to wait with so many digits in it gives a value instead. Source: own dialogues in the tests."""

_TALK_FIRST: frozenset[Meta] = frozenset({"repeat", "slower", "wait", "capabilities", "identity"})
"""Requests that leave the question in hand as it is, whatever it is."""

_SILENCE_LIMIT = 2
"""Prompts into silence before the bot hangs up. Source: joints, "prompt, prompt, goodbye"."""


class DialogPolicy:
    """Decides the acts of one call. Deterministic in its inputs; never raises on anything a caller can do."""

    def __init__(self, settings: DialogSettings, language: Language, *, new_reference: Callable[[str], str]) -> None:
        """Start before `CallBegan`; `new_reference(flow)` gives the reference number of a finished flow."""
        self._talk = Talk(settings, language, new_reference)
        self._questions = Questions(self._talk)
        self._mood = MoodWatch(settings.anger_prob)
        self._moves = Moves(self._talk, self._questions)
        self._keypad = Keypad(self._talk, self._questions, self._moves)

    @property
    def language(self) -> Language:
        """The language of the call now."""
        return self._talk.language

    @property
    def state(self) -> str:
        """Phase and what the next words answer, for logs and pages: `talking:flow`, `waiting_for_human:open`."""
        return f"{self._talk.phase}:{self._talk.pending}"

    def next_deadline_ms(self) -> int | None:
        """When `DeadlineReached` is due if nothing else comes; None while a human has the call or it is over."""
        return min(self._talk.deadlines.values(), default=None)

    def remember(self) -> Memory:
        """Return an exact copy of the state between two steps, good for any number of `restore`."""
        return remember(self._talk, self._questions, self._mood)

    def restore(self, memory: Memory, now_ms: int) -> None:
        """Go back to `memory`: what comes next is answered as if no input had come since it was taken.

        Ids go on counting, so `SayDone` and `PassagesFound` for acts of the forgotten future are ignored. Deadlines
        stand where they stood, those that have passed are due at once: feed `CallerSpeaking` next if the caller speaks.
        What came since and still holds (`SayDone` of sentences from before, `AgentsSignedIn`) must be fed again.
        """
        restore(memory, self._talk, self._questions, self._mood, now_ms)

    def step(self, event: DialogInput, now_ms: int) -> tuple[DialogAct, ...]:
        """Take one input at `now_ms` (any monotonic clock) and return the acts, in the order to be carried out."""
        talk = self._talk
        talk.begin_step(now_ms)
        if talk.phase == "ended" or (talk.phase == "before") != isinstance(event, CallBegan):
            return ()
        self._take(event)
        talk.settle()
        return tuple(talk.acts)

    def _take(self, event: DialogInput) -> None:
        talk = self._talk
        match event:
            case CallBegan():
                self._begin(event)
            case CallerTurn():
                self._turn(event.turn, event.emotion)
            case CallerSpeaking():
                self._speaking(speaking=event.speaking)
            case KeysPressed():
                self._keypad.press(event)
            case PassagesFound():
                if talk.phase == "talking":
                    self._questions.found(event)
            case SayDone():
                if talk.said_done(event.say_id) and not any(
                    s.kind == "notice" and s.say_id in talk.outstanding for s in talk.last_said
                ):
                    opening.staying_counts(talk)
            case AgentsSignedIn():
                talk.agents = max(0, event.n)
                if talk.agents == 0 and talk.phase == "waiting_for_human":
                    nobody(talk)
            case HandedOver():
                self._questions.drop()
                talk.phase = "with_human"
                talk.outstanding.clear()
            case HandoverFailed():
                self._handover_failed()
            case HeardNothing():
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
        talk.agents = max(0, event.agents_signed_in)
        opening.greet(talk, event)

    def _trouble(self, kind: TroubleKind) -> None:
        talk = self._talk
        if talk.phase != "talking":
            return
        if self._questions.inquiry is not None and kind != "voice":
            self._questions.trouble()
        elif kind == "hearing" and not talk.outstanding:
            self._moves.heard_nothing()

    def _handover_failed(self) -> None:
        talk = self._talk
        if talk.phase in ("waiting_for_human", "with_human"):
            talk.phase = "talking"
            talk.say("human.failed", detail="handover_failed")
            offer_callback(talk)

    # ------------------------------------------------------------------------------------------ silence and time

    def _speaking(self, *, speaking: bool) -> None:
        talk = self._talk
        if speaking:
            talk.clear("silence")
            talk.at("speaking", SPEAKING_GUARD_MS)
        else:
            talk.clear("speaking")

    def _deadline(self, name: DeadlineName) -> None:
        talk = self._talk
        if talk.phase not in ("talking", "waiting_for_human"):
            return
        match name:
            case "silence":
                self._silence()
            case "say_guard":
                talk.outstanding.clear()
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
                if talk.phase == "waiting_for_human":
                    talk.say("human.still_looking", detail="escalate:waiting")
                    talk.at("waiting_word", talk.settings.waiting_word_ms)

    def _silence(self) -> None:
        talk = self._talk
        if talk.patient:
            talk.patient = False
            talk.say("meta.still_there", detail="patience")
            return
        talk.silences += 1
        if talk.flow is None or not talk.flow.slot.secret:
            close_secret(talk)
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

    def _turn(self, turn: Turn, emotion: EmotionEstimate | None) -> None:
        talk = self._talk
        text = turn.text.strip()
        talk.clear("speaking", "silence")
        if talk.phase == "with_human" or not plain(text):
            return
        talk.silences, talk.noises, talk.patient = 0, 0, False
        danger = find_danger(text)
        if danger is not None:
            self._danger(danger)
            return
        if speaks_card_number(text, talk.language):
            self._moves.card_number()
            return
        if talk.pending != "flow" or talk.flow is None or not talk.flow.slot.secret:
            close_secret(talk)
        switches = find_switches(text)
        if not any(s.endswith("_off") for s in switches):
            opening.staying_counts(talk)
        self._detect_language(turn, text)
        if wants_human(text, talk.language):
            self._moves.consent_unanswered()
            talk.matter = talk.matter or text
            self._questions.drop()
            escalate(talk, "caller_asked", "words")
            return
        if switches:
            self._switch(switches)
            return
        if self._asked_language(text):
            return
        talk.first_turn = False
        if self._mood.hear(text, emotion) and talk.phase == "talking":
            self._moves.consent_unanswered()
            self._questions.drop()
            talk.matter = talk.matter or text
            escalate(talk, "emotion", "words_or_voice")
            return
        if talk.phase == "waiting_for_human":
            self._turn_while_waiting(text)
            return
        if talk.pending == "consent" and self._consent_answer(text):
            return
        self._content(text)

    def _consent_answer(self, text: str) -> bool:
        """Settle consent; False when the caller said something that is to be treated now."""
        talk = self._talk
        answer = parse_yes_no(text, talk.language)
        if answer is not None:
            goes_on = len(plain_speech(text).split()) > _BARE_ANSWER_WORDS and answer.value == "true"
            opening.settle_consent(talk, given=answer.value == "true", how="words", quiet=goes_on)
            return not goes_on
        if find_meta(text) in ("repeat", "slower", "wait", "greeting", "identity"):
            return False
        opening.settle_consent(talk, given=False, how="unanswered", quiet=True)
        return False

    def _switch(self, switches: tuple[Switch, ...]) -> None:
        talk = self._talk
        for wanted in switches:
            opening.switch(talk, wanted, "words")
        if talk.pending == "consent":
            opening.settle_consent(talk, given=False, how="words", quiet=True)
        if talk.phase == "talking":
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
        else:
            talk.say("language.only_one", detail="language")
        self._moves.ask_again(careful=False)
        return True

    def _turn_while_waiting(self, text: str) -> None:
        talk = self._talk
        meta = find_meta(text)
        if flow_asked_for(text, ("callback",)) is not None:
            start_callback(talk)
        elif meta == "goodbye":
            self._moves.goodbye()
        elif meta == "never_mind":
            talk.phase = "talking"
            talk.say("human.stay_with_bot")
            talk.say("human.go_on")
        elif meta == "repeat":
            talk.repeat_last()
        elif meta != "ok":
            talk.say("human.still_looking", detail="escalate:waiting")
        if talk.phase == "waiting_for_human":
            talk.at("waiting_word", talk.settings.waiting_word_ms)

    def _danger(self, kind: SafetyKind) -> None:
        talk = self._talk
        self._moves.consent_unanswered()
        self._questions.drop()
        talk.flow, talk.keys, talk.misses = None, "", 0
        close_secret(talk)
        talk.do(RaiseSafety(kind=kind))
        talk.say(f"safety.{kind}", kind="safety", interruptible=False, detail=f"safety:{kind}")
        if talk.phase == "waiting_for_human":
            return
        if talk.agents > 0:
            escalate(talk, "safety", kind)
            return
        danger_without_humans(talk, kind)

    def _content(self, text: str) -> None:
        """Treat words that are about the caller's matter or the talk itself."""
        talk = self._talk
        meta = find_meta(text)
        if meta == "wait" and len(loose_digits(text, talk.language)) >= _DIGITS_OF_A_VALUE:
            meta = None
        if meta == "ok" and talk.outstanding and talk.pending in ("open", "anything_else", "look_up"):
            return
        if self._questions.inquiry is not None and meta is None:
            self._questions.drop()
        if meta in _TALK_FIRST and meta is not None:
            self._meta(meta)
            return
        if talk.pending == "flow" and talk.flow is not None:
            self._in_flow(text, meta)
            return
        if talk.pending in ("offer_human", "offer_callback", "anything_else") and self._answered_offer(text, meta):
            return
        if talk.pending == "which" and self._questions.hear_choice(text):
            return
        if meta is not None and self._meta(meta):
            return
        self._new_matter(text)

    def _new_matter(self, text: str) -> None:
        talk = self._talk
        talk.choices = ()
        spec = flow_asked_for(text, talk.settings.flows)
        if spec is None:
            self._questions.ask(text)
            return
        talk.matter = text if spec.action == "note" or not talk.matter else talk.matter
        if spec.topic:
            self._questions.ask(text, None if spec.answer_first else spec)
        else:
            begin_asked_flow(talk, spec)

    def _answered_offer(self, text: str, meta: Meta | None) -> bool:
        """Take a yes or no to an offer; False when it is something else."""
        talk = self._talk
        if talk.pending == "anything_else" and meta == "thanks" and not _declines(text, talk.language):
            return False
        answer = parse_yes_no(text, talk.language)
        words = len(plain_speech(text).split())
        goes_on = words > _BARE_ANSWER_WORDS and (is_question(text) or words > 2 * _BARE_ANSWER_WORDS)
        if talk.pending == "offer_callback" and (
            flow_asked_for(text, ("callback",)) is not None or has_phone(talk, text)
        ):
            start_callback(talk, text)
            return True
        if answer is None:
            return False
        agreed = answer.value == "true"
        if goes_on and not agreed:
            if talk.pending == "offer_callback":
                talk.do(DeclineCallback())
            talk.pending = "open"
            return False
        if talk.pending == "offer_callback":
            if agreed:
                start_callback(talk)
            else:
                callback_declined(talk)
        elif talk.pending == "offer_human":
            talk.pending = "open"
            if agreed:
                escalate(talk, "caller_asked", "offered")
            else:
                talk.pending = "anything_else"
                talk.say("meta.anything_else", detail="anything_else")
        elif (not agreed and words <= _BARE_ANSWER_WORDS) or meta == "goodbye":
            self._moves.goodbye()
        elif not agreed or words > _BARE_ANSWER_WORDS or (meta is None and answer.confidence_score < 0.7):
            return False
        else:
            talk.pending = "open"
            talk.say("meta.tell_me", detail="go_on")
        return True

    # ------------------------------------------------------------------------------------------------------ flows

    def _in_flow(self, text: str, meta: Meta | None) -> None:
        talk = self._talk
        run = talk.flow
        assert run is not None
        if meta == "greeting":
            self._moves.ask_again(careful=False)
            return
        if meta in ("never_mind", "goodbye") and (run.wants_value or run.now_asking == "change" or meta == "goodbye"):
            self._moves.cancel_flow(then_bye=meta == "goodbye")
            return
        if meta in ("thanks", "ok") and run.wants_value:
            self._moves.ask_again(careful=False)
            return
        if run.now_asking == "offer" and is_question(text) and len(plain_speech(text).split()) > _BARE_ANSWER_WORDS:
            talk.flow, talk.pending = None, "open"
            self._questions.ask(text)
            return
        reply = run.hear(text, talk.language)
        if reply.status != "not_understood":
            self._moves.flow_reply(reply)
            return
        if meta == "never_mind":
            self._moves.cancel_flow(then_bye=False)
            return
        other = flow_asked_for(text, talk.settings.flows)
        if other is not None and other is not run.spec:
            talk.flow = None
            self._new_matter(text)
        elif is_question(text) or run.now_asking == "offer":
            if run.now_asking == "offer":
                talk.flow = None
                talk.pending = "open"
            self._questions.ask(text)
        else:
            self._moves.not_understood()

    # ------------------------------------------------------------------------------------- requests about the talk

    def _meta(self, meta: Meta) -> bool:
        """Carry out a request about the talk itself; False when it is none here."""
        talk = self._talk
        match meta:
            case "repeat" | "slower":
                if meta == "slower":
                    talk.slower()
                    talk.say("meta.slower", detail="slower")
                if not talk.repeat_last():
                    self._moves.ask_again(careful=False)
            case "wait":
                talk.patient = True
                talk.say("meta.wait", detail="wait", expects=talk.expects)
            case "capabilities":
                talk.say("meta.capabilities", kind="answer", detail="capabilities")
                self._moves.ask_again(careful=False)
            case "identity":
                talk.say("meta.identity", kind="answer", detail="identity")
                self._moves.ask_again(careful=False)
            case "goodbye":
                self._moves.goodbye()
            case "thanks":
                talk.say("meta.you_are_welcome", detail="thanks")
                talk.pending = "anything_else"
                talk.say("meta.anything_else_short", detail="anything_else")
            case "never_mind":
                talk.pending = "anything_else"
                talk.say("meta.never_mind", detail="never_mind")
                talk.say("meta.anything_else", detail="anything_else")
            case "greeting":
                if talk.pending in ("flow", "consent", "offer_human", "offer_callback"):
                    self._moves.ask_again(careful=False)
                else:
                    talk.say("meta.greeting", detail="greeting")
            case "ok":
                if talk.pending == "look_up":
                    return True
                if talk.pending in ("open", "anything_else"):
                    talk.say("meta.go_on", detail="go_on")
                else:
                    self._moves.ask_again(careful=False)
        return True


def _declines(text: str, language: Language) -> bool:
    answer = parse_yes_no(text, language)
    return answer is not None and answer.value == "false"
