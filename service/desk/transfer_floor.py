"""Carries the table of `desk/floor.py` into a call's conference, with music, ringing and whispers beside it."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from calls.audio import SPEECH_RATE_HZ
from calls.ports import AudioSource
from desk.floor import Edge, Role, Supervision, hears
from desk.handover_states import HandoverState
from service.caller_line import CALLER
from telephony.hold_sound import RING_RATE_HZ, HoldSounds, ring_tone

if TYPE_CHECKING:
    from service.call_runner import CallRunner

logger = logging.getLogger(__name__)

BOT, WHISPER, RINGING, AGENT_RINGING, MUSIC, SUPERVISOR = (
    "bot",
    "whisper",
    "ringing",
    "agent-ringing",
    "hold-music",
    "supervisor",
)
"""Members of the conference beside the caller and the humans."""

DUCKED = 0.2
"""What is left of the music while the bot speaks: -14 dB, as `telephony.conference` turns it down for a caller."""
LOOK_S = 0.1
"""Between two looks whether the bot still speaks."""
LONGEST_S = 20.0
"""After which the music is loud again, whatever the bot does."""


class CallFloor:
    """Who hears whom in one call."""

    def __init__(self, call: CallRunner, music: HoldSounds | None) -> None:
        """Nobody is there but caller and bot; without `music` a caller on hold hears silence and the bot's words."""
        self._call, self._sounds = call, music
        self._members: dict[Role, str] = {"caller": CALLER, "bot": BOT}
        self._state = HandoverState.IDLE
        self.supervision: Supervision | None = None
        self._whispers: dict[str, str] = {}
        self._ducking: asyncio.Task[None] | None = None
        self._music_gain = 1.0

    @property
    def state(self) -> HandoverState:
        """How far the handover is, as far as the floor knows."""
        return self._state

    def place(self, role: Role, member_id: str | None) -> None:
        """Say which member of the conference plays a part; None for nobody."""
        if member_id is None:
            self._members.pop(role, None)
        else:
            self._members[role] = member_id

    def apply(self, state: HandoverState | None = None) -> None:
        """Let everybody hear whom the table says, in this state from now on."""
        self._state = state or self._state
        conference = self._call.conference
        if conference is None:
            return
        there = {role: name for role, name in self._members.items() if name in conference.member_ids}
        edges = hears(self._state, self.supervision)
        for speaker, speaker_id in there.items():
            for listener, listener_id in there.items():
                if speaker != listener:
                    edge: Edge = (speaker, listener)
                    conference.connect(speaker_id, listener_id, edge in edges)
        for sound, name in self._whispers.items():
            if sound in conference.member_ids and name in conference.member_ids:
                conference.whisper(sound, name)
        self._set_music(self._music_gain)

    def silent(self, member_id: str) -> None:
        """Let a member who came in hear nobody and be heard by nobody, until `apply` says otherwise."""
        conference = self._call.conference
        if conference is None:
            return
        for other in conference.member_ids:
            if other != member_id:
                conference.connect(other, member_id, False)
                conference.connect(member_id, other, False)

    def ring(self, *, on: bool) -> None:
        """Let the caller alone hear that it rings somewhere."""
        self._sound(RINGING, ring_tone() if on else None, RING_RATE_HZ, CALLER)

    def ring_agent(self, *, on: bool) -> None:
        """Let the agent alone hear that it rings at the second person's."""
        agent = self._members.get("agent")
        self._sound(AGENT_RINGING, ring_tone() if on and agent is not None else None, RING_RATE_HZ, agent or "")

    def music(self, *, on: bool) -> None:
        """Let the caller hear music."""
        leg = self._call.leg
        rate_hz = leg.rate_hz if leg is not None else SPEECH_RATE_HZ
        sound = self._sounds.music(rate_hz) if on and self._sounds is not None else None
        self._sound(MUSIC, sound, rate_hz, CALLER, whisper=False)
        if sound is not None:
            self._set_music(1.0)

    def duck(self) -> None:
        """Turn the music down until the bot has said what it says now."""
        if self._ducking is None or self._ducking.done():
            self._ducking = self._call.tasks.start("duck", self._duck())

    def whisper(self, sound: AudioSource | None, listener: str) -> None:
        """Let one member alone hear something said at the rate of speech; None ends it."""
        self._sound(WHISPER, sound, SPEECH_RATE_HZ, listener)

    async def _duck(self) -> None:
        self._set_music(DUCKED)
        await asyncio.sleep(LOOK_S)
        for _ in range(round(LONGEST_S / LOOK_S)):
            if not self._call.speaker.busy:
                break
            await asyncio.sleep(LOOK_S)
        self._set_music(1.0)

    def _set_music(self, gain: float) -> None:
        self._music_gain = gain
        conference = self._call.conference
        if conference is None or MUSIC not in conference.member_ids:
            return
        for other in conference.member_ids:
            if other != MUSIC:
                conference.set_gain(MUSIC, other, gain if other == CALLER else 0.0)

    def _sound(
        self, member_id: str, sound: AudioSource | None, rate_hz: int, listener: str, *, whisper: bool = True
    ) -> None:
        conference = self._call.conference
        if conference is None:
            return
        if sound is None:
            conference.remove(member_id)
            self._whispers.pop(member_id, None)
        elif member_id not in conference.member_ids:
            conference.add(member_id, "bot", sound, None, rate_hz)
            if whisper and listener in conference.member_ids:
                self._whispers[member_id] = listener
                conference.whisper(member_id, listener)
