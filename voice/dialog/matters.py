"""What the caller's words mean for the matter in hand: requests about the talk, a flow, an offer, a choice, a question.

Danger, humans, consent, language and lasting anger have been looked for before, by the policy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from calls.ids import Language
from voice.dialog import opening
from voice.dialog.acts import DeclineCallback
from voice.dialog.answering import is_question
from voice.dialog.callback_words import asks_to_be_called, wants_other_number
from voice.dialog.flow_spec import flow_asked_for, load_flows
from voice.dialog.handing_over import begin_asked_flow, callback_declined, escalate, has_phone, start_callback
from voice.dialog.moves import Moves
from voice.dialog.questions import Questions
from voice.dialog.requests import Meta, asks_number_again, find_meta
from voice.dialog.slots.numbers import loose_digits
from voice.dialog.slots.yes_no import clear_no, parse_yes_no
from voice.dialog.talk import Talk
from voice.dialog.text import plain_speech

BARE_ANSWER_WORDS = 5
"""A yes or no of more words than this says something else too. Source: own dialogues in the tests."""

_DIGITS_OF_A_VALUE = 2
"""A plea to wait with so many digits in it gives a value instead. Source: own dialogues in the tests."""

_TROUBLE = re.compile(
    r"^(?:(?:pues|es que|bueno|mire|well|but|pero|and|y|it is that|sorry|perdone|hola|hi|hello) )*"
    r"(?:no (?:(?:se )?(?:me|nos) (?!interesa|hace falta|importa|llam|apetece|gusta|parece|viene)\w+|"
    r"(?:tengo|tenemos|hay|puedo|funciona|va|llega|consigo|recibo) "
    r"(?!tiempo|ganas|interes|falta|problema|inconveniente|hablar|ahora|esperar|prisa|nada)\w+)|"
    r"i (?:cant|cannot|dont (?:have|get|see|understand)|havent (?:got|received)|have no|want to|need to|cant get) "
    r"(?!time|any time|the time|wait|talk|stay|any need|interest|that|it)\w+|my \w+ (?:\w+ )?(?:doesnt|isnt|wont|"
    r"does not)\b)"
)
"""A no that belongs to what is wrong ("no tengo internet"), and is no answer to an offer."""

_TALK_FIRST: frozenset[Meta] = frozenset({"repeat", "slower", "wait", "capabilities", "identity", "privacy"})
"""Requests that leave the question in hand as it is, whatever it is."""


@dataclass(slots=True)
class Matters:
    """Treats words that are about the caller's matter or the talk itself."""

    talk: Talk
    questions: Questions
    moves: Moves

    def hear(self, text: str, meant: Meta | None = None) -> None:
        """Take the words of one turn; `meant` is the request about the talk that they seem to be, whatever words."""
        talk = self.talk
        meta = find_meta(text) or meant
        if meta == "wait" and len(loose_digits(text, talk.language)) >= _DIGITS_OF_A_VALUE:
            meta = None
        if meta == "ok" and talk.outstanding and talk.pending in ("open", "anything_else", "look_up"):
            return
        if self.questions.inquiry is not None and meta is None:
            self.questions.drop()
        if meta in _TALK_FIRST and meta is not None:
            self._meta(meta)
            return
        if talk.pending == "flow" and talk.flow is not None:
            self._in_flow(text, meta)
            return
        if talk.pending in ("offer_human", "offer_callback", "anything_else") and self._answered_offer(text, meta):
            return
        if talk.pending == "which" and self.questions.hear_choice(text):
            return
        if meta is not None and self._meta(meta):
            return
        self._new_matter(text)

    def advice_again(self, text: str) -> bool:
        """Give the emergency advice once more to a caller who did not get it; False when something else is said."""
        talk = self.talk
        if not talk.advice:
            return False
        meta = find_meta(text)
        if meta in ("repeat", "slower") or asks_number_again(text):
            if meta == "slower":
                talk.slower()
            detail = talk.advice.replace(".", ":")
            talk.say(talk.advice, kind="safety", interruptible=False, detail=detail)
            return True
        if meta is None and talk.phase == "talking":
            talk.advice = ""
        return False

    def _new_matter(self, text: str) -> None:
        talk = self.talk
        talk.choices = ()
        spec = flow_asked_for(text, talk.settings.flows)
        if spec is None and "callback" in talk.settings.flows and asks_to_be_called(text):
            spec = load_flows()["callback"]
        if spec is None:
            self.questions.ask(text)
            return
        talk.matter = text if spec.action == "note" or not talk.matter else talk.matter
        if spec.topic:
            self.questions.ask(text, None if spec.answer_first else spec)
        else:
            begin_asked_flow(talk, spec)

    def _answered_offer(self, text: str, meta: Meta | None) -> bool:
        """Take a yes or no to an offer; False when it is something else."""
        talk = self.talk
        if talk.pending == "anything_else" and meta == "thanks" and not _declines(text, talk.language):
            return False
        answer = parse_yes_no(text, talk.language)
        words = len(plain_speech(text).split())
        goes_on = words > BARE_ANSWER_WORDS and (is_question(text) or words > 2 * BARE_ANSWER_WORDS)
        if talk.pending == "offer_callback" and wants_other_number(text) and not has_phone(talk, text):
            start_callback(talk, other=True)
            return True
        if talk.pending == "offer_callback" and (
            flow_asked_for(text, ("callback",)) is not None
            or has_phone(talk, text)
            or asks_to_be_called(text, offered=True)
        ):
            start_callback(talk, text)
            return True
        if answer is None:
            return False
        agreed = answer.value == "true"
        goes_on = goes_on or (not agreed and _TROUBLE.match(plain_speech(text)) is not None)
        if goes_on and not agreed:
            if talk.pending == "offer_callback":
                talk.do(DeclineCallback())
            talk.pending = "open"
            return False
        if talk.pending == "offer_callback":
            if agreed and talk.offer_unheard:
                self.moves.ask_again(careful=False)
            elif agreed:
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
        elif (not agreed and words <= BARE_ANSWER_WORDS) or meta == "goodbye":
            self.moves.goodbye()
        elif not agreed or words > BARE_ANSWER_WORDS or (meta is None and answer.confidence_score < 0.7):
            return False
        else:
            talk.pending = "open"
            talk.say("meta.tell_me", detail="go_on")
        return True

    # ------------------------------------------------------------------------------------------------------ flows

    def _in_flow(self, text: str, meta: Meta | None) -> None:
        talk = self.talk
        run = talk.flow
        assert run is not None
        resumed, talk.resumed = talk.resumed, False
        if resumed and self._answered_going_on(text):
            return
        if meta == "greeting":
            self.moves.ask_again(careful=False)
            return
        if meta in ("never_mind", "goodbye") and (run.wants_value or run.now_asking == "change" or meta == "goodbye"):
            self.moves.cancel_flow(then_bye=meta == "goodbye")
            return
        if meta in ("thanks", "ok") and run.wants_value:
            if meta == "thanks" and _declines(text, talk.language):
                self.moves.cancel_flow(then_bye=False)
                return
            self.moves.ask_again(careful=False)
            return
        if run.now_asking == "offer" and is_question(text) and len(plain_speech(text).split()) > BARE_ANSWER_WORDS:
            talk.flow, talk.pending = None, "open"
            self.questions.ask(text)
            return
        offered = run.spec.action == "book_callback" and run.now_asking == "prefilled"
        if offered and wants_other_number(text) and not has_phone(talk, text):
            self.moves.flow_reply(run.refuse_prefill(talk.language))
            return
        reply = run.hear(text, talk.language)
        if reply.status != "not_understood":
            self.moves.flow_reply(reply)
            return
        if meta == "never_mind":
            self.moves.cancel_flow(then_bye=False)
            return
        other = flow_asked_for(text, talk.settings.flows)
        if other is not None and other is not run.spec:
            talk.flow = None
            self._new_matter(text)
        elif is_question(text) or run.now_asking == "offer":
            if run.now_asking == "offer":
                talk.flow = None
                talk.pending = "open"
            self.questions.ask(text)
        else:
            self.moves.not_understood()

    def _answered_going_on(self, text: str) -> bool:
        """Take a bare yes or no to "shall we go on with …?"; False when the words go on by themselves."""
        talk = self.talk
        if len(plain_speech(text).split()) > BARE_ANSWER_WORDS or len(loose_digits(text, talk.language)) > 0:
            return False
        answer = parse_yes_no(text, talk.language)
        if answer is None or (answer.value == "false" and not clear_no(text)):
            return False
        if answer.value == "true":
            self.moves.ask_again(careful=False)
        else:
            self.moves.cancel_flow(then_bye=False)
        return True

    # ------------------------------------------------------------------------------------- requests about the talk

    def _meta(self, meta: Meta) -> bool:
        """Carry out a request about the talk itself; False when it is none here."""
        talk = self.talk
        match meta:
            case "repeat" | "slower":
                if meta == "slower":
                    talk.slower()
                    talk.say("meta.slower", detail="slower")
                if not talk.repeat_last():
                    self.moves.ask_again(careful=False)
            case "wait":
                talk.patient = True
                talk.say("meta.wait", detail="wait", expects=talk.expects, length=talk.length)
            case "capabilities":
                talk.say("meta.capabilities", kind="answer", detail="capabilities")
                self.moves.ask_again(careful=False)
            case "identity":
                talk.say("meta.identity", kind="answer", detail="identity")
                self.moves.ask_again(careful=False)
            case "privacy":
                opening.tell_what_is_kept(talk)
                self.moves.ask_again(careful=False)
            case "goodbye":
                self.moves.goodbye()
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
                    self.moves.ask_again(careful=False)
                else:
                    talk.say("meta.greeting", detail="greeting")
            case "ok":
                if talk.pending == "look_up":
                    return True
                if talk.pending in ("open", "anything_else"):
                    talk.say("meta.go_on", detail="go_on")
                else:
                    self.moves.ask_again(careful=False)
        return True


def _declines(text: str, language: Language) -> bool:
    answer = parse_yes_no(text, language)
    return answer is not None and answer.value == "false"
