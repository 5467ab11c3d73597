"""Facts told to a program of the company's own, over real HTTP: in order, each once while nothing breaks, none lost."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from calls.customer_events import CaseOpened, CaseStatusSet
from calls.events import EventBody, NewEvent
from calls.ids import CustomerId
from channels.places import Places
from channels.webhook.signature import verify
from records.store import EventStore
from service.channels import event_hooks
from service.channels.event_hooks import EventHook
from service.channels_config import EventHookSection
from service.clock import SystemClock
from tests.service.channels.web_servers import Adapter, adapter
from tests.waiting import eventually

pytestmark = pytest.mark.realtime

SECRET = "new-secret-0123456789abcdef"
OPENED = CaseOpened(customer_id=CustomerId("cu1"), subject="Ana's bill", topic="bill-explained", by="bot")
SOLVED = CaseStatusSet(status="solved", by="ana", reason="")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EventStore]:
    opened = EventStore.open_dir(tmp_path)
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_hooks, "LOOK_EVERY_S", 0.02)
    monkeypatch.setattr(event_hooks, "BACK_OFF_S", (0.05,))


def note(store: EventStore, stream_id: str, *bodies: EventBody) -> None:
    at = datetime.now(UTC)
    store.append(
        [NewEvent(stream_kind="case", stream_id=stream_id, body=b, at_utc=at, t_ms=None, source="test") for b in bodies]
    )


def hook(
    store: EventStore, url: str, *, facts: tuple[str, ...] = ("case_opened", "case_status_set"), **more: Any
) -> EventHook:
    section = EventHookSection(url=url, secret=SecretStr(SECRET), facts=facts, timeout_s=2, **more)
    return EventHook("crm", section, store, Places(store.engine, store.owner), SystemClock())


@contextlib.asynccontextmanager
async def telling(store: EventStore, made: EventHook) -> AsyncIterator[EventHook]:
    running = asyncio.create_task(made.run())
    try:
        await eventually(lambda: is_placed(store))
        yield made
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


def is_placed(store: EventStore) -> bool:
    place = Places(store.engine, store.owner).take("hook:crm", datetime.now(UTC))
    return place is not None and not place.is_new


def told(other: Adapter) -> list[str]:
    return [json.loads(body)["id"] for _, body in other.got]


async def test_when_facts_are_written_then_they_are_told_signed_in_order_and_without_what_is_personal(
    store: EventStore,
) -> None:
    note(store, "before", OPENED)
    async with adapter() as other, telling(store, hook(store, other.url)):
        note(store, "k1", OPENED, SOLVED)
        await eventually(lambda: len(other.got) == 2)

    headers, body = other.got[0]
    now_s = int(SystemClock().now_utc().timestamp())
    assert verify(body, headers["x-warmline-timestamp"], headers["x-warmline-signature"], (SECRET,), now_s) == "good"
    assert headers["x-warmline-idempotency-key"] == "case/k1/1"
    assert told(other) == ["case/k1/1", "case/k1/2"]
    first = json.loads(body)
    assert first["fact"] == "case_opened"
    assert first["body"] == {
        "type": "case_opened",
        "customer_id": "cu1",
        "subject": None,
        "topic": "bill-explained",
        "by": "bot",
    }


async def test_when_a_hook_may_know_then_it_is_told_what_is_personal(store: EventStore) -> None:
    async with adapter() as other, telling(store, hook(store, other.url, personal=True, facts=("case_opened",))):
        note(store, "k1", SOLVED, OPENED)
        await eventually(lambda: len(other.got) == 1)

    assert json.loads(other.got[0][1])["body"]["subject"] == "Ana's bill"


async def test_when_the_other_side_is_away_then_everything_is_told_when_it_is_back(store: EventStore) -> None:
    async with adapter() as other:
        other.answers += [(500, b""), (503, b"")]
        async with telling(store, hook(store, other.url)) as made:
            note(store, "k1", OPENED)
            note(store, "k2", OPENED)
            await eventually(lambda: made.told == 2)
        assert told(other) == ["case/k1/1", "case/k1/1", "case/k1/1", "case/k2/1"]
        note(store, "k3", OPENED)  # while nobody tells
        async with telling(store, hook(store, other.url)) as again:
            await eventually(lambda: again.told == 1)
        assert told(other)[4:] == ["case/k3/1"]


async def test_when_a_fact_is_refused_for_good_then_it_is_tried_some_times_and_passed_over(store: EventStore) -> None:
    async with adapter() as other:
        other.answers += [(400, b"")] * event_hooks.REFUSED_TRIES
        async with telling(store, hook(store, other.url)) as made:
            note(store, "k1", OPENED)
            note(store, "k2", OPENED)
            await eventually(lambda: told(other)[-1:] == ["case/k2/1"] and made.trouble is None)

    assert told(other) == ["case/k1/1"] * event_hooks.REFUSED_TRIES + ["case/k2/1"]
