"""Looking for a human, and the offer to call back when there is none. A transfer is never announced."""

from __future__ import annotations

from typing import Literal

import phonenumbers

from calls.speech import SafetyKind
from voice.dialog.acts import (
    BookCallback,
    DeclineCallback,
    Escalate,
    EscalationReason,
    FillSlot,
    FinishFlow,
    FoundTopic,
    OfferCallback,
    PauseRecording,
    ResumeRecording,
    StopLooking,
    TakeMessage,
)
from voice.dialog.flow import FlowRun
from voice.dialog.flow_reply import FlowReply
from voice.dialog.flow_spec import FlowSpec, load_flows
from voice.dialog.opening_words import opening_in_words
from voice.dialog.prompts import phrase, phrase_keys
from voice.dialog.queue_words import say_patience
from voice.dialog.slots import parse
from voice.dialog.talk import Talk

MESSAGE_FIRST_MS = 12_000
"""Silence after which nobody speaks a message any more."""
_LOOKING: dict[EscalationReason, str] = {
    "caller_asked": "human.looking",
    "emotion": "human.looking_emotion",
    "repeated_failure": "human.looking_repair",
    "topic": "human.looking_topic",
    "safety": "human.looking_safety",
    "engine_failure": "human.looking_repair",
    "dial_plan": "human.looking_queue",
}
_NONE: dict[EscalationReason, str] = {"emotion": "human.none_emotion", "repeated_failure": "human.none_repair"}


def escalate(talk: Talk, reason: EscalationReason, detail: str) -> None:
    """Ask for a human; with nobody signed in, offer a call back instead."""
    if talk.phase == "waiting_for_human":
        say_patience(talk)
        return
    close_secret(talk)
    talk.first_queue = ""
    talk.do(Escalate(reason=reason, detail=detail))
    talk.misses = 0
    if reason == "caller_asked" and talk.flow is not None and talk.flow.spec.action != "book_callback":
        talk.set_aside = talk.flow
    talk.flow = None
    talk.keys = ""
    if talk.agents > 0:
        talk.phase = "waiting_for_human"
        talk.pending = "open"
        talk.say(_LOOKING[reason], detail=f"escalate:{reason}")
        talk.at("waiting_word", talk.settings.waiting_word_ms)
        return
    if reason in _NONE:
        talk.say(_NONE[reason], detail=f"escalate:{reason}")
    nobody(talk)


def stop_looking(talk: Talk, why: Literal["withdrawn", "callback"] = "withdrawn") -> None:
    """Go on with the bot, if a human was being looked for."""
    if talk.phase == "waiting_for_human":
        talk.phase = "talking"
        talk.do(StopLooking(why=why))


def look_again(talk: Talk, why: Literal["transferred", "lost"]) -> None:
    """Look for another human after one had the caller."""
    if talk.phase == "with_human":
        talk.phase, talk.pending = "waiting_for_human", "open"
        key = "human.transferred" if why == "transferred" else "human.lost_looking"
        talk.say(key, detail="escalate:again")
        talk.at("waiting_word", talk.settings.waiting_word_ms)


def given_back(talk: Talk, instruction: str) -> str:
    """Take the caller back from a human, and do what they asked; return a question that is to be answered."""
    if talk.phase != "with_human":
        return ""
    talk.phase, talk.pending, talk.misses = "talking", "open", 0
    talk.say("human.back", detail="given_back")
    kind, _, rest = instruction.partition(":")
    if kind == "flow" and rest in load_flows():
        start_flow(talk, load_flows()[rest], offer=False)
    elif kind == "ask" and rest:
        return rest
    else:
        if kind == "say" and rest:
            talk.say_text(rest, detail="given_back")
        talk.pending = "anything_else"
        talk.say("meta.anything_else", detail="anything_else")
    return ""


def nobody(talk: Talk) -> None:
    """Say that no human is free, at a closed hour when they are in again, and offer what holds then."""
    talk.phase = "talking"
    talk.say("human.none_free" if talk.open else "human.none_open", detail="nobody_free")
    if not talk.open and talk.opens_at is not None:
        written = talk.settings.medium == "text"
        when = opening_in_words(talk.opens_at, talk.now_local, talk.language, written=written)
        talk.say("human.back_in", detail="opens", when=when)
    if not talk.open and talk.outside == "message":
        talk.pending = "open"
        return
    if not talk.open and talk.outside == "voicemail" and talk.consent.get("recording") == "given":
        take_message(talk)
        return
    offer_callback(talk)


