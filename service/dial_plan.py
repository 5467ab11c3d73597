"""The dial plan: which called number is answered how. A TOML file that reloads without dropping a call."""

from __future__ import annotations

import fnmatch
import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError, field_validator, model_validator

from calls.errors import CallCentreError
from calls.ids import Language
from service.config import DialPlanSection
from service.config_section import Section
from service.config_values import check_target, nearest, zone_named
from service.opening_hours import Calendar, check_hours
from voice.dialog.flow_spec import load_flows

_PUNCTUATION = str.maketrans("", "", " -()./")


class Number(Section):
    """One `[[number]]` table."""

    called: str
    """User part that was dialled; `*` and `?` match as in file names. In a number, blanks and dashes do not count."""
    language: Language | None = None
    greeting: str = ""
    """Sentence said first instead of the usual welcome; the honest notice always follows."""
    flow: str = "main"
    """Flow that starts by itself, or "main" for open questions."""
    queue: str = ""
    """Queue of humans that the caller is brought to after the notice; with nobody there, a callback is offered."""
    transfer_to: str = ""
    """Where people are reached: a number, or a `sip:` address such as a queue of the PBX; callers who need a person are
    connected there. "none": nobody; empty: the one of `[dial_plan]`."""
    time_zone: str = ""
    """Time zone of `hours`, like Europe/Madrid; empty: the one of `[dial_plan]`."""
    emotion: bool = True
    """False: callers of this number are not estimated, by their voice or by their words, whatever `[privacy]` says."""
    ring_ms: int = Field(default=0, ge=0, le=60_000)
    """How long it rings before it is answered."""
    hours: dict[str, str] = Field(default_factory=dict)
    """Opening hours of the humans: `mon = "09:00-14:00,16:00-19:00"`, `fri = "22:00-06:00"`, `sun = "closed"`; a day
    that is left out is closed; empty: always open. The bot always answers."""
    holidays: tuple[date, ...] = ()
    """Days on which the humans are closed."""

    @field_validator("flow")
    @classmethod
    def _known_flow(cls, flow: str) -> str:
        known = ("main", *load_flows())
        if flow not in known:
            raise ValueError(f"there is no flow {flow!r}{nearest(flow, known)}")
        return flow

    @field_validator("hours")
    @classmethod
    def _readable_hours(cls, hours: dict[str, str]) -> dict[str, str]:
        check_hours(hours)
        return hours

    @field_validator("called")
    @classmethod
    def _without_punctuation(cls, called: str) -> str:
        plain = called.translate(_PUNCTUATION)
        return plain if plain.removeprefix("+").strip("*?").isdigit() else called

    @field_validator("transfer_to")
    @classmethod
    def _can_be_called(cls, target: str) -> str:
        return check_target(target)

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        if name:
            zone_named(name)
        return name

    @model_validator(mode="after")
    def _flow_or_queue(self) -> Number:
        if self.queue and self.flow != "main":
            raise ValueError("a number has a flow or a queue, not both")
        return self


@dataclass(frozen=True, slots=True)
class Route:
    """How one call is answered."""

    language: Language
    greeting: str
    flow: str
    queue: str
    ring_ms: int
    open: bool
    """True when humans work at this hour."""
    now_local: datetime
    transfer_to: str = ""
    """Where people are reached; empty for nowhere."""
    emotion: bool = True
    """Whether how the caller feels may be estimated at all."""
    calendar: Calendar | None = None
    """When humans work; None: always."""


