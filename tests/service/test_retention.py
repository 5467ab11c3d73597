"""The rules of keeping as the running service carries them out: at its start, each by itself, again when one failed."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from calls.conversation_events import ConversationOpened, MessageReceived
from calls.events import CallEnded, CallOffered, EventBody, NewEvent, StreamKind, TurnEnded
from calls.ids import MessageId, TurnId
from service import retention
from service.call_store import open_store
from service.config import Config
from service.customers.part import Customers
from service.customers_config import CustomersSection
from service.retention import Retention
from service.speech_cache import speech_folder
from service.telemetry import Metrics
from tests.waiting import eventually

pytestmark = pytest.mark.realtime

NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
OLD = NOW - timedelta(days=91)
YOUNG = NOW - timedelta(days=89)


class Calendar:
    """A clock that stands still."""

    def now_ms(self) -> int:
        return 0

    def now_utc(self) -> datetime:
        return NOW


class Keeping:
    """The part of a service that keeps, with old and young things in it."""

    def __init__(self, folder: Path) -> None:
        config = Config(data_dir=str(folder), customers=CustomersSection(retention_days=365))
        clock = Calendar()
        self.store = open_store(config)
        self.customers = Customers(config, self.store, clock)
        self.recordings = config.recordings_path
        self.recordings.mkdir(parents=True)
        self.metrics = Metrics()
        self.house = SimpleNamespace(
            config=config,
            clock=clock,
            store=self.store,
            customers=self.customers,
            recordings=self.recordings,
            metrics=self.metrics,
        )
        self.retention = Retention(cast("Any", self.house))
        for at, name in ((OLD, "old"), (YOUNG, "young")):
            self.call(at, name)
            self.chat(at, f"chat-{name}")
            self.made(self.recordings / f"{name}.wav", at)
            self.made(speech_folder(config) / f"{name}.speech", at)

    def made(self, path: Path, at: datetime) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
        os.utime(path, (at.timestamp(), at.timestamp()))

    def call(self, at: datetime, name: str) -> None:
        turn = TurnEnded(
            turn_id=TurnId("t"),
            speaker="caller",
            text=f"my {name} words",
            language="en",
            start_ms=0,
            end_ms=1,
            utterance_ids=(),
            interrupted=False,
        )
        offered = CallOffered(transport="sip", caller="+34600123456", caller_name="", called="bot", peer_call_id="x")
        self.keep("call", name, at, offered, turn, CallEnded(result="completed", reason="caller_hung_up"))

    def chat(self, at: datetime, name: str) -> None:
        opened = ConversationOpened(
            channel="chat", provider="web", address="v", name="", subject="", language="en", external_id=""
        )
        said = MessageReceived(message_id=MessageId("m"), text=f"my {name} words", attachments=(), external_id="")
        self.keep("conversation", name, at, opened, said)

    def keep(self, kind: StreamKind, name: str, at: datetime, *bodies: EventBody) -> None:
        self.store.append(
            [NewEvent(stream_kind=kind, stream_id=name, body=b, at_utc=at, t_ms=0, source="x") for b in bodies]
        )

    def words(self, kind: StreamKind, name: str) -> list[str]:
        bodies = [event.body for event in self.store.read(kind, name)]
        return [body.text for body in bodies if isinstance(body, TurnEnded | MessageReceived)]

    def files(self) -> set[str]:
        return {path.name for path in self.recordings.parent.rglob("*.wav")} | {
            path.name for path in speech_folder(self.house.config).glob("*")
        }


@pytest.fixture
def keeping(tmp_path: Path) -> Keeping:
    return Keeping(tmp_path)


async def test_when_the_service_starts_then_what_is_too_old_goes_and_everything_younger_stays(
    keeping: Keeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "EVERY_S", 0.05)
    running = asyncio.create_task(keeping.retention.run())
    await eventually(lambda: keeping.files() == {"young.wav", "young.speech"})
    assert keeping.words("call", "old") == ["[erased]"]
    assert keeping.words("conversation", "chat-old") == ["[erased]"]
    assert keeping.words("call", "young") == ["my young words"]
    assert keeping.words("conversation", "chat-young") == ["my chat-young words"]

    later = keeping.recordings / "later.wav"
    keeping.made(later, OLD)
    await eventually(lambda: not later.exists(), "the next look")
    running.cancel()


async def test_when_something_cannot_be_removed_then_the_rest_is_and_it_is_told_and_tried_again(
    keeping: Keeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck = keeping.recordings / "stuck.wav"
    stuck.mkdir()  # no file: it cannot be unlinked
    os.utime(stuck, (OLD.timestamp(), OLD.timestamp()))
    assert not await keeping.retention.look()
    assert keeping.words("call", "old") == ["[erased]"]
    assert keeping.files() == {"stuck.wav", "young.wav", "young.speech"}, "all else is gone"
    assert keeping.metrics.trouble.labels("retention")._value.get() == 1

    monkeypatch.setattr(retention, "AGAIN_S", 0.05)
    running = asyncio.create_task(keeping.retention.run())
    await eventually(lambda: keeping.metrics.trouble.labels("retention")._value.get() >= 3, "it goes on trying")
    stuck.rmdir()
    old = keeping.recordings / "old2.wav"
    keeping.made(old, OLD)
    await eventually(lambda: not old.exists())
    running.cancel()
