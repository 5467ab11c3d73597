"""What pages see of agents, offers and queues, as JSON values; no names, numbers or words of customers but on cards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from calls.ports import Clock
from desk.agents import Agent

if TYPE_CHECKING:
    from service.desk.room_parts import Guest, OfferOpen


def agent_view(agent: Agent, since_utc: datetime, clock: Clock, *, phone: bool) -> dict[str, Any]:
    """Return one agent: state and since when, what they have in hand."""
    now_ms, now_utc = clock.now_ms(), clock.now_utc()

    def at(moment_ms: int) -> str:
        return (now_utc + timedelta(milliseconds=moment_ms - now_ms)).isoformat(timespec="milliseconds")

    return {
        "name": agent.name,
        "state": agent.state,
        "reason": agent.reason,
        "since_utc": since_utc.isoformat(timespec="milliseconds"),
        "languages": sorted(agent.profile.languages),
        "skills": sorted(agent.profile.skills),
        "phone": phone,
        "line": agent.has_line,
        "work": [
            {
                "contact_id": contact_id,
                "contact_kind": "call" if work.media == "voice" else "conversation",
                "queue": work.queue,
                "since_utc": at(work.since_ms),
                "wrap_up_ends_utc": None if work.over_ms is None else at(work.over_ms),
            }
            for contact_id, work in agent.work.items()
        ],
    }


def offer_view(open_: OfferOpen) -> dict[str, Any]:
    """Return one offer with its card and its end."""
    contact = open_.guest.contact
    return {
        "reservation_id": open_.offer.reservation_id,
        "contact_id": contact.contact_id,
        "contact_kind": contact.kind,
        "queue": open_.guest.queue,
        "language": contact.language,
        "vip": contact.vip,
        "waiting_since_utc": open_.guest.since_utc.isoformat(timespec="milliseconds"),
        "for_ms": open_.offer.for_ms,
        "ends_utc": open_.ends_utc.isoformat(timespec="milliseconds"),
        "card": open_.card,
    }


def queue_view(
    name: str, line: Sequence[Guest], agents: Sequence[Agent], *, skills: frozenset[str], service_level_s: int
) -> dict[str, Any]:
    """Return one queue: who waits, the longest first to be looked at, and how many agents there are in which state."""
    mates = [agent for agent in agents if agent.signed_in and skills <= agent.profile.skills]
    states = ("ready", "not_ready", "reserved", "busy", "wrap_up", "not_responding")
    oldest = min((guest.since_utc for guest in line), default=None)
    return {
        "name": name,
        "waiting": len(line),
        "longest_since_utc": None if oldest is None else oldest.isoformat(timespec="milliseconds"),
        "service_level_s": service_level_s,
        "agents": {state: sum(agent.state == state for agent in mates) for state in states},
        "line": [
            {
                "contact_id": guest.contact.contact_id,
                "contact_kind": guest.contact.kind,
                "language": guest.contact.language,
                "position": guest.position,
                "expected_wait_s": guest.expected_wait_s,
                "since_utc": guest.since_utc.isoformat(timespec="milliseconds"),
            }
            for guest in line[:50]
        ],
    }
