"""What goes into and comes out of the registrar of our phones (`registrar`)."""

from __future__ import annotations

from dataclasses import dataclass

from calls.nonces import NonceUse
from calls.phones import Bindings
from telephony.sip.register_wish import RegisterWish


@dataclass(frozen=True, slots=True)
class ChangeBindings:
    """Do what a phone asks for to its bindings, and say `BindingsChanged`."""

    ticket: int
    wish: RegisterWish
    use: NonceUse | None = None
    """What must be counted first; None: the phone is proven."""


@dataclass(frozen=True, slots=True)
class BindingsChanged:
    """What stands now."""

    ticket: int
    bindings: Bindings | None
    """None: the database could not do it, and nothing was changed."""
    is_late: bool = False
    """The request is older than one that was served."""
    expire_in_s: tuple[int, ...] = ()
    """How long each binding stands from now."""
    is_spent: bool = False
    """The proof was used before, and nothing was changed."""
