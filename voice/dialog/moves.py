"""Moves that words, keys and silence share: asking again, repair, flow replies, the end of the call."""

from __future__ import annotations

from dataclasses import dataclass

from voice.dialog import opening
from voice.dialog.acts import EndCall, EndCallReason, PauseRecording
from voice.dialog.flow_reply import FlowReply
from voice.dialog.handing_over import callback_declined, close_secret, escalate, finish_flow, say_lines, stop_looking
from voice.dialog.questions import MISS_LIMIT, Questions, choice_names
from voice.dialog.slots import KEYLESS
from voice.dialog.talk import Talk

NOISE_LIMIT = 6
"""Times in a row that a voice was heard without words until the bot hangs up. Source: our choice."""


@dataclass(slots=True)
class Moves:
    """What the policy can do in more than one place."""

    talk: Talk
    questions: Questions

    def consent_unanswered(self) -> None:
        """Take anything but an answer to the question for consent as a no."""
        if self.talk.pending == "consent":
            opening.settle_consent(self.talk, given=False, how="unanswered", quiet=True)

    def card_number(self) -> None:
        """Keep silence, and ask the caller not to dictate the card."""
        talk = self.talk
        if not talk.flow_secret_open:
            talk.flow_secret_open = True
            talk.do(PauseRecording(reason="secret_digits"))
        talk.say("card.stop", interruptible=False, detail="card_number")
        if talk.phase == "talking":
            self.ask_again(careful=False)

    def flow_reply(self, reply: FlowReply) -> None:
        """Carry out what a flow wants."""
        talk = self.talk
        run = talk.flow
        assert run is not None
        talk.misses = 0
        if reply.status == "declined":
            talk.flow = None
            talk.pending = "anything_else"
            talk.say("flow.start_offer_declined", detail="flow:declined")
            talk.say("meta.anything_else_short", detail="anything_else")
            return
        say_lines(talk, reply)
        if reply.status == "done":
            finish_flow(talk, run)

    def cancel_flow(self, *, then_bye: bool) -> None:
        """Drop the flow in progress; nothing of it is noted."""
        talk = self.talk
        run = talk.flow
        close_secret(talk)
        talk.flow = None
        if then_bye:
            self.goodbye()
            return
        if run is not None and run.spec.action == "book_callback":
            callback_declined(talk)
            return
        talk.pending = "anything_else"
        talk.say("flow.cancelled", detail="flow:cancelled")
        talk.say("meta.anything_else", detail="anything_else")

    def goodbye(self) -> None:
        """End the call kindly."""
        close_secret(self.talk)
        self.talk.say("goodbye.bye", kind="goodbye", detail="goodbye")
        self.end("bot_hung_up")

    def end(self, reason: EndCallReason) -> None:
        """Hang up after what was said."""
        self.questions.drop()
        stop_looking(self.talk)
        self.talk.do(EndCall(reason=reason))
        self.talk.phase = "ended"

    def not_understood(self, *, keyless: bool = False) -> None:
        """Climb the repair ladder: again, again with keys, a human. `keyless` says that keys cannot give it."""
        talk = self.talk
        talk.misses += 1
        if talk.misses >= MISS_LIMIT:
            escalate(talk, "repeated_failure", f"not_understood:{talk.pending}")
            return
        key = "repair.no_keys" if keyless else "repair.first" if talk.misses == 1 else "repair.second"
        talk.say(key, detail=f"repair:{talk.misses}")
        self.ask_again(careful=True)

    def ask_again(self, *, careful: bool) -> None:
        """Put the question in hand once more; carefully means with the keys as a way out."""
        talk = self.talk
        if talk.phase != "talking":
            return
        match talk.pending:
            case "consent":
                opening.renew_notice(talk)
                if not opening.asks_consent_now(talk):
                    opening.ask_consent_again(talk)
            case "flow" if talk.flow is not None:
                line = talk.flow.question(talk.language, again=careful)
                talk.say_text(line.text, expects=line.expects, length=line.length, detail=line.detail)
                if careful and line.expects == "yes_no":
                    talk.say("repair.keys_yes_no", expects="yes_no")
                elif careful and talk.flow.slot.type in KEYLESS:
                    talk.say("repair.no_other_way", expects=line.expects, length=line.length)
            case "offer_human":
                talk.say("answer.unknown_offer", expects="yes_no", detail="offer_human")
            case "offer_callback":
                talk.say("human.offer_callback", expects="yes_no", detail="offer_callback")
                if careful:
                    talk.say("repair.keys_yes_no", expects="yes_no")
            case "which" if len(talk.choices) == 2:
                names = choice_names(talk.choices)
                talk.say("answer.which", detail="which", first=names[0], second=names[1])
                if careful:
                    talk.say("answer.which_keys")
            case "which" if len(talk.choices) == 1:
                talk.say("answer.which_one", expects="yes_no", detail="which", first=choice_names(talk.choices)[0])
                if careful:
                    talk.say("repair.keys_yes_no", expects="yes_no")
            case "anything_else":
                talk.say("meta.anything_else", detail="anything_else")
                if careful:
                    talk.say("repair.keys_yes_no", expects="yes_no")
            case "doubt":
                put_doubt(talk)
                if careful:
                    talk.say("repair.keys_yes_no", expects="yes_no")
            case "look_up":
                return
            case _:
                talk.say("repair.menu" if careful else "greeting.how_can_i_help", detail="menu" if careful else "open")

    def heard_nothing(self) -> None:
        """Say that nothing was understood of what seemed to be a voice; endless noise ends the call."""
        talk = self.talk
        talk.clear("speaking")
        if talk.phase != "talking" or talk.outstanding or self.questions.inquiry is not None:
            return
        talk.misses += 1
        talk.noises += 1
        if talk.noises > NOISE_LIMIT:
            close_secret(talk)
            talk.say("no_input.goodbye", kind="goodbye", detail="no_input")
            self.end("no_input")
            return
        if talk.misses >= MISS_LIMIT:
            escalate(talk, "repeated_failure", "heard_nothing")
            return
        talk.say("repair.heard_nothing", detail=f"repair:{talk.misses}")
        self.ask_again(careful=talk.misses > 1)

    def language_key(self) -> None:
        """Change to the other language."""
        talk = self.talk
        if opening.change_language(talk, opening.other_language(talk.language), "key"):
            talk.say("language.switched", detail="language")
            opening.renew_notice(talk)
        else:
            talk.say("language.only_one", detail="language")
        self.ask_again(careful=False)


def put_doubt(talk: Talk) -> None:
    """Ask back what a turn meant."""
    if talk.doubt is not None:
        talk.say(f"doubt.{talk.doubt.kind}", expects="yes_no", detail=f"doubt:{talk.doubt.kind}")
