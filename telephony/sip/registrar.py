"""REGISTER of our phones, from the request to the response (RFC 3261 section 10.3).

::

    proven request --malformed, too brief, too many: 400, 423, 403
      |            --too many wait: 503
      '--> WAITING for the bindings --BindingsChanged--> 200 with all of them | late: 500 | database down: 500
                                                         proof used before, here or elsewhere: 401
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from calls.phones import PhoneBinding
from telephony.sip.checked_request import CheckedRequest
from telephony.sip.grammar import SipSyntaxError
from telephony.sip.headers import Fields
from telephony.sip.message import Flow
from telephony.sip.phone_door import Proof
from telephony.sip.refusal import Refusal
from telephony.sip.register_wish import RegisterLimits, read_wish
from telephony.sip.registrar_signals import BindingsChanged, ChangeBindings
from telephony.sip.transaction_layer import TransactionKey
from telephony.sip.wire import Wire

MAX_WAITING = 500
"""Requests that wait for the database at a time: a thousand phones that come back after a power cut within seconds."""
_RETRY_AFTER = ("Retry-After", "10")
_OUTBOUND: Fields = (("Require", "outbound"),)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A request whose response waits for the database."""

    key: TransactionKey
    checked: CheckedRequest
    source: Flow
    fields: Fields
    """What the 200 says beside the contacts."""


class Registrar:
    """Takes proven REGISTER requests and answers each exactly once."""

    def __init__(self, wire: Wire, limits: RegisterLimits, challenge: Callable[[int], Refusal]) -> None:
        """Begin with nobody waiting; `challenge` asks for a password once more, now."""
        self._wire = wire
        self._limits = limits
        self._challenge = challenge
        self._waiting: dict[int, _Waiting] = {}
        self._last_ticket = 0

    @property
    def waiting(self) -> int:
        """How many requests wait for the database."""
        return len(self._waiting)

    def take(self, key: TransactionKey, checked: CheckedRequest, source: Flow, proof: Proof, now_ms: int) -> None:
        """Take the REGISTER of a phone that knew the password."""
        origin = self._wire.origin(checked, source) if self._wire.is_proxy(source) else None
        try:
            wish = read_wish(checked, proof.account.name, source, self._limits, origin)
        except SipSyntaxError:
            wish = Refusal(400, reason="Bad Request: Contact or Path")
        if not isinstance(wish, Refusal) and len(self._waiting) >= MAX_WAITING:
            wish = Refusal(503, (_RETRY_AFTER,))
        if isinstance(wish, Refusal):
            self._wire.respond(key, checked, source, wish.status, now_ms, reason=wish.reason, fields=wish.fields)
            return
        self._last_ticket += 1
        path = tuple(("Path", value) for value in wish.path)  # RFC 3327 section 5.3
        fields = (*(_OUTBOUND if wish.is_outbound else ()), *path)
        self._waiting[self._last_ticket] = _Waiting(key, checked, source, fields)
        self._wire.tell(ChangeBindings(self._last_ticket, wish, proof.use))

    def changed(self, news: BindingsChanged, now_ms: int) -> None:
        """Answer the request that waited for this; a second time nothing happens."""
        waited = self._waiting.pop(news.ticket, None)
        if waited is None:
            return
        if news.is_spent:
            again = self._challenge(now_ms)
            self._wire.respond(waited.key, waited.checked, waited.source, again.status, now_ms, fields=again.fields)
            return
        if news.bindings is None or news.is_late:
            fields: Fields = () if news.is_late else (_RETRY_AFTER,)
            reason = "Request Out Of Order" if news.is_late else ""
            self._wire.respond(waited.key, waited.checked, waited.source, 500, now_ms, reason=reason, fields=fields)
            return
        contacts = [_contact(item, left_s) for item, left_s in zip(news.bindings, news.expire_in_s, strict=True)]
        self._wire.respond(waited.key, waited.checked, waited.source, 200, now_ms, fields=(*contacts, *waited.fields))


def _contact(binding: PhoneBinding, left_s: int) -> tuple[str, str]:
    """Write a binding as the phone is told it; a preference only where the phone gave one."""
    q = f";q={binding.q / 1_000:g}" if binding.q < 1_000 else ""
    return ("Contact", f"{binding.contact}{q};expires={left_s}")
