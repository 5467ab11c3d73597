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
    DialogAct,
    DialogInput,
    EndCall,
    EndCallReason,
    HandedOver,
    HandoverFailed,
    HeardNothing,
    KeysPressed,
    PassagesFound,
    PauseRecording,
    RaiseSafety,
    SafetyKind,
    SayDone,
    Trouble,
    TroubleKind,
)
from voice.dialog.answering import is_question
from voice.dialog.flow import FlowReply, flow_asked_for, load_flows
from voice.dialog.handing_over import (
    callback_declined,
    close_secret,
    escalate,
    finish_flow,
    nobody,
    offer_callback,
    say_lines,
    start_callback,
    start_flow,
)
from voice.dialog.mood import MoodWatch
from voice.dialog.questions import MISS_LIMIT, Questions
from voice.dialog.requests import Meta, Switch, asks_language, find_meta, find_switches, wants_human
from voice.dialog.safety import find_danger
from voice.dialog.settings import DialogSettings
from voice.dialog.slots import FIXED_KEY_LENGTHS, speaks_card_number
from voice.dialog.slots.yes_no import parse_yes_no
from voice.dialog.talk import SPEAKING_GUARD_MS, DeadlineName, Talk
from voice.dialog.text import guess_language, plain, plain_speech

_SILENCE_LIMIT = 2
"""Prompts into silence before the bot hangs up. Source: joints, "prompt, prompt, goodbye"."""


