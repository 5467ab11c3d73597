"""What a request is refused with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """A status with the fields that tell the peer what would do."""

    status: int
    fields: tuple[tuple[str, str], ...] = ()
    reason: str = ""
