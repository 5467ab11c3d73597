"""What becomes of a phone's bindings: pure, with the time as an argument (`binding_states` is the table)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from calls.phones import Bindings, PhoneBinding
from telephony.sip.binding_states import BINDING, BindingAct, BindingEvent, BindingState
from telephony.sip.register_wish import RegisterLimits, RegisterWish, WishedPlace


@dataclass(frozen=True, slots=True)
class Host:
    """The process that decides."""

    owner: str
    """Its name among the processes that share the bindings."""
    route: str
    """Where it listens, `host:port`."""


@dataclass(frozen=True, slots=True)
class RegisterOutcome:
    """What stands after a REGISTER."""

    bindings: Bindings
    is_late: bool = False
    """The request is older than one that was served before; nothing was changed."""


def register(
    current: Bindings, wish: RegisterWish, host: Host, limits: RegisterLimits, now: datetime
) -> RegisterOutcome:
    """Do all that a REGISTER asks for, or nothing (RFC 3261 section 10.3 step 7).

    Args:
        current: What is stored for the phone.
        wish: What is asked.
        host: Who is asked.
        limits: How many places a phone may have.
        now: Aware.
    """
    standing = {item.place: item for item in without_expired(current, now)}
    wished: list[tuple[str, WishedPlace | None]] = [(item.place, item) for item in wish.places]
    if wish.everything:
        wished = [(place, None) for place in standing]
    for place, item in wished:
        old = standing.get(place)
        event = BindingEvent.BIND if item is not None and item.expires_s else BindingEvent.UNBIND
        if old is not None and old.call_id == wish.call_id and wish.cseq <= old.cseq:
            event = BindingEvent.LATE
        act = _act(old, event)
        if act is BindingAct.REFUSE:
            return RegisterOutcome(current, is_late=True)
        if act is BindingAct.REMOVE:
            del standing[place]
        elif act is not None and item is not None:
            standing[place] = _bound(item, wish, host, now)
    return RegisterOutcome(_without_crowd(standing.values(), limits.contacts))


def without_expired(current: Bindings, now: datetime) -> Bindings:
    """Return what has not run out."""
    return _without(current, BindingEvent.EXPIRED, lambda item: item.expires_utc <= now)


def without_place(current: Bindings, lost: PhoneBinding) -> Bindings:
    """Return the bindings without one that cannot be reached any more, unless the phone renewed it meanwhile."""
    return _without(
        current,
        BindingEvent.LOST,
        lambda item: (item.place, item.owner, item.connection) == (lost.place, lost.owner, lost.connection),
    )


def without_flow(current: Bindings, lost: PhoneBinding) -> Bindings:
    """Return the bindings without one that a proxy has no connection to any more, unless the phone renewed it since.

    Source: RFC 5626 section 7, 430 (Flow Failed).
    """
    return _without(
        current,
        BindingEvent.LOST,
        lambda item: (item.place, item.registered_utc) == (lost.place, lost.registered_utc),
    )


def moved(current: Bindings, binding: PhoneBinding, host: Host, connection: int) -> Bindings:
    """Return the bindings with one of them reached through a new connection of this process."""
    return tuple(
        replace(item, owner=host.owner, route=host.route, connection=connection)
        if (item.place, item.owner, item.connection) == (binding.place, binding.owner, binding.connection)
        else item
        for item in current
    )


def by_preference(current: Bindings) -> Bindings:
    """Return the bindings in the order in which they are called: by preference, the last renewed first."""
    newest_first = sorted(current, key=lambda item: item.registered_utc, reverse=True)
    return tuple(sorted(newest_first, key=lambda item: -item.q))


def _without(current: Bindings, event: BindingEvent, concerns: Callable[[PhoneBinding], bool]) -> Bindings:
    return tuple(item for item in current if not (concerns(item) and _act(item, event) is BindingAct.REMOVE))


def _without_crowd(bindings: Iterable[PhoneBinding], most: int) -> Bindings:
    """Drop the places that were renewed longest ago: a phone that lost its memory can always register."""
    kept = tuple(sorted(bindings, key=lambda item: item.registered_utc))
    crowd = {item.place for item in kept[: max(0, len(kept) - most)]}
    return _without(kept, BindingEvent.CROWDED, lambda item: item.place in crowd)


def _act(old: PhoneBinding | None, event: BindingEvent) -> BindingAct | None:
    return BINDING[BindingState.ABSENT if old is None else BindingState.BOUND, event][1]


def _bound(item: WishedPlace, wish: RegisterWish, host: Host, now: datetime) -> PhoneBinding:
    return PhoneBinding(
        phone=wish.phone,
        place=item.place,
        contact=item.contact,
        q=item.q,
        call_id=wish.call_id,
        cseq=wish.cseq,
        registered_utc=now,
        expires_utc=now + timedelta(seconds=item.expires_s),
        transport=wish.source.transport,
        host=wish.source.host,
        port=wish.source.port,
        connection=wish.source.connection,
        behind_nat=item.behind_nat,
        owner=host.owner,
        route=host.route,
        user_agent=wish.user_agent,
        path=wish.path,
    )
