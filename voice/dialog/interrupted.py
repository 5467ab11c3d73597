"""When the line itself breaks into the talk: the caller's side holds us, or somebody else comes to the phone."""

from __future__ import annotations

from dataclasses import dataclass, field

from voice.dialog import opening
from voice.dialog.acts import AgentsSignedIn, CallerTurn, DialogInput, HandoverFailed, PassagesFound, SayDone, Trouble
from voice.dialog.moves import Moves
from voice.dialog.talk import Talk

_KEPT = (SayDone, CallerTurn, PassagesFound, Trouble, AgentsSignedIn, HandoverFailed)
"""What still matters when the hold is over. Silence, keys and noises of the line during a hold mean nothing."""


@dataclass(slots=True)
class Hold:
    """A hold by the caller's side: nothing is said or decided, and no silence counts, until it is over."""

    since_ms: int | None = None
    _kept: list[DialogInput] = field(default_factory=list)

    @property
    def on(self) -> bool:
        """True while we are held."""
        return self.since_ms is not None

    def begin(self, now_ms: int) -> None:
        """Keep still from now on."""
        if self.since_ms is None:
            self.since_ms = now_ms

    def keep(self, event: DialogInput) -> None:
        """Put an input aside until the hold is over."""
        if isinstance(event, _KEPT):
            self._kept.append(event)

    def end(self, talk: Talk) -> list[DialogInput]:
        """Let time go on, and return what came meanwhile."""
        held_ms = 0 if self.since_ms is None else talk.now_ms - self.since_ms
        talk.deadlines = {name: at_ms + held_ms for name, at_ms in talk.deadlines.items()}
        kept, self._kept, self.since_ms = self._kept, [], None
        return kept


def say_where_we_were(talk: Talk, moves: Moves, cut: list[SayDone]) -> None:
    """Take the talk up after a hold: what was cut off is said again, else the question in hand is put again."""
    if talk.phase not in ("talking", "waiting_for_human"):
        return
    talk.say("hold.back", detail="hold")
    said_again = False
    for done in cut:
        if done.say_id in talk.notice:
            opening.notice_said(talk, done.say_id, interrupted=True)
            said_again = True
        else:
            said_again = talk.say_again(done.say_id) or said_again
    if talk.phase == "waiting_for_human":
        talk.say("human.still_looking", detail="escalate:waiting")
    elif not said_again:
        moves.ask_again(careful=False)


def greet_newcomer(talk: Talk, moves: Moves, caller: str) -> None:
    """Tell who is on the line now what answers and what is kept, and go on with the matter."""
    talk.caller = caller
    if talk.phase not in ("talking", "waiting_for_human"):
        return
    opening.notice_anew(talk)
    if talk.pending == "consent":
        return
    if talk.phase == "waiting_for_human":
        talk.say("human.still_looking", detail="escalate:waiting")
    else:
        moves.ask_again(careful=False)
