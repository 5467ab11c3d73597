"""Dial plan and articles are looked at again and again, whatever the disk does in between."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import cast

import pytest

from calls.errors import CallCentreError
from service.house import House
from tests.waiting import eventually


@pytest.mark.parametrize(
    "error",
    [
        FileNotFoundError("vanished between two looks"),
        PermissionError("not ours any more"),
        CallCentreError("knowledge.invalid", "The article is wrong.", fault="operator"),
    ],
)
async def test_when_looking_for_changes_fails_once_then_the_next_look_is_taken_all_the_same(error: Exception) -> None:
    looks: list[bool] = []

    async def look() -> bool:
        looks.append(True)
        if len(looks) == 1:
            raise error
        return False

    house = SimpleNamespace(
        _reload_wanted=asyncio.Event(),
        dial_plan=SimpleNamespace(reload_if_changed=lambda: False),
        knowledge=SimpleNamespace(reload_if_changed=look),
    )
    reloading = asyncio.create_task(House._reload(cast("House", house)))
    for count in (1, 2):
        house._reload_wanted.set()
        await eventually(lambda count=count: len(looks) == count)  # type: ignore[misc]
    assert not reloading.done()
    reloading.cancel()