class DialogPolicy:
    """Decides the acts of one call. Deterministic in its inputs; never raises on anything a caller can do."""

    def __init__(self, settings: DialogSettings, language: Language, *, new_reference: Callable[[str], str]) -> None:
        """Start before `CallBegan`; `new_reference(flow)` gives the reference number of a finished flow."""
        self._talk = Talk(settings, language, new_reference)
        self._questions = Questions(self._talk)
        self._mood = MoodWatch(settings.anger_prob)
        self._goodbye_said = False

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
                self._keys(event)
            case PassagesFound():
                if talk.phase == "talking":
                    self._questions.found(event)
            case SayDone():
                talk.said_done(event.say_id)
                if not any(s.kind == "notice" and s.say_id in talk.outstanding for s in talk.last_said):
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
                self._heard_nothing()
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
        spec = load_flows().get(event.flow)
        if spec is not None and talk.pending == "open":
            start_flow(talk, spec, offer=False)

    def _trouble(self, kind: TroubleKind) -> None:
        talk = self._talk
        if talk.phase != "talking":
            return
        if self._questions.inquiry is not None:
            self._questions.trouble()
        elif kind == "hearing" and not talk.outstanding:
            self._heard_nothing()

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

    def _heard_nothing(self) -> None:
        talk = self._talk
        talk.clear("speaking")
        if talk.phase != "talking" or talk.outstanding or self._questions.inquiry is not None:
            return
        talk.misses += 1
        if talk.misses >= MISS_LIMIT:
            escalate(talk, "repeated_failure", "heard_nothing")
            return
        talk.say("repair.heard_nothing", detail=f"repair:{talk.misses}")
        self._ask_again(careful=talk.misses > 1)

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
                self._heard_nothing()
            case "look_up_filler":
                if self._questions.inquiry is not None and not talk.outstanding:
                    talk.say("answer.filler", kind="filler", detail="filler")
            case "look_up":
                self._questions.trouble()
            case "keys":
                self._keys_done()
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
            self._end("no_input")
        elif talk.silences == 1 and talk.pending == "anything_else":
            talk.say("meta.anything_else_short", detail="anything_else")
        elif talk.silences == 1:
            talk.say("no_input.first", detail="no_input:1")
            self._ask_again(careful=False)
        else:
            talk.say("no_input.second", detail="no_input:2")
            self._ask_again(careful=True)

    def _end(self, reason: EndCallReason) -> None:
        self._questions.drop()
        self._talk.do(EndCall(reason=reason))
        self._talk.phase = "ended"

    # ------------------------------------------------------------------------------------------------------ turns

    def _turn(self, turn: Turn, emotion: EmotionEstimate | None) -> None:
        talk = self._talk
        text = turn.text.strip()
        talk.clear("speaking", "silence")
        if talk.phase == "with_human" or not plain(text):
            return
        talk.silences, talk.patient = 0, False
        danger = find_danger(text)
        if danger is not None:
            self._danger(danger)
            return
        if speaks_card_number(text, talk.language):
            self._card_number()
            return
        if talk.pending != "flow" or talk.flow is None or not talk.flow.slot.secret:
            close_secret(talk)
        switches = find_switches(text)
        if not any(s.endswith("_off") for s in switches):
            opening.staying_counts(talk)
        self._detect_language(turn, text)
        if wants_human(text, talk.language):
            self._consent_unanswered()
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
            self._consent_unanswered()
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

    def _consent_unanswered(self) -> None:
        if self._talk.pending == "consent":
            opening.settle_consent(self._talk, given=False, how="unanswered", quiet=True)

    def _consent_answer(self, text: str) -> bool:
        """Settle consent; False when the caller said something that is to be treated now."""
        talk = self._talk
        answer = parse_yes_no(text, talk.language)
        if answer is not None:
            opening.settle_consent(talk, given=answer.value == "true", how="words")
            return True
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
            self._ask_again(careful=False)

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
        self._ask_again(careful=False)
        return True

    def _turn_while_waiting(self, text: str) -> None:
        talk = self._talk
        callback = load_flows()["callback"]
        asked = flow_asked_for(text, ("callback",))
        meta = find_meta(text)
        if asked is callback or "callback" in plain_speech(text):
            start_callback(talk)
        elif meta == "goodbye":
            self._goodbye()
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
        self._consent_unanswered()
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
        escalate_only(talk, kind)

    def _card_number(self) -> None:
        talk = self._talk
        if not talk.flow_secret_open:
            talk.flow_secret_open = True
            talk.do(PauseRecording(reason="secret_digits"))
        talk.say("card.stop", interruptible=False, detail="card_number")
        if talk.phase == "talking":
            self._ask_again(careful=False)

    def _content(self, text: str) -> None:
        """Treat words that are about the caller's matter or the talk itself."""
        talk = self._talk
        meta = find_meta(text)
        if meta == "ok" and talk.outstanding and talk.pending in ("open", "anything_else", "look_up"):
            return
        if self._questions.inquiry is not None and meta is None:
            self._questions.drop()
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
        if spec.answer_first:
            self._questions.ask(text)
            return
        start_flow(talk, spec, offer=False)

    def _answered_offer(self, text: str, meta: Meta | None) -> bool:
        """Take a yes or no to an offer; False when it is something else."""
        talk = self._talk
        if meta in ("repeat", "slower", "wait", "identity", "capabilities"):
            return False
        answer = parse_yes_no(text, talk.language)
        words = len(plain_speech(text).split())
        if answer is None or (words > 8 and is_question(text)):
            if talk.pending == "offer_callback" and flow_asked_for(text, ("callback",)) is not None:
                start_callback(talk)
                return True
            return False
        agreed = answer.value == "true"
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
        elif not agreed or meta == "goodbye":
            self._goodbye()
        elif words > 4 or (meta is None and answer.confidence_score < 0.7):
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
        if meta in ("repeat", "slower", "wait", "capabilities", "identity", "greeting") and self._meta(meta):
            return
        if meta in ("never_mind", "goodbye") and (run.wants_value or run.now_asking == "change" or meta == "goodbye"):
            self._cancel_flow(then_bye=meta == "goodbye")
            return
        if meta in ("thanks", "ok") and run.wants_value:
            self._ask_again(careful=False)
            return
        reply = run.hear(text, talk.language)
        if reply.status != "not_understood":
            self._flow_reply(reply)
            return
        if meta == "never_mind":
            self._cancel_flow(then_bye=False)
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
            self._not_understood()

    def _flow_reply(self, reply: FlowReply) -> None:
        talk = self._talk
        run = talk.flow
        assert run is not None
        talk.misses = 0
        if reply.status == "declined":
            talk.flow = None
            talk.pending = "anything_else"
            talk.say("flow.start_offer_declined")
            talk.say("meta.anything_else_short", detail="anything_else")
            return
        say_lines(talk, reply)
        if reply.status == "done":
            finish_flow(talk, run)

    def _cancel_flow(self, *, then_bye: bool) -> None:
        talk = self._talk
        run = talk.flow
        close_secret(talk)
        talk.flow = None
        if then_bye:
            self._goodbye()
            return
        if run is not None and run.spec.action == "book_callback":
            callback_declined(talk)
            return
        talk.pending = "anything_else"
        talk.say("flow.cancelled", detail="flow:cancelled")
        talk.say("meta.anything_else", detail="anything_else")

    # ------------------------------------------------------------------------------------- requests about the talk

    def _meta(self, meta: Meta) -> bool:
        """Carry out a request about the talk itself; False when it is none here."""
        talk = self._talk
        match meta:
            case "repeat" | "slower":
                if meta == "slower":
                    talk.slower()
                    talk.say("meta.slower", detail="slower")
                group = [s for s in talk.last_said if s.detail != "slower"]
                talk.last_said = group
                if not talk.repeat_last():
                    talk.say("meta.nothing_to_repeat")
            case "wait":
                talk.patient = True
                talk.say("meta.wait", detail="wait", expects=talk.expects)
            case "capabilities":
                talk.say("meta.capabilities", kind="answer", detail="capabilities")
                self._ask_again(careful=False)
            case "identity":
                talk.say("meta.identity", kind="answer", detail="identity")
                self._ask_again(careful=False)
            case "goodbye":
                self._goodbye()
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
                    self._ask_again(careful=False)
                else:
                    talk.say("meta.greeting", detail="greeting")
            case "ok":
                if talk.pending == "look_up":
                    return True
                if talk.pending in ("open", "anything_else"):
                    talk.say("meta.go_on", detail="go_on")
                else:
                    self._ask_again(careful=False)
        return True

    def _goodbye(self) -> None:
        close_secret(self._talk)
        self._talk.say("goodbye.bye", kind="goodbye", detail="goodbye")
        self._end("bot_hung_up")

    # ----------------------------------------------------------------------------------------------------- repair

    def _not_understood(self) -> None:
        talk = self._talk
        talk.misses += 1
        if talk.misses >= MISS_LIMIT:
            escalate(talk, "repeated_failure", f"not_understood:{talk.pending}")
            return
        talk.say("repair.first" if talk.misses == 1 else "repair.second", detail=f"repair:{talk.misses}")
        self._ask_again(careful=True)

    def _ask_again(self, *, careful: bool) -> None:
        """Put the question in hand once more; carefully means with the keys as a way out."""
        talk = self._talk
        if talk.phase != "talking":
            return
        match talk.pending:
            case "consent":
                opening.ask_consent_again(talk)
            case "flow" if talk.flow is not None:
                line = talk.flow.question(talk.language, again=careful)
                talk.say_text(line.text, expects=line.expects, detail=line.detail)
                if careful and line.expects == "yes_no":
                    talk.say("repair.keys_yes_no", expects="yes_no")
                elif careful and talk.flow.slot.type in ("name", "email"):
                    talk.say("repair.no_other_way", expects=line.expects)
            case "offer_human":
                talk.say("answer.unknown_offer", expects="yes_no", detail="offer_human")
            case "offer_callback":
                talk.say("human.offer_callback", expects="yes_no", detail="offer_callback")
                if careful:
                    talk.say("repair.keys_yes_no", expects="yes_no")
            case "which" if len(talk.choices) == 2:
                names = [p.title.strip().rstrip(".?¿") for p in talk.choices]
                talk.say("answer.which", detail="which", first=names[0], second=names[1])
                if careful:
                    talk.say("answer.which_keys")
            case "anything_else":
                talk.say("meta.anything_else", detail="anything_else")
            case "look_up":
                return
            case _:
                talk.say("repair.menu" if careful else "greeting.how_can_i_help", detail="menu" if careful else "open")

    # ------------------------------------------------------------------------------------------------------- keys

    def _keys(self, event: KeysPressed) -> None:
        talk = self._talk
        if talk.phase == "with_human" or not event.digits:
            return
        talk.silences, talk.patient = 0, False
        talk.clear("silence")
        opening.staying_counts(talk) if "7" not in event.digits and "8" not in event.digits else None
        for key in event.digits:
            self._key(key)
            if talk.phase == "ended":
                return
        if event.complete and talk.keys:
            self._keys_done()

    def _key(self, key: str) -> None:
        talk = self._talk
        run = talk.flow if talk.pending == "flow" else None
        if talk.phase == "talking" and run is not None and run.wants_value:
            self._slot_key(key, run.slot.type)
            return
        answers = {"1": True, "2": False}
        if key == "0":
            self._consent_unanswered()
            self._questions.drop()
            escalate(talk, "caller_asked", "key")
        elif key == "*":
            if not talk.repeat_last():
                self._ask_again(careful=False)
        elif key in ("7", "8"):
            opening.switch(talk, "recording_off" if key == "7" else "emotion_off", "key")
            self._ask_again(careful=False)
        elif key == "9":
            self._language_key()
        elif talk.phase == "waiting_for_human":
            if key == "4":
                start_callback(talk)
            return
        elif key == "#":
            return
        elif talk.pending == "consent" and key in answers:
            opening.settle_consent(talk, given=answers[key], how="key")
        elif run is not None:
            reply = run.press(key, talk.language)
            if reply.status == "not_understood":
                self._not_understood()
            else:
                self._flow_reply(reply)
        elif talk.pending == "which" and key in answers and (key == "1" or len(talk.choices) == 2):
            self._questions.choose(int(key) - 1)
        elif talk.pending == "offer_callback" and key in answers:
            start_callback(talk) if answers[key] else callback_declined(talk)
        elif talk.pending == "offer_human" and key in answers:
            if answers[key]:
                escalate(talk, "caller_asked", "key")
            else:
                talk.pending = "anything_else"
                talk.say("meta.anything_else", detail="anything_else")
        else:
            self._menu_key(key)

    def _menu_key(self, key: str) -> None:
        talk = self._talk
        spec = next((s for s in load_flows().values() if s.key == key and s.name in talk.settings.flows), None)
        self._consent_unanswered()
        self._questions.drop()
        if spec is None:
            talk.say("repair.keys_unclear", detail="keys")
            self._ask_again(careful=True)
        elif spec.answer_first:
            menu_text = {"3": "menu_3"}.get(key, "menu_1")
            from voice.dialog.prompts import phrase

            self._questions.ask(phrase(talk.settings, talk.language, f"topics.{menu_text}"))
        else:
            start_flow(talk, spec, offer=False)

    def _language_key(self) -> None:
        talk = self._talk
        other: Language = "en" if talk.language == "es" else "es"
        if opening.change_language(talk, other, "key"):
            talk.say("language.switched", detail="language")
        else:
            talk.say("language.only_one", detail="language")
        self._ask_again(careful=False)

    def _slot_key(self, key: str, slot_type: str) -> None:
        talk = self._talk
        if key == "*" and not talk.keys:
            self._ask_again(careful=True)
            return
        if key == "#":
            self._keys_done()
            return
        talk.keys += key
        talk.at("keys", talk.settings.interdigit_ms)
        if FIXED_KEY_LENGTHS.get(slot_type) == len(talk.keys):
            self._keys_done()

    def _keys_done(self) -> None:
        talk = self._talk
        digits, talk.keys = talk.keys, ""
        talk.clear("keys")
        run = talk.flow
        if not digits or run is None:
            return
        if digits == "0":
            escalate(talk, "caller_asked", "key")
            return
        if speaks_card_number(digits, talk.language):
            self._card_number()
            return
        reply = run.press(digits, talk.language)
        if reply.status == "not_understood":
            self._not_understood()
        else:
            self._flow_reply(reply)


def escalate_only(talk: Talk, kind: SafetyKind) -> None:
    """Note the danger for humans, say that nobody can come to the phone, and stay on the line."""
    from voice.dialog.acts import Escalate

    talk.do(Escalate(reason="safety", detail=kind))
    talk.pending = "open"
    talk.say("safety.human_later" if kind != "fraud" else "human.none_free", kind="safety", detail="safety:nobody")
    if kind == "fraud":
        offer_callback(talk)
    else:
        talk.say("safety.stay", kind="safety")
