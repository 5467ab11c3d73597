"""Who lives and who is lost, by what is seen in the database; time is an argument."""

from __future__ import annotations

import pytest

from records.leases import LeaseWatch, OwnerSeen

Step = tuple[int, str | None, bool | None, bool]
"""(when it is looked, what the owner renewed last, whether its process is gone, whether it is lost)."""


@pytest.mark.parametrize(
    "steps",
    [
        [(0, "a", True, True)],
        [(0, None, True, True)],
        [(0, "a", False, False), (600_000, "a", False, False)],
        [(0, "a", None, False), (59_999, "a", None, False), (60_000, "a", None, True)],
        [(0, "a", None, False), (59_999, "b", None, False), (119_998, "b", None, False), (119_999, "b", None, True)],
        [(500_000, None, None, False), (560_000, None, None, True)],
        [(0, "a", None, False), (30_000, "a", True, True)],
    ],
    ids=[
        "gone from this machine",
        "gone before it said anything",
        "there, but slow",
        "not renewed elsewhere",
        "renewed just in time",
        "never renewed elsewhere",
        "turns out to be gone",
    ],
)
def test_when_an_owner_is_looked_at_then_it_is_lost_only_when_it_cannot_write_any_more(steps: list[Step]) -> None:
    watch = LeaseWatch()
    for now_ms, renewed, gone, lost in steps:
        seen = OwnerSeen(owner="x", renewed=renewed, gone=gone)
        assert watch.look([seen], now_ms) == ([seen] if lost else [])


def test_when_the_database_was_away_then_the_wait_begins_anew() -> None:
    watch, seen = LeaseWatch(), OwnerSeen(owner="x", renewed="a", gone=None)
    assert watch.look([seen], 0) == []
    watch.blind()
    assert watch.look([seen], 3_600_000) == []
    assert watch.look([seen], 3_660_000) == [seen]


def test_when_an_owner_has_no_call_for_a_while_then_it_is_looked_at_anew() -> None:
    watch, seen = LeaseWatch(), OwnerSeen(owner="x", renewed="a", gone=None)
    other = OwnerSeen(owner="y", renewed="a", gone=None)
    assert watch.look([seen, other], 0) == []
    assert watch.look([other], 59_000) == []
    assert watch.look([seen, other], 61_000) == [other]
