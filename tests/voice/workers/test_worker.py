"""Workers: in a process and in a thread, alive and dying."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calls.errors import CallCentreError
from voice.workers.client import CancelledRequest, EngineSpec, Worker
from voice.workers.local import LocalWorker

pytestmark = pytest.mark.realtime

FACTORY = "worker_engines:create"


@pytest.fixture(autouse=True)
def engines_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    here = str(Path(__file__).parent)
    root = str(Path(__file__).parents[3])
    monkeypatch.syspath_prepend(here)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([here, root]))


def toy(name: str = "toy", **options: Any) -> EngineSpec:
    return EngineSpec(name, FACTORY, options)


@pytest.fixture(params=[Worker, LocalWorker])
async def worker(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Worker]:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    made: Worker = request.param("w", [toy(), toy("other")], niceness=0)
    await made.start()
    yield made
    await made.stop()


async def test_when_an_engine_answers_then_data_and_arrays_come_back(worker: Worker) -> None:
    samples = np.arange(1000, dtype=np.int16)
    reply = await worker.call("toy", "echo", {"tag": "ñ"}, {"samples": samples})
    assert reply.data == {"tag": "ñ"}
    assert np.array_equal(reply.arrays["samples"], samples)


async def test_when_a_worker_has_started_then_its_engines_are_warm(worker: Worker) -> None:
    reply = await worker.call("toy", "served", {})
    assert reply.data["served"] == ["warm_up", "served:"]


async def test_when_many_call_at_once_then_each_gets_its_own_answer(worker: Worker) -> None:
    replies = await asyncio.gather(*(worker.call("toy", "echo", {"n": number}) for number in range(50)))
    assert [reply.data["n"] for reply in replies] == list(range(50))
    assert worker.waiting == 0


async def test_when_an_answer_is_streamed_then_the_pieces_come_in_order(worker: Worker) -> None:
    assert [reply.data["number"] async for reply in worker.stream("toy", "count", {"to": 5})] == [0, 1, 2, 3, 4]


async def test_when_a_stream_is_closed_then_the_engine_is_free_for_the_next(worker: Worker) -> None:
    stream = worker.stream("toy", "count", {"to": 1000, "sleep_s": 0.02})
    async with aclosing(stream):
        async for _ in stream:
            break
    async with asyncio.timeout(2):
        await worker.call("toy", "echo", {})


async def test_when_one_engine_is_slow_then_the_other_answers_meanwhile(worker: Worker) -> None:
    slow = asyncio.create_task(worker.call("toy", "sleep", {"sleep_s": 0.5}))
    await asyncio.sleep(0.05)
    await worker.call("other", "echo", {})
    assert not slow.done()
    await slow


async def test_when_requests_wait_then_the_most_urgent_goes_first(worker: Worker) -> None:
    tasks = [asyncio.create_task(worker.call("toy", "sleep", {"sleep_s": 0.2}))]
    await asyncio.sleep(0.05)
    for tag, priority in (("low", -1), ("first", 0), ("second", 0), ("high", 5)):
        tasks.append(asyncio.create_task(worker.call("toy", "echo", {"tag": tag}, priority=priority)))
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    served = (await worker.call("toy", "served", {})).data["served"]
    assert served[2:6] == ["echo:high", "echo:first", "echo:second", "echo:low"]


async def test_when_a_newer_request_coalesces_then_the_waiting_one_is_cancelled(worker: Worker) -> None:
    blocker = asyncio.create_task(worker.call("toy", "sleep", {"sleep_s": 0.2}))
    await asyncio.sleep(0.05)
    older = asyncio.create_task(worker.call("toy", "echo", {"tag": "older"}, coalesce="a"))
    stranger = asyncio.create_task(worker.call("toy", "echo", {"tag": "stranger"}, coalesce="b"))
    await asyncio.sleep(0.02)
    newer = asyncio.create_task(worker.call("toy", "echo", {"tag": "newer"}, coalesce="a"))
    with pytest.raises(CancelledRequest):
        await older
    assert (await newer).data["tag"] == "newer"
    assert (await stranger).data["tag"] == "stranger"
    await blocker


async def test_when_a_task_is_cancelled_then_its_waiting_request_is_never_served(worker: Worker) -> None:
    blocker = asyncio.create_task(worker.call("toy", "sleep", {"sleep_s": 0.2}))
    await asyncio.sleep(0.05)
    waiting = asyncio.create_task(worker.call("toy", "echo", {"tag": "unwanted"}))
    await asyncio.sleep(0.02)
    waiting.cancel()
    await blocker
    served = (await worker.call("toy", "served", {})).data["served"]
    assert "echo:unwanted" not in served


async def test_when_an_engine_raises_then_the_error_tells_its_type_but_no_words(
    worker: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(CallCentreError) as caught:
        await worker.call("toy", "raise", {})
    assert caught.value.code == "engine.failed"
    assert "ValueError" in caught.value.message
    await worker.call("toy", "say", {})
    await worker.stop()
    assert "sunflower" not in caught.value.message + caplog.text.replace("print(", "")
    assert "ValueError at worker_engines.py" in caplog.text


async def test_when_an_engine_refuses_then_its_own_error_arrives(worker: Worker) -> None:
    with pytest.raises(CallCentreError, match="The toy refuses") as caught:
        await worker.call("toy", "refuse", {})
    assert (caught.value.code, caught.value.fault, caught.value.retryable) == ("toy.refused", "user", False)


async def test_when_the_engine_is_unknown_then_the_error_names_those_there_are(worker: Worker) -> None:
    with pytest.raises(CallCentreError, match="'other', 'toy'"):
        await worker.call("nobody", "echo", {})


async def test_when_an_engine_gives_nothing_then_the_call_says_so(worker: Worker) -> None:
    with pytest.raises(CallCentreError, match="gave no reply"):
        await worker.call("toy", "count", {"to": 0})


async def test_when_a_worker_is_stopped_then_what_waits_fails_as_lost(worker: Worker) -> None:
    waiting = asyncio.create_task(worker.call("toy", "sleep", {"sleep_s": 0.3}))
    await asyncio.sleep(0.05)
    await worker.stop()
    with pytest.raises(CallCentreError) as caught:
        await waiting
    assert caught.value.code == "worker.lost"
    with pytest.raises(CallCentreError, match="not running"):
        await worker.call("toy", "echo", {})


async def test_when_a_request_coalesces_then_an_urgent_one_ends_it_at_its_checkpoint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worker = LocalWorker("w", [toy()])
    await worker.start()
    import worker_engines  # type: ignore[import-not-found]

    engine = worker_engines.LAST[0]
    partial = asyncio.create_task(worker.call("toy", "gate", {"tag": "partial"}, coalesce="call-1"))
    await asyncio.to_thread(engine.entered.wait, 2)
    final = asyncio.create_task(worker.call("toy", "echo", {"tag": "final"}, priority=10))
    await asyncio.sleep(0)
    engine.gate.set()
    with pytest.raises(CancelledRequest):
        await partial
    assert (await final).data["tag"] == "final"
    await worker.stop()


async def test_when_an_engine_is_flooded_then_it_says_that_it_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voice.workers.runner.MAX_WAITING", 3)
    worker = LocalWorker("w", [toy()])
    await worker.start()
    results = await asyncio.gather(
        *(worker.call("toy", "sleep", {"sleep_s": 0.05}) for _ in range(10)), return_exceptions=True
    )
    busy = [result for result in results if isinstance(result, CallCentreError)]
    assert busy
    assert {error.code for error in busy} == {"worker.busy"}
    assert len(results) - len(busy) >= 3
    await worker.stop()


@pytest.mark.parametrize(
    ("fail", "code", "sentence"),
    [
        ("sentence", "model.missing", "The model toy is missing."),
        ("plain", "engine.load_failed", "weights are torn"),
        ("die", "worker.start_failed", "ended before it was ready"),
    ],
)
async def test_when_an_engine_cannot_load_then_start_says_why(fail: str, code: str, sentence: str) -> None:
    worker = Worker("w", [toy(fail=fail)], niceness=0)
    with pytest.raises(CallCentreError, match=sentence) as caught:
        await worker.start()
    assert caught.value.code == code
    assert worker.pid is None


async def test_when_a_worker_crashes_then_requests_fail_as_lost_and_it_comes_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    worker = Worker("w", [toy(), toy("other")], niceness=0)
    await worker.start()
    first_pid = worker.pid
    bystander = asyncio.create_task(worker.call("other", "sleep", {"sleep_s": 5}))
    await asyncio.sleep(0.05)
    for failing in (worker.call("toy", "die", {}), bystander):
        with pytest.raises(CallCentreError) as caught:
            await failing
        assert caught.value.code == "worker.lost"
        assert caught.value.retryable
    async with asyncio.timeout(10):
        while not worker.is_ready:  # noqa: ASYNC110 - it is watched from outside, as a health check would
            await asyncio.sleep(0.02)
    assert (await worker.call("toy", "echo", {"tag": "again"})).data == {"tag": "again"}
    assert worker.pid != first_pid
    assert worker.restarts == 1
    await worker.stop()


async def test_when_niceness_and_threads_are_given_then_the_process_has_them() -> None:
    worker = Worker("w", [toy()], niceness=3, threads=2)
    await worker.start()
    served = (await worker.call("toy", "served", {})).data
    assert (served["nice"] - os.nice(0), served["threads"]) == (3, "2")
    await worker.stop()


def test_when_the_service_is_killed_then_no_worker_is_left_behind(tmp_path: Path) -> None:
    script = tmp_path / "service.py"
    script.write_text(
        "import asyncio, time\n"
        "from voice.workers.client import EngineSpec, Worker\n"
        "async def main():\n"
        f"    worker = Worker('w', [EngineSpec('toy', '{FACTORY}')], niceness=0)\n"
        "    await worker.start()\n"
        "    print(worker.pid, flush=True)\n"
        "    await worker.call('toy', 'sleep', {'sleep_s': 60})\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE) as service:
        assert service.stdout is not None
        worker_pid = int(service.stdout.readline())
        service.send_signal(signal.SIGKILL)
        service.wait()
    deadline = time.monotonic() + 5
    while _is_running(worker_pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _is_running(worker_pid)


def _is_running(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
