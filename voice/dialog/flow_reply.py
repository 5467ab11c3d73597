"""What a run of a flow wants after one input: sentences to say and slots that were filled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from voice.dialog.acts import Expects


@dataclass(frozen=True, slots=True)
class Fill:
    """A slot that was just filled."""

    slot: str
    value: str
    confirmed: bool
    secret: bool


@dataclass(frozen=True, slots=True)
class Line:
    """Something to say for a flow."""

    text: str
    expects: Expects
    detail: str
    length: int | None = None
    """Digits, or signs of a code, of the answer, when that is known."""


FlowStatus = Literal["asking", "done", "declined", "not_understood", "refused_slot"]


@dataclass(frozen=True, slots=True)
class FlowReply:
    """What a run wants after one input."""

    status: FlowStatus
    lines: tuple[Line, ...] = ()
    fills: tuple[Fill, ...] = ()
