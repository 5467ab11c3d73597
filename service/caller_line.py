"""The caller's end of one call: keys, hold, somebody else coming to the phone, the end."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from calls import machine
from calls.audio import AudioFrame
from calls.events import CallerReplaced, EndReason, LegHeld, LegResumed
from calls.ports import DigitHeard, Leg, LegEnded, LegEvent, PeerHeld
from telephony.sip_transfer import Replacement
from voice.dialog import acts

if TYPE_CHECKING:
    from service.call_runner import CallRunner

CALLER = "caller"
"""Member of the conference, whoever is on the line."""

_LEG_END: dict[str, EndReason] = {
    "hung_up": "caller_hung_up",
    "cancelled": "caller_cancelled",
    "media_lost": "media_lost",
    "not_secure": "media_lost",
    "transport_error": "media_lost",
    "local": "bot_hung_up",
}


class CallerLine:
    """Tells the machines of a call what happens on the caller's leg; implements `AudioTap` for hearing."""

    def __init__(self, call: CallRunner) -> None:
        """No leg yet."""
        self._call = call
        self._held_since_ms: int | None = None

    @property
    def held(self) -> bool:
        """True while the caller's side holds us."""
        return self._held_since_ms is not None

    def connect(self, leg: Leg) -> None:
        """Let the caller's leg into the conference and follow what happens on it."""
        call = self._call
        assert call.conference is not None, "connected once the call began"
        call.leg = leg
        call.legs.join(call.conference, CALLER, "caller", leg)
        leg.on_event(partial(self._happened, leg))

    def replace(self, change: Replacement) -> None:
        """Let a new leg take the caller's place; whoever had the old one hangs it up."""
        call = self._call
        old, conference = call.leg, call.conference
        if old is None or conference is None:
            return
        call.turn_stands()
        held, self._held_since_ms = self._held_since_ms is not None, None
        call.legs.leave(conference, CALLER, "replaced")
        self.connect(change.new)
        body = CallerReplaced(
            old_leg_id=old.leg_id,
            leg_id=change.new.leg_id,
            caller=change.caller,
            caller_name=change.caller_name,
            how=change.how,
        )
        call.log.note(body, "call")
        call.handover.caller_is_back()
        if held:
            call.wish(machine.CallerBack())
        call.speaker.stop()
        call.tell(acts.CallerReplaced(caller=change.caller))

    def hear(self, member_id: str, frame: AudioFrame) -> None:
        """Feed hearing with the caller's frame; while we are held with silence, because music is no speech."""
        hearing = self._call.hearing
        if member_id != CALLER or hearing is None:
            return
        if self._held_since_ms is not None:
            frame = AudioFrame(np.zeros_like(frame.samples), frame.rate_hz, frame.t_ms)
        hearing.feed(frame)

    def _happened(self, leg: Leg, event: LegEvent) -> None:
        call = self._call
        if leg is not call.leg:
            return  # its place was taken
        match event:
            case DigitHeard(digit=digit):
                call.keys.press(digit, call.conference_ms(), asked=call.policy.asked_slot)
                if call.hearing is not None:
                    call.hearing.key_pressed()
                call.tell(acts.KeysPressed(digits=digit))
            case PeerHeld(held=True):
                self._hold(leg)
            case PeerHeld():
                self._resume(leg)
            case LegEnded(reason=reason):
                call.wish(machine.CallerGone(_LEG_END.get(reason, "caller_hung_up")))

    def _hold(self, leg: Leg) -> None:
        """Keep still: what is said now is not heard, and what comes is not the caller."""
        if self._held_since_ms is not None:
            return
        call = self._call
        self._held_since_ms = call.conference_ms()
        call.log.note(LegHeld(leg_id=leg.leg_id, member="caller"), "call")
        call.tell(acts.CallerHeld(held=True))
        call.speaker.stop()
        call.wish(machine.CallerHeld())

    def _resume(self, leg: Leg) -> None:
        if self._held_since_ms is None:
            return
        call = self._call
        held_ms, self._held_since_ms = call.conference_ms() - self._held_since_ms, None
        call.log.note(LegResumed(leg_id=leg.leg_id, member="caller", held_ms=held_ms), "call")
        call.wish(machine.CallerBack())
        call.tell(acts.CallerHeld(held=False))
