"""Session timers: both sides look from time to time whether the other is still there (RFC 4028).

::

              AGREED_OURS            DUE: refresh
    OFF ------------------> OURS ------------------> ASKING
     |  '--AGREED_THEIRS--.  ^ ^------NOT_NOW---------'  |
     |                    v  | (any AGREED_* from any state leads where it says)
     ^                 THEIRS                            |
     '--EXPIRED, AGREED_NONE, LOST: end------------------'

OURS: we are the refresher and ask at half of the interval. THEIRS: the peer is, and we watch.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from telephony.sip.headers import Fields, Headers

LEAST_INTERVAL_S = 90
"""The smallest interval that may be asked for. Source: RFC 4028 section 5."""
_LAST_CHANCE_MS = 32_000
"""Who watches ends the call this long before the interval is over. Source: RFC 4028 section 10, or a third of it."""
_RETRY_PARTS = 4
"""A refresh that was refused for the moment is tried again after a quarter of what is left."""
_VALUE = re.compile(r"\s*(\d{1,9})\s*(?:;(.*))?", re.ASCII | re.DOTALL)
_REFRESHER = re.compile(r"(?:^|;)\s*refresher\s*=\s*(uac|uas)\s*(?:;|$)", re.IGNORECASE)


class TimerState(Enum):
    """Who refreshes."""

    OFF = "nobody"
    OURS = "we do"
    ASKING = "we do, and our refresh is on its way"
    THEIRS = "the peer does"


class TimerEvent(Enum):
    """What can happen."""

    AGREED_OURS = "a request and its 2xx settled that we refresh"
    AGREED_THEIRS = "a request and its 2xx settled that the peer refreshes"
    AGREED_NONE = "a request and its 2xx settled that nobody refreshes"
    DUE = "it is time for our refresh"
    NOT_NOW = "our refresh was refused, but the peer is there"
    LOST = "our refresh was not answered, or the peer does not know the call"
    EXPIRED = "the interval is over, or nearly, without a refresh"


class TimerAct(Enum):
    """What the table asks the session to do."""

    REFRESH = auto()
    END = auto()


_S, _E, _A = TimerState, TimerEvent, TimerAct
SESSION_TIMER: dict[tuple[TimerState, TimerEvent], tuple[TimerState, tuple[TimerAct, ...]]] = {
    **{(state, _E.AGREED_OURS): (_S.OURS, ()) for state in _S},
    **{(state, _E.AGREED_THEIRS): (_S.THEIRS, ()) for state in _S},
    **{(state, _E.AGREED_NONE): (_S.OFF, ()) for state in _S},
    (_S.OURS, _E.DUE): (_S.ASKING, (_A.REFRESH,)),
    (_S.ASKING, _E.NOT_NOW): (_S.OURS, ()),
    (_S.ASKING, _E.LOST): (_S.OFF, (_A.END,)),
    (_S.OURS, _E.EXPIRED): (_S.OFF, (_A.END,)),
    (_S.ASKING, _E.EXPIRED): (_S.OFF, (_A.END,)),
    (_S.THEIRS, _E.EXPIRED): (_S.OFF, (_A.END,)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerSettings:
    """What we ask for."""

    interval_s: int = 1_800
    """Source: RFC 4028 section 4 recommends half an hour. 0 asks for none."""
    least_s: int = LEAST_INTERVAL_S
    """Smaller wishes of a peer are refused with 422."""


class SessionTimer:
    """The timer of one call leg; `deadline_ms` and `expire` are its clock."""

    def __init__(self, settings: TimerSettings) -> None:
        """Begin without a timer."""
        self.state = TimerState.OFF
        self._settings = settings
        self._interval_s = settings.interval_s
        self._least_s = settings.least_s
        self._due_ms: int | None = None
        self._end_ms: int | None = None

    @property
    def deadline_ms(self) -> int | None:
        """When `expire` shall be called."""
        if self.state is TimerState.OFF:
            return None
        return self._end_ms if self.state is not TimerState.OURS or self._due_ms is None else self._due_ms

    # As the side that asks

    def request_fields(self, *, initial: bool) -> Fields:
        """Return the fields of an INVITE or UPDATE of ours (sections 7.1 and 7.4).

        Args:
            initial: It begins a call, so that the peer may say who refreshes.
        """
        if self._interval_s == 0 or (self.state is TimerState.OFF and not initial):
            return ()
        role = "uas" if self.state is TimerState.THEIRS else "uac"
        value = str(self._interval_s) if initial else f"{self._interval_s};refresher={role}"
        minimum = (("Min-SE", str(self._least_s)),) if self._least_s != LEAST_INTERVAL_S else ()
        return (("Session-Expires", value), *minimum)

    def take_response(self, headers: Headers, now_ms: int) -> None:
        """Follow the 2xx of an INVITE or UPDATE of ours (section 7.2)."""
        interval_s, refresher = session_expires(headers)
        if interval_s is None:
            self._agree(TimerEvent.AGREED_NONE, now_ms)
        else:
            self._interval_s = interval_s
            self._agree(TimerEvent.AGREED_THEIRS if refresher == "uas" else TimerEvent.AGREED_OURS, now_ms)

    def take_422(self, headers: Headers) -> bool:
        """Follow the Min-SE of a 422; False when asking again would change nothing (section 7.3)."""
        least_s = min_se(headers)
        if least_s is None or least_s <= self._interval_s:
            return False
        self._interval_s = self._least_s = least_s
        return True

    # As the side that is asked

    def is_too_small(self, headers: Headers) -> bool:
        """True when a request is to be refused with 422 and `Min-SE`: only a peer that knows timers can heed it."""
        interval_s, _ = session_expires(headers)
        return interval_s is not None and interval_s < self._settings.least_s and _knows_timers(headers)

    @property
    def min_se_field(self) -> tuple[str, str]:
        """The field of a 422."""
        return ("Min-SE", str(self._settings.least_s))

    def answer_request(self, headers: Headers, now_ms: int) -> Fields:
        """Settle who refreshes, and return the fields of our 2xx (section 9, table 2).

        A peer that leaves it to us is not relied upon: we refresh.
        """
        asked_s, refresher = session_expires(headers)
        knows = _knows_timers(headers)
        if (asked_s is None and not knows) or (asked_s is None and self._settings.interval_s == 0):
            self._agree(TimerEvent.AGREED_NONE, now_ms)
            return ()
        floor_s = max(min_se(headers) or 0, self._settings.least_s)
        wanted_s = self._settings.interval_s or floor_s
        self._interval_s = max(wanted_s, floor_s) if asked_s is None else max(min(asked_s, max(wanted_s, floor_s)), 1)
        theirs = refresher == "uac" and knows
        self._agree(TimerEvent.AGREED_THEIRS if theirs else TimerEvent.AGREED_OURS, now_ms)
        value = f"{self._interval_s};refresher={'uac' if theirs else 'uas'}"
        return (("Session-Expires", value), *((("Require", "timer"),) if knows else ()))

    # The clock

    def expire(self, now_ms: int) -> tuple[TimerAct, ...]:
        """Return what is due now."""
        if self._end_ms is not None and self.state is not TimerState.OFF and now_ms >= self._end_ms:
            return self._step(TimerEvent.EXPIRED)
        if self.state is TimerState.OURS and self._due_ms is not None and now_ms >= self._due_ms:
            return self._step(TimerEvent.DUE)
        return ()

    def refused(self, now_ms: int) -> None:
        """Note that our refresh was refused for the moment: another one follows before the end."""
        if self.state is TimerState.ASKING and self._end_ms is not None:
            self._step(TimerEvent.NOT_NOW)
            self._due_ms = now_ms + max(1, (self._end_ms - now_ms) // _RETRY_PARTS)

    def lost(self) -> tuple[TimerAct, ...]:
        """Note that our refresh found nobody."""
        return self._step(TimerEvent.LOST) if self.state is TimerState.ASKING else ()

    def _step(self, event: TimerEvent) -> tuple[TimerAct, ...]:
        self.state, acts = SESSION_TIMER[self.state, event]
        return acts

    def _agree(self, event: TimerEvent, now_ms: int) -> None:
        self._step(event)
        length_ms = self._interval_s * 1_000
        self._due_ms = now_ms + length_ms // 2
        self._end_ms = now_ms + length_ms
        if self.state is TimerState.THEIRS:
            self._end_ms -= min(_LAST_CHANCE_MS, length_ms // 3)


def session_expires(headers: Headers) -> tuple[int | None, str]:
    """Return interval in seconds and refresher (`uac`, `uas` or empty); None when there is none that can be read."""
    match = _VALUE.fullmatch(headers.get("Session-Expires") or "")
    if match is None or int(match[1]) == 0:
        return None, ""
    refresher = _REFRESHER.search(match[2] or "")
    return int(match[1]), refresher[1].lower() if refresher else ""


def min_se(headers: Headers) -> int | None:
    """Return the smallest interval that proxies and the peer can do, None when they say nothing."""
    match = _VALUE.fullmatch(headers.get("Min-SE") or "")
    return int(match[1]) if match else None


def _knows_timers(headers: Headers) -> bool:
    return "timer" in headers.tokens("Supported") | headers.tokens("Require")
