"""Sections of the configuration about the desk: queues of people, and what callers may do while they wait."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from calls.ids import LANGUAGES, Language
from desk.acd_rules import AcdRules, QueueRules
from service.config_section import Section
from service.config_values import check_target, nearest, zone_named
from service.opening_hours import check_hours

_USUAL = QueueRules()
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")


def _named(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise ValueError(f'{value!r} must be small letters, digits, - and _ alone, for example "billing"')
    return value


Outside = Literal["callback", "voicemail", "overflow"]
Name = Annotated[str, AfterValidator(_named)]


class QueueSection(Section):
    """One `[[desk.queue]]`."""

    name: Name
    """What a number of the dial plan says as its `queue`."""
    languages: tuple[Language, ...] = LANGUAGES
    """Contacts in another language go to the queue "main"."""
    skills: tuple[Name, ...] = ()
    """What every agent of the queue can do; never relaxed."""
    ring_s: int = Field(default=_USUAL.ring_ms // 1000, ge=5, le=120, strict=True)
    """How long an agent may take to accept."""
    wrap_up_s: int = Field(default=_USUAL.wrap_up_ms // 1000, ge=0, le=3600, strict=True)
    """Time after a contact in which nothing is offered, unless the agent is done sooner."""
    relax_after_s: int = Field(default=_USUAL.relax_after_ms // 1000, ge=0, le=3600, strict=True)
    """From then on further skills that a contact wants are wishes."""
    wanted_s: int = Field(default=_USUAL.wanted_ms // 1000, ge=0, le=180, strict=True)
    """How long a contact is kept for the agent it wants."""
    long_wait_s: int = Field(default=_USUAL.long_wait_ms // 1000, ge=10, le=3600, strict=True)
    """When who waits is reminded of a call back and of leaving a message."""
    overflow_s: int = Field(default=0, ge=0, le=3600, strict=True)
    """When a contact goes on to `overflow_to`, or a call to the `transfer_to` of its number; 0: never."""
    overflow_to: str = ""
    """Another queue."""
    service_level_s: int = Field(default=20, ge=1, le=600, strict=True)
    """Answers within so many seconds count as in time. Source: 80/20, what contact centres usually promise."""
    hours: dict[str, str] = Field(default_factory=dict)
    """Opening hours of the queue's people, written as in the dial plan: `mon = "09:00-14:00,16:00-19:00"`; a day that
    is left out is closed; empty: whenever the number that was called is open. Both must be open."""
    holidays: tuple[date, ...] = ()
    """Days on which nobody of the queue works."""
    time_zone: str = ""
    """Time zone of `hours`, like Europe/Madrid; empty: the one of `[dial_plan]`."""
    outside: Outside = "callback"
    """What callers get outside of the hours, which they are told: `callback` offers to call back, `voicemail` takes a
    message (where the call may be recorded; else a call back), `overflow` brings them to `overflow_to`."""

    @field_validator("hours")
    @classmethod
    def _readable_hours(cls, hours: dict[str, str]) -> dict[str, str]:
        check_hours(hours)
        return hours

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        if name:
            zone_named(name)
        return name


class PhoneAgentSection(Section):
    """One `[[desk.phone_agent]]`: somebody who works with a telephone alone and is at work while the service runs."""

    name: Name
    phone: str
    """Where they are rung: `phone:NAME` for a phone that registers here, without limit; a number or a `sip:` address as
    often a day as `[telephony.outbound] calls_per_number` lets it."""
    languages: tuple[Language, ...] = LANGUAGES
    skills: tuple[Name, ...] = ()

    @field_validator("phone")
    @classmethod
    def _can_be_called(cls, target: str) -> str:
        if target in ("", "none"):
            raise ValueError('needs somewhere to ring, for example "phone:alice"')
        return check_target(target)


class DeskSection(Section):
    """The desk as a whole; `[[desk.queue]]` tables name its queues."""

    queue: tuple[QueueSection, ...] = ()
    """Queues beside "main", which is always there; one of that name says what holds for it."""
    phone_agent: tuple[PhoneAgentSection, ...] = ()
    """People who work with a telephone alone: they hear the brief, and accept by the key 1 or decline by 2."""
    phone_again_s: int = Field(default=120, ge=10, le=3600, strict=True)
    """When a telephone that was not answered is rung again."""
    place_every_s: int = Field(default=45, ge=15, le=600, strict=True)
    """How often a caller is told how long it still takes."""
    music: bool = Field(default=True, strict=True)
    """Play music to who waits; false: a soft tone as a sign of life."""
    voicemail: bool = Field(default=True, strict=True)
    """Callers who wait long may leave a message."""
    voicemail_s: int = Field(default=120, ge=15, le=600, strict=True)
    """How long a message may be."""
    announce_listening: bool = Field(default=True, strict=True)
    """Tell a caller when a supervisor begins to listen, or to whisper to the agent; false where your law does not ask
    for it. Who joins the talk is always announced."""
    show_supervisor: bool = Field(default=True, strict=True)
    """Tell the agent on their page when a supervisor listens. Who whispers or joins is heard, and always shown."""
    callback_attempts: int = Field(default=3, ge=1, le=10, strict=True)
    """How often a call back is tried when nobody answers."""
    callback_again_s: int = Field(default=900, ge=60, le=86_400, strict=True)
    """How long after an attempt the next one comes."""

    @model_validator(mode="after")
    def _queues_fit(self) -> DeskSection:
        names = [queue.name for queue in self.queue]
        known = {"main", *names}
        for queue in self.queue:
            if names.count(queue.name) > 1:
                raise ValueError(f"there are two queues {queue.name!r}")
            if queue.overflow_to and (queue.overflow_to not in known or queue.overflow_to == queue.name):
                raise ValueError(
                    f"the queue {queue.name!r} overflows to {queue.overflow_to!r}, which is no other queue"
                    f"{nearest(queue.overflow_to, known - {queue.name})}"
                )
            if queue.outside == "overflow" and not queue.overflow_to:
                raise ValueError(
                    f"the queue {queue.name!r} overflows outside of its hours, but `overflow_to` names no other queue"
                )
        return self

    def names(self) -> tuple[str, ...]:
        """Return the names of all queues."""
        return tuple(dict.fromkeys(("main", *(queue.name for queue in self.queue))))

    def queue_for(self, wanted: str, language: Language) -> str:
        """Return the queue of a contact: the wanted one, if it is there and speaks the language, else "main"."""
        queue = self.of(wanted)
        return queue.name if queue is not None and language in queue.languages else "main"

    def service_level_s(self, name: str) -> int:
        """Return within how many seconds an answer of a queue is in time."""
        queue = self.of(name)
        return queue.service_level_s if queue is not None else 20

    def rules(self) -> AcdRules:
        """Return what the machine of the queue has to know."""
        named = {
            queue.name: QueueRules(
                name=queue.name,
                skills=frozenset(queue.skills),
                ring_ms=queue.ring_s * 1000,
                wrap_up_ms=queue.wrap_up_s * 1000,
                relax_after_ms=queue.relax_after_s * 1000,
                wanted_ms=queue.wanted_s * 1000,
                long_wait_ms=queue.long_wait_s * 1000,
                overflow_ms=queue.overflow_s * 1000,
                overflow_to=queue.overflow_to,
            )
            for queue in self.queue
        }
        return AcdRules(queues={"main": QueueRules(name="main"), **named})

    def of(self, name: str) -> QueueSection | None:
        """Return what is configured of a queue; None: nothing."""
        return next((queue for queue in self.queue if queue.name == name), None)
