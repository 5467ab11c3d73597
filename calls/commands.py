"""Wishes of the call machine, in the imperative: what the call runner, which decides nothing itself, shall do next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from calls.events import CallEnded


@dataclass(frozen=True, slots=True)
class Ring:
    """Tell the caller that it rings."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Accept the call and open its media."""


@dataclass(frozen=True, slots=True)
class Reject:
    """Refuse the call with a SIP status."""

    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class Begin:
    """The media runs: put the members into the conference and let the dialog policy open the talk."""


@dataclass(frozen=True, slots=True)
class Fill:
    """The bot owes an answer and is late: say so, so that the caller never hears dead air."""

    step: int
    """1 for the first filler of this silence, 2 for the second …; the runner says another sentence each time."""


@dataclass(frozen=True, slots=True)
class GiveUpAnswering:
    """The answer will not come: say sorry and tell the policy, so that it offers a human."""


@dataclass(frozen=True, slots=True)
class SayGoodbye:
    """The call must end for a reason of ours: say why in one sentence; `Drop` follows."""

    why: Literal["maximum_duration", "shutdown", "agent_hung_up"]


@dataclass(frozen=True, slots=True)
class Drop:
    """End the caller's leg now."""


@dataclass(frozen=True, slots=True)
class Finish:
    """Log the end, stop everything of this call. Comes exactly once, last."""

    ended: CallEnded


Command = Ring | Answer | Reject | Begin | Fill | GiveUpAnswering | SayGoodbye | Drop | Finish
