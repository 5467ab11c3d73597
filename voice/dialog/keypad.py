"""Keys of the phone: the menu, answers to questions, values of slots, `0` for a human, `*` again, `9` the language."""

from __future__ import annotations

from dataclasses import dataclass

from voice.dialog import opening
from voice.dialog.acts import KeysPressed
from voice.dialog.flow_spec import load_flows
from voice.dialog.handing_over import begin_asked_flow, callback_declined, escalate, start_callback
from voice.dialog.moves import Moves
from voice.dialog.prompts import phrase
from voice.dialog.questions import Questions
from voice.dialog.slots import FIXED_KEY_LENGTHS, KEYLESS, speaks_card_number
from voice.dialog.talk import Talk


@dataclass(slots=True)
class Keypad:
    """Reads keys; entries of several keys are gathered until `#`, their full length or a pause."""

    talk: Talk
    questions: Questions
    moves: Moves

    def press(self, event: KeysPressed) -> None:
        """Take the new keys."""
        talk = self.talk
        if talk.phase == "with_human" or not event.digits:
            return
        talk.silences, talk.patient = 0, False
        talk.clear("silence")
        talk.noises = 0
        for key in event.digits:
            self._key(key)
            if talk.phase == "ended":
                return
        if event.complete and talk.keys:
            self.entry_done()

    def _key(self, key: str) -> None:
        talk = self.talk
        run = talk.flow if talk.pending == "flow" else None
        if talk.phase == "talking" and run is not None and run.wants_value:
            self._slot_key(key, run.slot.type)
            return
        answers = {"1": True, "2": False}
        if key == "0":
            self.moves.consent_unanswered()
            self.questions.drop()
            escalate(talk, "caller_asked", "key")
        elif key == "*":
            if not talk.repeat_last():
                self.moves.ask_again(careful=False)
        elif key in ("7", "8"):
            opening.switch(talk, "recording_off" if key == "7" else "emotion_off", "key")
            self.moves.ask_again(careful=False)
        elif key == "9":
            self.moves.language_key()
        elif talk.phase == "waiting_for_human":
            if key == "4":
                start_callback(talk)
            return
        elif key == "#":
            return
        elif talk.pending == "consent" and key in answers:
            opening.answer_consent(talk, agreed=answers[key], how="key")
        elif run is not None and talk.resumed and key in answers:
            talk.resumed = False
            self.moves.ask_again(careful=False) if answers[key] else self.moves.cancel_flow(then_bye=False)
        elif run is not None:
            reply = run.press(key, talk.language)
            if reply.status == "not_understood":
                self.moves.not_understood()
            else:
                self.moves.flow_reply(reply)
        elif talk.pending == "which" and key in answers:
            if int(key) <= len(talk.choices):
                self.questions.choose(int(key) - 1)
            else:
                self.questions.neither()
        elif key in answers and _asked_anything_else(talk):
            self._anything_else(agreed=answers[key])
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

    def _anything_else(self, *, agreed: bool) -> None:
        """Take yes or no to "is there anything else?"; who answers by keys is told what they do."""
        if not agreed:
            self.moves.goodbye()
            return
        self.talk.pending = "open"
        self.talk.say("meta.tell_me", detail="go_on")
        self.talk.say("repair.menu", detail="menu")

    def _menu_key(self, key: str) -> None:
        talk = self.talk
        spec = next((s for s in load_flows().values() if s.key == key and s.name in talk.settings.flows), None)
        self.moves.consent_unanswered()
        self.questions.drop()
        if spec is None:
            talk.say("repair.keys_unclear", detail="keys")
            self.moves.ask_again(careful=True)
        elif spec.answer_first:
            self.questions.ask(phrase(talk.settings, talk.language, f"topics.menu_{key}"))
        else:
            begin_asked_flow(talk, spec)

    def _slot_key(self, key: str, slot_type: str) -> None:
        talk = self.talk
        if key == "*" and not talk.keys:
            self.moves.ask_again(careful=True)
            return
        if key == "#":
            self.entry_done()
            return
        talk.keys += key
        talk.at("keys", talk.settings.interdigit_ms)
        if FIXED_KEY_LENGTHS.get(slot_type) == len(talk.keys) or (slot_type in KEYLESS and talk.keys == "0"):
            self.entry_done()

    def entry_done(self) -> None:
        """Read the entry that was gathered."""
        talk = self.talk
        digits, talk.keys = talk.keys, ""
        talk.clear("keys")
        run = talk.flow
        if not digits or run is None:
            return
        if digits == "0":
            escalate(talk, "caller_asked", "key")
            return
        if speaks_card_number(digits, talk.language):
            self.moves.card_number()
            return
        reply = run.press(digits, talk.language)
        if reply.status == "not_understood":
            self.moves.not_understood(keyless=run.slot.type in KEYLESS)
        else:
            self.moves.flow_reply(reply)


def _asked_anything_else(talk: Talk) -> bool:
    """Tell whether the caller was just asked for more; after a second answer the question is left out."""
    return talk.pending == "anything_else" and any(say.detail == "anything_else" for say in talk.last_said)
