"""Who hears whom, and how loudly: the conference's rows and columns as plain rules. Pure.

The gain from a speaker to a listener is the first of these that applies:

    0       speaker and listener are the same; one of them is on hold; the speaker is muted
    0 or 1  the speaker whispers: 1 to the one it whispers to, 0 to everyone else
    gain    what `connect` or `set_gain` said of the two
    1       nothing was said, and the speaker is no supervisor; 0 when it is
"""

from __future__ import annotations

from calls.ids import MemberRole

Edge = tuple[str, str]
"""Speaker, listener."""

MOST_GAIN = 4.0
"""+12 dB: beyond it a voice that is too quiet is mostly noise."""


class HearingMatrix:
    """The rules for the members of one conference."""

    def __init__(self) -> None:
        """Begin without members."""
        self._roles: dict[str, MemberRole] = {}
        self._said: dict[Edge, float] = {}
        self._muted: set[str] = set()
        self._whispers: dict[str, str] = {}
        self._held: set[str] = set()

    def join(self, member_id: str, role: MemberRole) -> None:
        """Add a member; nothing is known of it yet."""
        self._roles[member_id] = role

    def leave(self, member_id: str) -> None:
        """Forget a member; who whispered to it whispers to nobody, and is not suddenly heard by all."""
        del self._roles[member_id]
        self._said = {edge: gain for edge, gain in self._said.items() if member_id not in edge}
        self._muted.discard(member_id)
        self._held.discard(member_id)
        self._whispers.pop(member_id, None)

    def set_gain(self, speaker: str, listener: str, gain: float) -> None:
        """Say how loudly `listener` hears `speaker`.

        Raises:
            KeyError: one of them is no member.
            ValueError: they are the same, or the gain is not within 0 and `MOST_GAIN`.
        """
        if speaker == listener:
            raise ValueError("nobody hears themselves")
        self._known(speaker, listener)
        if not 0.0 <= gain <= MOST_GAIN:
            raise ValueError(f"a gain is between 0 and {MOST_GAIN}, not {gain}")
        self._said[speaker, listener] = gain

    def mute(self, member_id: str, on: bool) -> None:
        """Let nobody hear the member, or let those hear it again who did.

        Raises:
            KeyError: it is no member.
        """
        self._known(member_id)
        _put(self._muted, member_id, on)

    def hold(self, member_id: str, on: bool) -> None:
        """Take the member out of all talk, or back into it.

        Raises:
            KeyError: it is no member.
        """
        self._known(member_id)
        _put(self._held, member_id, on)

    def is_held(self, member_id: str) -> bool:
        """True while the member is on hold."""
        return member_id in self._held

    def whisper(self, speaker: str, listener: str | None) -> None:
        """Let only `listener` hear `speaker`; None: as before.

        Raises:
            KeyError: one of them is no member.
            ValueError: they are the same.
        """
        if speaker == listener:
            raise ValueError("nobody hears themselves")
        if listener is None:
            self._known(speaker)
            self._whispers.pop(speaker, None)
        else:
            self._known(speaker, listener)
            self._whispers[speaker] = listener

    def gain(self, speaker: str, listener: str) -> float:
        """Return what the rules say of two members."""
        if speaker == listener or speaker in self._muted or speaker in self._held or listener in self._held:
            return 0.0
        if speaker in self._whispers:
            return 1.0 if self._whispers[speaker] == listener else 0.0
        return self._said.get((speaker, listener), 0.0 if self._roles[speaker] == "supervisor" else 1.0)

    def gains(self) -> dict[Edge, float]:
        """Return the gain of every pair."""
        return {
            (speaker, listener): self.gain(speaker, listener)
            for speaker in self._roles
            for listener in self._roles
            if speaker != listener
        }

    def _known(self, *member_ids: str) -> None:
        for member_id in member_ids:
            if member_id not in self._roles:
                raise KeyError(member_id)


def _put(members: set[str], member_id: str, on: bool) -> None:
    if on:
        members.add(member_id)
    else:
        members.discard(member_id)
