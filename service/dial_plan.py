"""The dial plan: which called number is answered how. A TOML file that reloads without dropping a call."""

from __future__ import annotations

import fnmatch
import tomllib
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, ValidationError, field_validator

from calls.errors import CallCentreError
from calls.ids import Language
from service.config import DialPlanSection, Section
from voice.dialog.flow import load_flows

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Number(Section):
    """One `[[number]]` table."""

    called: str
    """User part that was dialled; `*` and `?` match as in file names."""
    language: Language | None = None
    greeting: str = ""
    """Sentence said first instead of the usual welcome; the honest notice always follows."""
    flow: str = "main"
    """Flow that starts by itself, or "main" for open questions."""
    ring_ms: int = Field(default=0, ge=0, le=60_000)
    """How long it rings before it is answered."""
    hours: dict[str, str] = Field(default_factory=dict)
    """Opening hours of the humans: `mon = "09:00-14:00,16:00-19:00"`; empty: always open. The bot always answers."""
    holidays: tuple[date, ...] = ()
    """Days on which the humans are closed."""

    @field_validator("flow")
    @classmethod
    def _known_flow(cls, flow: str) -> str:
        known = ("main", *load_flows())
        if flow not in known:
            raise ValueError(f"there is no flow {flow!r}; choose from {', '.join(known)}")
        return flow

    @field_validator("hours")
    @classmethod
    def _readable_hours(cls, hours: dict[str, str]) -> dict[str, str]:
        for day, spans in hours.items():
            if day not in DAYS:
                raise ValueError(f"{day!r} is no day; use {', '.join(DAYS)}")
            parse_spans(spans)
        return hours


def parse_spans(text: str) -> list[tuple[time, time]]:
    """Read `09:00-14:00,16:00-19:00`.

    Raises:
        ValueError: with a sentence that shows the form.
    """
    spans = []
    for part in text.split(","):
        start, _, end = part.strip().partition("-")
        try:
            spans.append((time.fromisoformat(start.strip()), time.fromisoformat(end.strip())))
        except ValueError:
            raise ValueError(f'hours {part.strip()!r} must look like "09:00-18:00"') from None
    return spans


@dataclass(frozen=True, slots=True)
class Route:
    """How one call is answered."""

    language: Language
    greeting: str
    flow: str
    ring_ms: int
    open: bool
    """True when humans work at this hour."""
    now_local: datetime


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
        try:
            self.zone = ZoneInfo(section.time_zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise CallCentreError(
                "dial_plan.bad_value",
                f"The time zone {section.time_zone!r} is not known; use a name like Europe/Madrid.",
                fault="operator",
            ) from error
        self._numbers: tuple[Number, ...] = ()
        if self._file is not None:
            self._numbers, self._stamp = self._read(self._file)

    def reload_if_changed(self) -> bool:
        """Read the file again if it changed; True when a new plan holds.

        Raises:
            CallCentreError: the new file is wrong; the old plan goes on.
        """
        if self._file is None:
            return False
        stamp = _stamp(self._file)
        if stamp is None or stamp == self._stamp:
            return False
        self._stamp = stamp  # a wrong file is complained about once
        self._numbers, self._stamp = self._read(self._file)
        return True

    def route(self, called: str, now_utc: datetime) -> Route | None:
        """Return how `called` is answered, None when a dial plan exists and does not know it."""
        now_local = now_utc.astimezone(self.zone)
        number = next((n for n in self._numbers if fnmatch.fnmatchcase(called, n.called)), None)
        if number is None:
            if self._numbers:
                return None
            # Without a dial plan every number is answered; `slow` rings first so that CANCEL can be tried by hand.
            number = Number(called=called, ring_ms=5_000 if called == "slow" else 0)
        return Route(
            language=number.language or self._section.language,
            greeting=number.greeting,
            flow=number.flow,
            ring_ms=number.ring_ms,
            open=_is_open(number, now_local),
            now_local=now_local,
        )

    def _read(self, file: Path) -> tuple[tuple[Number, ...], tuple[int, int] | None]:
        stamp = _stamp(file)
        try:
            table: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise CallCentreError(
                "dial_plan.unreadable", f"The dial plan {file} cannot be read: {error}.", fault="operator"
            ) from error
        unknown = sorted(set(table) - {"number"})
        if unknown:
            raise CallCentreError(
                "dial_plan.bad_value",
                f"The dial plan {file} has a table {unknown[0]!r}; it may only have [[number]] tables.",
                fault="operator",
            )
        numbers = []
        for position, entry in enumerate(table.get("number", []), start=1):
            try:
                numbers.append(Number.model_validate(entry))
            except ValidationError as error:
                first = error.errors()[0]
                where = ".".join(str(part) for part in first["loc"])
                why = first["msg"].removeprefix("Value error, ")
                raise CallCentreError(
                    "dial_plan.bad_value",
                    f"The dial plan {file}, [[number]] {position}, {where}: {why}.",
                    fault="operator",
                ) from error
        return tuple(numbers), stamp


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _is_open(number: Number, now_local: datetime) -> bool:
    if now_local.date() in number.holidays:
        return False
    if not number.hours:
        return True
    spans = number.hours.get(DAYS[now_local.weekday()])
    return spans is not None and any(start <= now_local.time() < end for start, end in parse_spans(spans))
