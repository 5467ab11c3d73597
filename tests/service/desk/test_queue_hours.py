"""Opening hours of queues: their own time zone and holidays, what holds outside of them, and who is told."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from service.desk import queue_hours
from service.desk.queue_hours import QueueHours
from service.desk_config import DeskSection, QueueSection
from service.opening_hours import Calendar
from tests.fakes.hand_clock import MONDAY, Hand

OFFICE = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "09:00-18:00")


def hours(clock: Hand, *queues: QueueSection) -> QueueHours:
    return QueueHours(DeskSection(queue=queues), clock, ZoneInfo("Europe/Madrid"))


def test_when_the_clock_goes_then_a_queue_opens_and_closes_by_its_own_zone() -> None:
    clock = Hand()
    islands = QueueSection(name="islands", hours=OFFICE, time_zone="Atlantic/Canary")
    known = hours(clock, QueueSection(name="billing", hours=OFFICE), islands)

    assert [known.is_open(name) for name in ("main", "billing", "islands")] == [True, False, False]
    clock.at = MONDAY + timedelta(hours=1)
    assert [known.is_open(name) for name in ("billing", "islands")] == [True, False]
    clock.at = MONDAY + timedelta(hours=2)
    assert known.is_open("islands")


def test_when_it_is_a_holiday_then_the_queue_is_closed_also_without_hours() -> None:
    clock = Hand(MONDAY + timedelta(hours=3))
    known = hours(clock, QueueSection(name="billing", holidays=(date(2026, 11, 30),)))

    assert not known.is_open("billing")
    clock.at += timedelta(days=1)
    assert known.is_open("billing")


def test_when_a_closed_queue_overflows_then_calls_go_to_the_first_open_one_behind_it() -> None:
    clock = Hand()
    known = hours(
        clock,
        QueueSection(name="billing", hours=OFFICE, outside="overflow", overflow_to="sales"),
        QueueSection(name="sales", hours=OFFICE, outside="overflow", overflow_to="night"),
        QueueSection(name="night", languages=("es",)),
    )

    assert known.queue_for("billing", "es") == "night"
    assert known.queue_for("billing", "en") == "main", "the night speaks no English"
    clock.at += timedelta(hours=1)
    assert known.queue_for("billing", "es") == "billing"


def test_when_all_queues_of_a_ring_are_closed_then_the_wanted_one_says_what_holds() -> None:
    one = QueueSection(name="one", hours=OFFICE, outside="overflow", overflow_to="two")
    two = QueueSection(name="two", hours=OFFICE, outside="overflow", overflow_to="one")

    assert hours(Hand(), one, two).queue_for("one", "en") == "one"


def test_when_a_queue_is_closed_then_it_is_known_when_it_opens_with_nights_holidays_and_the_number_counted() -> None:
    clock = Hand()
    known = hours(
        clock,
        QueueSection(name="billing", hours=OFFICE, holidays=(date(2026, 12, 1),)),
        QueueSection(name="night", hours={"mon": "22:00-06:00"}),
        QueueSection(name="rests", holidays=(date(2026, 11, 30),)),
        QueueSection(name="never", hours={"mon": "closed"}),
    )
    madrid = ZoneInfo("Europe/Madrid")

    def opens(name: str, at: datetime, number: Calendar | None = None) -> str:
        found = known.opens_at(name, number, at)
        return found.astimezone(madrid).strftime("%a %d %H:%M") if found is not None else ""

    assert opens("billing", MONDAY) == "Mon 30 09:00"
    assert opens("billing", MONDAY + timedelta(hours=10)) == "Wed 02 09:00", "the next day is a holiday"
    assert opens("billing", MONDAY, Calendar({"wed": "12:00-20:00"}, (), madrid)) == "Wed 02 12:00", "both are open"
    assert opens("night", MONDAY) == "Mon 30 22:00"
    assert opens("rests", MONDAY) == "Tue 01 00:00"
    assert opens("never", MONDAY) == ""
    assert opens("main", MONDAY) == "", "nothing is known of a queue without hours"


def test_when_somebody_writes_then_the_hours_are_those_of_the_queue_that_they_would_wait_in() -> None:
    known = hours(
        Hand(),
        QueueSection(name="web", hours=OFFICE, outside="voicemail"),
        QueueSection(name="mail", hours=OFFICE, outside="overflow", overflow_to="night"),
        QueueSection(name="night"),
    )

    closed = known.in_writing("web", "es", MONDAY)
    assert (closed.open, closed.outside, f"{closed.opens_at:%H:%M}") == (False, "message", "09:00")
    assert known.in_writing("web", "es", MONDAY + timedelta(hours=1)).open
    assert known.in_writing("mail", "en", MONDAY).open, "the night takes what comes"
    assert known.in_writing("", "en", MONDAY).open
    assert not known.in_writing("", "en", MONDAY, Calendar({"mon": "12:00-14:00"})).open, "the number is closed"


@pytest.mark.parametrize(
    "wrong",
    [
        {"hours": {"monday": "09:00-18:00"}},
        {"hours": {"mon": "9 to 5"}},
        {"time_zone": "Europe/Nowhere"},
        {"outside": "overflow"},
        {"outside": "siesta"},
    ],
)
def test_when_the_hours_of_a_queue_are_wrong_then_the_configuration_says_so(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        DeskSection(queue=(QueueSection(name="billing", **wrong),))


async def test_when_a_queue_closes_or_opens_then_the_desk_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_hours, "LOOK_S", 0.001)
    clock, told = Hand(), list[tuple[str, bool]]()
    known = hours(clock, QueueSection(name="billing", hours=OFFICE))
    work = asyncio.create_task(known.run(lambda name, is_open: told.append((name, is_open))))
    await asyncio.sleep(0.05)
    clock.at += timedelta(hours=1)
    await asyncio.sleep(0.05)
    work.cancel()

    assert told == [("billing", False), ("billing", True)]
