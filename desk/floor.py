"""Who hears whom in a call at each moment of a handover: one table. Pure.

    state        caller            agent              second             bot is heard by
    alone        bot               -                  -                  caller
    on the way   bot, ringing      nobody             -                  caller
    together     agent, bot        caller, bot        -                  caller, agent
    on hold      music, bot        nobody             -                  caller
    reaching     music, bot        ringing            -                  caller
    consulting   music, bot        second             agent              caller
    conference   agent, second     caller, second     caller, agent      all
    restoring    music, bot        nobody             nobody             caller

The bot hears the caller always. A supervisor who listens hears all and is heard by nobody; one who whispers is heard by
the agent alone; one who barges in is heard by all.
"""

from __future__ import annotations

from typing import Literal

from desk.handover_states import HandoverState

Role = Literal["caller", "bot", "agent", "second", "supervisor"]
Edge = tuple[Role, Role]
"""Speaker, listener."""
Supervision = Literal["listen", "whisper", "barge"]

_ALONE: frozenset[Edge] = frozenset({("bot", "caller"), ("caller", "bot")})
_TOGETHER: frozenset[Edge] = _ALONE | {("caller", "agent"), ("agent", "caller"), ("bot", "agent"), ("agent", "bot")}
_APART: frozenset[Edge] = frozenset({("agent", "second"), ("second", "agent")})
_WITH_SECOND: frozenset[Edge] = frozenset({("caller", "second"), ("second", "caller"), ("bot", "second")})

_HEARS: dict[HandoverState, frozenset[Edge]] = {
    **dict.fromkeys(HandoverState, _ALONE),
    HandoverState.TOGETHER: _TOGETHER,
    HandoverState.CONSULTING: _ALONE | _APART,
    HandoverState.CONFERENCE: _TOGETHER | _APART | _WITH_SECOND,
}

PRIVATE = frozenset({HandoverState.REACHING, HandoverState.CONSULTING})
"""Agent and second person talk without the caller: none of it is recorded or written down."""


def hears(state: HandoverState, supervision: Supervision | None = None) -> frozenset[Edge]:
    """Return every pair of whom the second hears the first, beside music and ringing."""
    edges = _HEARS[state]
    if supervision is None:
        return edges
    all_roles: tuple[Role, ...] = ("caller", "bot", "agent", "second")
    edges |= {(role, "supervisor") for role in all_roles}
    if supervision == "whisper":
        edges |= {("supervisor", "agent")}
    elif supervision == "barge":
        edges |= {("supervisor", role) for role in all_roles}
    return edges
