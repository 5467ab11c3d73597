"""Carries out the acts of the dialog policy, one line each: writes the fact, does the deed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from calls import machine
from calls.events import (
    ActDecided,
    BriefPrepared,
    CallbackBooked,
    CallbackDeclined,
    CallbackOffered,
    ConsentGiven,
    ConsentRefused,
    EscalationRequested,
    FlowFinished,
    LanguageChosen,
    NoticeGiven,
    SafetyRaised,
    SlotFilled,
    TopicFound,
)
from calls.ids import TurnId
from desk.brief import build_brief
from voice.dialog import acts

if TYPE_CHECKING:
    from service.call_runner import CallRunner

MASK = "*"

CARD_HEARD = "card_number"
"""Detail of the saying by which the policy stops a caller who dictates a card number."""

ActName = Literal["answer", "ask", "confirm", "repair", "say", "offer_callback"]
_ACT_NAMES: dict[str, ActName] = {
    "slot": "ask",
    "confirm": "confirm",
    "repair": "repair",
    "callback": "offer_callback",
}


_FOR_GOOD = (
    acts.FinishFlow,
    acts.RaiseSafety,
    acts.Escalate,
    acts.SetConsent,
    acts.GiveNotice,
    acts.BookCallback,
    acts.DeclineCallback,
    acts.PauseRecording,
    acts.ResumeRecording,
    acts.StopLooking,
    acts.TakeMessage,
    acts.KeepMessage,
    acts.EndCall,
)
"""What can't be undone when the caller goes on talking."""


def carry_out(call: CallRunner, act: acts.DialogAct, turn_id: TurnId | None) -> None:
    """Do `act`, decided after the caller's turn `turn_id` (None: of the bot's own accord)."""
    note = call.log.note
    if isinstance(act, _FOR_GOOD):
        call.turn_stands()
    match act:
        case acts.Say():
            if act.kind != "filler":
                note(ActDecided(act=act_name(act), detail=act.detail, turn_id=turn_id), "dialog")
            if act.detail == CARD_HEARD:
                call.silence_turn()
            call.say(act)
        case acts.LookUp():
            note(ActDecided(act="look_up", detail=f"query:{act.query_id}", turn_id=turn_id), "dialog")
            call.look_up(act)
        case acts.FoundTopic(topic=topic, score=score, article_id=article_id):
            if turn_id is not None:
                note(TopicFound(turn_id=turn_id, topic=topic, score=score, article_id=article_id), "dialog")
        case acts.FillSlot(slot=slot, value=value, confirmed=confirmed, secret=secret):
            shown = MASK * len(value) if secret else call.secrets.shown(value)
            note(SlotFilled(slot=slot, value=shown, confirmed=confirmed, turn_id=turn_id), "dialog")
        case acts.FinishFlow(flow=flow, reference=reference):
            note(FlowFinished(flow=flow, reference=reference), "dialog")
            call.wish(machine.Outcome("completed"))
        case acts.RaiseSafety(kind=kind):
            note(SafetyRaised(kind=kind, turn_id=turn_id), "dialog")
        case acts.Escalate(reason=reason, detail=detail):
            note(EscalationRequested(reason=reason, detail=detail, turn_id=turn_id), "dialog")
            call.wish(machine.Outcome("escalated"))
            call.tasks.start("brief", _brief(call))
        case acts.StopLooking() | acts.TakeMessage() | acts.KeepMessage():
            call.waiting.obey(act)
        case acts.SetConsent():
            _set_consent(call, act)
        case acts.GiveNotice(automatic=automatic, recording=recording, emotion=emotion):
            note(NoticeGiven(automatic=automatic, recording=recording, emotion=emotion), "dialog")
        case acts.SetLanguage(language=language, how=how):
            note(LanguageChosen(language=language, how=how), "dialog")
            call.speaker.drop_notices_except(language)
            if call.hearing is not None:
                call.hearing.set_language(language)
        case acts.OfferCallback():
            note(CallbackOffered(agents_signed_in=call.people()), "dialog")
        case acts.BookCallback(number=number, matter=matter):
            note(_booked(call, number, matter), "dialog")
            call.waiting.callback_booked()
            call.wish(machine.Outcome("callback"))
        case acts.DeclineCallback():
            note(CallbackDeclined(), "dialog")
        case acts.PauseRecording(reason=reason):
            _pause(call, reason)
        case acts.ResumeRecording():
            call.keys.flush()
            call.secrets.secret_over(call.conference_ms())
            call.recording.resume()
        case acts.EndCall(reason=reason):
            note(ActDecided(act="hang_up", detail=reason, turn_id=turn_id), "dialog")
            call.wish(machine.EndWanted(reason))
            if not call.speaker.busy:
                call.wish(machine.BotSilent())


def _booked(call: CallRunner, number: str, matter: str) -> CallbackBooked:
    kept = call.secrets.shown(matter) if call.consent.words else ""  # the caller's own words
    number = call.secrets.redactor.shown(number)
    return CallbackBooked(number=number, language=call.policy.language, matter=kept)


def _pause(call: CallRunner, reason: acts.PauseReason) -> None:
    if reason == "secret_digits":
        call.secrets.expect_secret()
    call.recording.pause(reason)


async def make_brief(call: CallRunner) -> BriefPrepared:
    """Make the brief of the facts so far."""
    await call.log.settled()
    language = call.policy.language
    known = await call.house.customers.calls.known(call.call_id, language)
    titles = call.house.knowledge.titles(language)
    return build_brief(call.log.events, language, titles=titles, related=known.related, proven=known.proven)


async def _brief(call: CallRunner) -> None:
    brief = await make_brief(call)
    call.waiting.vip = await call.house.customers.calls.is_vip(call.call_id)
    call.brief(brief)


def _set_consent(call: CallRunner, act: acts.SetConsent) -> None:
    if not act.given and act.how in ("stayed", "anew"):
        call.consent.forget(act.subject)
    else:
        call.consent.set(act.subject, given=act.given)
        _note_consent(call, act)
    if act.subject == "recording":
        if call.consent.recording:
            call.record()
        elif act.how == "anew":
            call.recording.pause("caller_replaced")
        else:
            call.recording.discard()


def _note_consent(call: CallRunner, act: acts.SetConsent) -> None:
    if act.how == "anew":
        return
    if not act.given:
        call.log.note(
            ConsentRefused(subject=act.subject, how="unanswered" if act.how == "stayed" else act.how), "dialog"
        )
    elif act.how != "unanswered":
        call.log.note(ConsentGiven(subject=act.subject, how=act.how), "dialog")


def act_name(say: acts.Say) -> ActName:
    """Return what kind of act a saying is, for the log."""
    if say.kind == "answer":
        return "answer"
    family = say.detail.partition(":")[0]
    return _ACT_NAMES.get(family, "say")
