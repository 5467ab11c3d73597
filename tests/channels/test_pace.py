from __future__ import annotations

from channels.pace import Pace


def test_when_the_window_is_full_then_the_next_turn_waits_for_the_oldest_to_leave_it() -> None:
    pace = Pace(2, 1_000)

    assert [pace.book(at) for at in (0, 100, 200, 300, 5_000)] == [0, 0, 800, 800, 0]
    assert pace.wait_ms(5_000) == 0


def test_when_nothing_is_booked_then_looking_changes_nothing() -> None:
    pace = Pace(1, 1_000)

    assert [pace.wait_ms(0), pace.wait_ms(0), pace.book(0), pace.wait_ms(400)] == [0, 0, 0, 600]