class DialPlan:
    """Looks numbers up; `reload_if_changed` keeps the old plan when the new one is wrong."""

    def __init__(self, section: DialPlanSection) -> None:
        """Read the file at once.

        Raises:
            CallCentreError: `dial_plan.unreadable` or `dial_plan.bad_value`, naming the entry.
        """
        self._section = section
        self._file = Path(section.file).expanduser() if section.file else None
        self._stamp: tuple[int, int] | None = None
        self._gone = False
        try:
            self.zone = zone_named(section.time_zone)
        except ValueError as error:
            raise CallCentreError(
                "dial_plan.bad_value", f"In [dial_plan] time_zone, {error}.", fault="operator"
            ) from error
        self._numbers: tuple[Number, ...] = ()
        if self._file is not None:
            self._numbers, self._stamp = self._read(self._file)

    def reload_if_changed(self) -> bool:
        """Read the file again if it changed; True when a new plan holds.

        Raises:
            CallCentreError: the new file is wrong, or gone (told once); the old plan goes on.
        """
        if self._file is None:
            return False
        stamp = _stamp(self._file)
        if stamp is None:
            told, self._gone = self._gone, True
            if told:
                return False
            raise CallCentreError(
                "dial_plan.unreadable", f"The dial plan {self._file} is gone; the last one goes on.", fault="operator"
            )
        self._gone = False
        if stamp == self._stamp:
            return False
        self._stamp = stamp  # a wrong file is complained about once
        self._numbers, self._stamp = self._read(self._file)
        return True

    def route(self, called: str, now_utc: datetime) -> Route | None:
        """Return how `called` is answered, None when a dial plan exists and does not know it."""
        number = next((n for n in self._numbers if fnmatch.fnmatchcase(called, n.called)), None)
        if number is None:
            if self._numbers:
                return None
            # Without a dial plan every number is answered; `slow` rings first so that CANCEL can be tried by hand.
            number = Number(called=called, ring_ms=5_000 if called == "slow" else 0)
        zone = ZoneInfo(number.time_zone) if number.time_zone else self.zone
        calendar = Calendar(number.hours, number.holidays, zone)
        return Route(
            language=number.language or self._section.language,
            greeting=number.greeting,
            flow=number.flow,
            queue=number.queue,
            ring_ms=number.ring_ms,
            open=calendar.is_open(now_utc),
            now_local=now_utc.astimezone(zone),
            transfer_to=self._people_of(number),
            emotion=number.emotion,
            calendar=calendar if number.hours or number.holidays else None,
        )

    def languages(self) -> frozenset[Language]:
        """Return the languages in which calls are answered at first."""
        return frozenset(n.language or self._section.language for n in self._numbers or (Number(called="*"),))

    def greetings(self) -> list[tuple[str, Language]]:
        """Return the sentences that numbers have in the place of the usual welcome."""
        return [(n.greeting, n.language or self._section.language) for n in self._numbers if n.greeting]

    def people(self) -> tuple[str, ...]:
        """Return every place where people are reached, each once."""
        places = (self._people_of(number) for number in (Number(called="*"), *self._numbers))
        return tuple(dict.fromkeys(place for place in places if place))

    def _people_of(self, number: Number) -> str:
        target = number.transfer_to or self._section.transfer_to
        return "" if target == "none" else target

    def _read(self, file: Path) -> tuple[tuple[Number, ...], tuple[int, int] | None]:
        stamp = _stamp(file)
        try:
            table: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise CallCentreError(
                "dial_plan.unreadable", f"The dial plan {file} cannot be read: {error}.", fault="operator"
            ) from error
        entries = table.get("number", [])
        unknown = sorted(set(table) - {"number"})
        if unknown or not isinstance(entries, list):
            has = f"has {unknown[0]!r}" if unknown else "has one `number`"
            raise CallCentreError(
                "dial_plan.bad_value",
                f"The dial plan {file} {has}; it may only have [[number]] tables, in double brackets.",
                fault="operator",
            )
        numbers = []
        for position, entry in enumerate(entries, start=1):
            try:
                numbers.append(Number.model_validate(entry))
            except ValidationError as error:
                raise CallCentreError(
                    "dial_plan.bad_value",
                    f"The dial plan {file}, [[number]] {position}{_why(error)}",
                    fault="operator",
                ) from error
        return tuple(numbers), stamp


def _why(error: ValidationError) -> str:
    first = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")  # a wrong key is why one is missing
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f" has no key {where!r}{nearest(where, Number.model_fields)}"
    if first["type"] == "missing":
        return f" lacks {where!r}."
    why = first["msg"].removeprefix("Value error, ").rstrip(".")
    why = why if why.endswith("?") else f"{why}."
    return f", {where}: {why}" if where else f": {why}"


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
