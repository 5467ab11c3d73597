"""The recogniser in a process of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from calls.audio import Samples
from calls.errors import CallCentreError
from calls.ids import Language
from voice.workers.client import EngineSpec, Worker

pytestmark = pytest.mark.realtime


async def test_when_the_model_is_missing_then_the_worker_does_not_start_and_says_which_file(tmp_path: Path) -> None:
    worker = Worker("asr", [EngineSpec("asr", "voice.asr.whisper:create", {"model_dir": str(tmp_path)})])
    with pytest.raises(CallCentreError, match=r"lacks model\.bin") as caught:
        await worker.start()
    assert caught.value.code == "model.missing"


async def test_when_a_process_recognises_then_finals_go_before_partials(
    models: Path, say: Callable[[str, Language], Samples]
) -> None:
    samples = say("I would like to speak to a person.", "en")
    worker = Worker("asr", [EngineSpec("asr", "voice.asr.whisper:create", {"model_dir": str(models / "whisper-base")})])
    await worker.start()
    done: list[str] = []

    async def ask(name: str, *, final: bool) -> None:
        data = {"offset_ms": 0, "language": "en", "languages": ["es", "en"], "final": final, "vocabulary": None}
        coalesce = None if final else name
        reply = await worker.call("asr", "decode", data, {"samples": samples}, priority=10 * final, coalesce=coalesce)
        assert "person" in " ".join(word["text"] for word in reply.data["words"])
        done.append(name)

    async with asyncio.TaskGroup() as group:
        group.create_task(ask("first", final=True))
        await asyncio.sleep(0.05)
        group.create_task(ask("partial", final=False))
        group.create_task(ask("final", final=True))
    assert done == ["first", "final", "partial"]
    await worker.stop()