def take_message(talk: Talk) -> None:
    """Let the caller speak a message."""
    talk.do(StopLooking(why="voicemail"))
    talk.phase, talk.pending, talk.message_words, talk.flow = "leaving_message", "open", 0, None
    talk.say("queue.message_now", interruptible=False, detail="message:begin")
    talk.do(TakeMessage())
    talk.at("message", MESSAGE_FIRST_MS + talk.settings.message_ms // 4)


def offer_callback(talk: Talk) -> None:
    """Ask whether to call back."""
    talk.do(OfferCallback())
    talk.flow = None
    talk.pending = "offer_callback"
    talk.say("human.offer_callback", expects="yes_no", detail="offer_callback")


def callback_declined(talk: Talk) -> None:
    """Go on without a human."""
    talk.do(DeclineCallback())
    talk.pending = "open"
    talk.say("human.declined", detail="callback_declined")
    if not go_back(talk):
        talk.say("human.go_on")


def go_back(talk: Talk) -> bool:
    """Ask whether to go on with the flow that was left for a person; its values are kept. False when there is none."""
    run, talk.set_aside = talk.set_aside, None
    if run is None:
        return False
    talk.flow, talk.pending, talk.resumed = run, "flow", True
    say_lines(talk, FlowReply("asking"))
    name = f"names.flow_{run.spec.name}"
    known = name in phrase_keys(talk.language)
    what = phrase(talk.settings, talk.language, name if known else "names.flow")
    talk.say("flow.shall_we_go_on", expects=run.expects, length=run.length, detail="flow:resume", what=what)
    return True


def start_flow(talk: Talk, spec: FlowSpec, *, offer: bool, introduce: bool = True) -> None:
    """Begin a flow, by its offer or straight with its first question."""
    close_secret(talk)
    if spec.action != "book_callback":
        talk.set_aside = None
    talk.resumed = False
    run = FlowRun(spec, talk.settings, talk.now_local.date(), caller_number(talk), now=talk.now_local)
    reply = run.begin(talk.language, offer=offer, said=talk.matter)
    talk.flow = run
    talk.pending = "flow"
    if introduce and run.now_asking != "offer":
        talk.say_text(spec.texts[talk.language]["intro"], detail=f"flow:{spec.name}")
    say_lines(talk, reply)


def begin_asked_flow(talk: Talk, spec: FlowSpec) -> None:
    """Begin a flow that the caller asked for in its own words or by its key."""
    if spec.topic:
        talk.do(FoundTopic(topic=spec.topic, score=1.0, article_id=None))
    start_flow(talk, spec, offer=False)


def start_callback(talk: Talk, text: str = "", *, other: bool = False) -> None:
    """Begin the flow that books a call back; a number in `text` ("yes, on 612 …") is taken along.

    With `other` the number is asked for, instead of offering the one the call comes from.
    """
    stop_looking(talk, "callback")
    spec = load_flows()["callback"]
    number = parse("phone", text, talk.language, talk.now_local.date(), country=talk.settings.default_country)
    if number is None and not other:
        start_flow(talk, spec, offer=False, introduce=False)
        return
    close_secret(talk)
    talk.resumed = False
    run = FlowRun(spec, talk.settings, talk.now_local.date(), caller="")
    talk.flow = run
    talk.pending = "flow"
    say_lines(talk, run.begin(talk.language, offer=False) if number is None else run.hear(text, talk.language))


def has_phone(talk: Talk, text: str) -> bool:
    """Return whether the words hold a phone number."""
    return parse("phone", text, talk.language, talk.now_local.date(), country=talk.settings.default_country) is not None


def caller_number(talk: Talk) -> str:
    """Return the caller id when it is a real phone number, else nothing."""
    if not talk.caller.startswith("+"):
        return ""
    try:
        number = phonenumbers.parse(talk.caller)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def say_lines(talk: Talk, reply: FlowReply) -> None:
    """Say a flow's lines and note its filled slots."""
    for fill in reply.fills:
        talk.do(FillSlot(slot=fill.slot, value=fill.value, confirmed=fill.confirmed, secret=fill.secret))
    run = talk.flow
    if run is not None and run.wants_value and run.slot.secret and not talk.flow_secret_open:
        talk.flow_secret_open = True
        talk.do(PauseRecording(reason="secret_digits"))
    elif talk.flow_secret_open and (run is None or not (run.wants_value and run.slot.secret)):
        close_secret(talk)
    for line in reply.lines:
        talk.say_text(line.text, expects=line.expects, length=line.length, detail=line.detail)


def close_secret(talk: Talk) -> None:
    """Keep sound again after a secret was asked for or begun."""
    if talk.flow_secret_open:
        talk.flow_secret_open = False
        talk.do(ResumeRecording())


def finish_flow(talk: Talk, run: FlowRun) -> None:
    """Note the flow, tell the reference number and ask for anything else."""
    reference = talk.new_reference(run.spec.name)
    if run.spec.action == "book_callback":
        talk.do(BookCallback(number=run.values["phone"], matter=talk.matter))
    talk.do(FinishFlow(flow=run.spec.name, reference=reference))
    talk.flow = talk.set_aside = None
    talk.pending = "anything_else"
    talk.say_text(run.closing(talk.language, reference), kind="answer", detail=f"flow:{run.spec.name}:done")
    talk.say("meta.anything_else", detail="anything_else")


def danger_without_humans(talk: Talk, kind: SafetyKind) -> None:
    """Note the danger for humans, say that nobody can come to the phone, and stay on the line."""
    talk.do(Escalate(reason="safety", detail=kind))
    talk.pending = "open"
    if kind == "fraud":
        nobody(talk)
        return
    talk.say("safety.human_later", kind="safety", detail="safety:nobody")
    talk.say("safety.stay", kind="safety")
