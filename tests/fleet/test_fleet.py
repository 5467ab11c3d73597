"""Three real services behind kamailio: calls are spread, a killed process is replaced, a restart loses nothing."""

from __future__ import annotations

import asyncio
import signal
import time
import wave
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.running import RunningService
from tests.fleet.running import (
    CROWD,
    SMALL,
    TALKING,
    CallRow,
    Log,
    Placed,
    Sipp,
    make_fleet,
    metric,
    until_active,
    until_calls,
    until_gone,
    watching,
)
from tests.postgres_server import postgres_server
from tests.telephony.kamailio_edge import HOST, Edge, edge
from tests.telephony.sip_caller import calling_from

pytestmark = pytest.mark.peer

LONG_MS = 26_000
"""How long a call lasts in which its process is killed: long enough for the notice and some seconds of recording, and
short of the 30 s after which a call without sound is ended."""
FULL_MS = 12_000
"""How long all lines of a process are taken."""
RATE_PER_S, CALL_MS = 2, 2_000
"""The steady load of the rolling restart."""


@dataclass
class Played:
    """What happened, told by the scenes in order."""

    spread: Counter[int] = field(default_factory=Counter)
    spread_placed: Placed | None = None
    ended: set[str] = field(default_factory=set)
    watched: list[dict[str, Any]] = field(default_factory=list)
    """What the live feed of the first process said meanwhile."""
    killed_pid: int = 0
    killed_before: list[CallRow] = field(default_factory=list)
    killed_after: list[CallRow] = field(default_factory=list)
    ended_within_s: float = 0.0
    after_the_kill: Placed | None = None
    survivors_calls: list[CallRow] = field(default_factory=list)
    recordings: dict[str, float] = field(default_factory=dict)
    seen_before: list[dict[str, str]] = field(default_factory=list)
    seen_after: list[dict[str, str]] = field(default_factory=list)
    """What the pages of each survivor say of each call."""
    through: Placed | None = None
    replies: dict[str, str] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    rolling: Placed | None = None
    rolling_calls: list[CallRow] = field(default_factory=list)
    restarts: list[dict[str, Any]] = field(default_factory=list)
    hurried: dict[str, Any] = field(default_factory=dict)


class Scenes:
    """Plays one after the other on the same fleet."""

    def __init__(self, folder: Path, fleet: list[RunningService], proxy: Edge, log: Log) -> None:
        self.folder, self.fleet, self.edge, self.log = folder, fleet, proxy, log
        self.told = Played()

    async def place(self, name: str, calls: int, *more: str, address: str = "", **how: str) -> Sipp:
        """Let sipp call, through the proxy unless an address is given."""
        return await Sipp.start(self.folder / name, address or self.edge.address, calls, *more, **how)

    async def spread(self) -> None:
        """Nine short calls over three processes."""
        self.log.mark()
        async with watching(self.fleet[0]) as self.told.watched:
            self.told.spread_placed = await (await self.place("spread", 9, "-r", "6", "-d", "1000")).wait()
            calls = await self.log.all_ended()
            await asyncio.sleep(2)  # the pages of a process follow the others' calls each second
        self.told.spread = Counter(call.pid for call in calls)
        self.told.ended = {call.call_id for call in calls}

    async def kill(self) -> None:
        """Six long calls, two a process; the last process is killed as soon as its calls are recorded."""
        told, victim = self.told, self.fleet[-1]
        told.killed_pid = victim.running.pid
        self.log.mark()
        long = await self.place("long", 6, "-r", "6", "-d", str(LONG_MS))

        def recorded(calls: list[CallRow]) -> bool:
            own = [call for call in calls if call.pid == told.killed_pid]
            return len(calls) >= 6 and bool(own) and all(call.has("recording_started") for call in own)

        before = await self.log.until("the victim records its calls", recorded, 60)
        told.killed_before = [call for call in before if call.pid == told.killed_pid]
        names = {call.call_id for call in told.killed_before}
        told.seen_before = await self._pages()
        await asyncio.sleep(1.5)
        await victim.kill()
        began_s = time.monotonic()
        after = await self.place("after", 6, "-r", "3", "-d", "500")

        def ended(calls: list[CallRow]) -> bool:
            return all(call.ends for call in calls if call.call_id in names)

        await self.log.until("the killed process's calls have ended", ended)
        told.ended_within_s = time.monotonic() - began_s
        told.after_the_kill = await after.wait()
        await asyncio.sleep(2.5)  # one more look of each survivor, which must not write again
        told.seen_after = await self._pages()
        for name in names:
            with wave.open(str(self.folder / "data" / "recordings" / f"{name}.wav")) as file:
                told.recordings[name] = file.getnframes() / file.getframerate()
        for service in self.fleet[:2]:
            await until_calls(service, 0)
        await long.stop()  # which would say BYE to the dead process for half a minute
        calls = [call for call in await self.log.all_ended() if call.call_id in {row.call_id for row in before}]
        told.killed_after = [call for call in calls if call.call_id in names]
        told.survivors_calls = [call for call in calls if call.call_id not in names]

    async def _pages(self) -> list[dict[str, str]]:
        """Return what the pages of each survivor say of each call."""
        rows = [(await service.get("/api/calls?limit=100")).json() for service in self.fleet[:2]]
        return [{row["call_id"]: row["live"]["status"] for row in shown} for shown in rows]

    async def fill(self) -> None:
        """Take all lines of the first process, and ask for one more in each way."""
        first = self.fleet[0]
        address = f"127.0.0.1:{first.sip_port}"
        one = await self.place("one", 1, "-d", str(FULL_MS), address=address, host=SMALL)
        await until_calls(first, 1)
        await self._ask("trunk", SMALL, address)
        crowd = await self.place("crowd", TALKING - 1, "-r", "10", "-d", str(FULL_MS), address=address, host=CROWD)
        await until_calls(first, TALKING)
        await self._ask("nobody's trunk", CROWD, address)
        await self._ask("proxy", HOST, address)
        through = await self.place("through", 2, "-r", "2", "-d", "200")
        self.told.through = await through.wait()
        self.told.refused = {why: await metric(first, why) for why in ("trunk", "talking", "media_legs")}
        for sipp in (one, crowd):
            await sipp.wait()

    async def _ask(self, name: str, host: str, address: str) -> None:
        async with calling_from(host) as caller:
            self.told.replies[name] = await caller.ask(address, call_id=f"fill{len(self.told.replies)}")

    async def roll(self) -> None:
        """Restart both processes that are left, one after the other, while calls come at a steady rate."""
        pair = self.fleet[:2]
        await until_active(self.edge, pair)
        self.log.mark()
        load = await self.place("load", 1_000, "-r", str(RATE_PER_S), "-d", str(CALL_MS))
        await asyncio.sleep(3)
        for service in pair:
            told: dict[str, Any] = {"calls": (await service.get("/readyz")).json()["calls"]}
            service.running.send_signal(signal.SIGTERM)
            await asyncio.sleep(0.2)
            told["ready"] = await service.get("/readyz")
            async with calling_from(CROWD) as asking:
                address = f"127.0.0.1:{service.sip_port}"
                told["options"] = await asking.ask(address, method="OPTIONS", call_id="drains")
            await self.edge.until(service.sip_port, "I")
            told["code"] = await until_gone(service)
            await service.start()
            await until_active(self.edge, [service])
            self.told.restarts.append(told)
        await asyncio.sleep(2)
        self.told.rolling = await load.finish()
        self.told.rolling_calls = await self.log.all_ended()

    async def hurry(self) -> None:
        """A caller who holds and never hangs up: the process waits for him until it is told a second time."""
        self.log.mark()
        held = await self.place("held", 1, scenario="hung_up_on")
        (call,) = await self.log.until("it was answered", lambda calls: bool(calls) and calls[0].has("leg_joined"))
        owner = next(service for service in self.fleet[:2] if service.running.pid == call.pid)
        await asyncio.sleep(1.5)
        owner.running.send_signal(signal.SIGTERM)
        await asyncio.sleep(2.5)
        told = self.told.hurried
        told["running"] = owner.running.returncode is None
        told["ends"] = self.log.new()[0].ends
        began_s = time.monotonic()
        owner.running.send_signal(signal.SIGTERM)
        told["code"] = await until_gone(owner)
        told["within_s"] = time.monotonic() - began_s
        told["sipp"] = await held.wait()
        told["ends_after"] = (await self.log.all_ended())[0].ends


async def _play(folder: Path, url: str) -> Played:
    fleet = make_fleet(folder, url, 3)
    log: Log | None = None
    try:
        await asyncio.gather(*(service.start() for service in fleet))
        log = Log(folder, url)
        async with edge(folder / "k", [service.sip_port for service in fleet]) as proxy:
            scenes = Scenes(folder, fleet, proxy, log)
            await until_active(proxy, fleet)
            for scene in (scenes.spread, scenes.kill, scenes.fill, scenes.roll, scenes.hurry):
                await scene()
        return scenes.told
    finally:
        if log is not None:
            log.close()
        running = [service for service in fleet if service.process is not None and service.process.returncode is None]
        codes = await asyncio.gather(*(service.stop() for service in running))
        assert set(codes) <= {0}


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """Play it all once."""
    with postgres_server() as server:
        if server is None:
            pytest.skip("needs a PostgreSQL server (apt-get install postgresql)")
        yield asyncio.run(_play(tmp_path_factory.mktemp("fleet"), server.new_database()))


def test_when_calls_come_then_three_processes_take_them_in_turn(played: Played) -> None:
    assert played.spread_placed is not None
    assert (played.spread_placed.good, played.spread_placed.bad) == (9, 0), played.spread_placed.said
    assert sorted(played.spread.values()) == [3, 3, 3]


def test_when_staff_watch_one_process_then_they_see_the_facts_of_all_calls_in_order(played: Played) -> None:
    facts = [message["event"] for message in played.watched if message["kind"] == "event"]
    seen: dict[str, list[int]] = {}
    for event in facts:
        seen.setdefault(event["stream_id"], []).append(event["seq"])
    assert set(seen) == played.ended
    assert {call: told for call, told in seen.items() if told != list(range(1, len(told) + 1))} == {}
    assert {event["stream_id"] for event in facts if event["body"]["type"] == "call_ended"} == played.ended


def test_when_a_process_is_killed_then_one_that_runs_ends_its_calls_within_seconds_and_once(played: Played) -> None:
    assert len(played.killed_before) == 2
    assert played.ended_within_s < 10
    for before, after in zip(played.killed_before, played.killed_after, strict=True):
        assert after.call_id == before.call_id
        assert after.facts[: len(before.facts)] == before.facts
        assert after.ends == [("failed", "process_lost")]
        assert after.pid != played.killed_pid, "its writer is one that lives"
    assert len({call.pid for call in played.killed_after}) == 1, "one takes them all"


def test_when_a_process_is_killed_then_the_others_answer_new_calls_and_theirs_go_on(
    played: Played,
) -> None:
    assert played.after_the_kill is not None
    assert (played.after_the_kill.good, played.after_the_kill.bad) == (6, 0), played.after_the_kill.said
    assert played.after_the_kill.slowest_ms < 5_000
    ends = [call.ends for call in played.survivors_calls]
    assert ends == [[("completed", "caller_hung_up")]] * 4, "until the caller hung up"


def test_when_a_process_was_killed_then_its_recordings_are_readable_and_the_others_pages_show_its_calls(
    played: Played,
) -> None:
    assert len(played.recordings) == 2
    for name, seconds in played.recordings.items():
        assert seconds > 1.0, name
    calls = {call.call_id for call in played.killed_after}
    for before, after in zip(played.seen_before, played.seen_after, strict=True):
        assert {before[call] for call in calls} == {"talking"}
        assert {after[call] for call in calls} == {"ended"}
        assert {before[call.call_id] for call in played.survivors_calls} == {"talking"}, "also those of the other one"


def test_when_a_process_is_full_then_each_peer_is_told_in_its_own_way_and_the_reason_is_counted(played: Played) -> None:
    told = {name: reply[8:11] for name, reply in played.replies.items()}
    assert told == {"trunk": "480", "nobody's trunk": "486", "proxy": "503"}
    assert "Retry-After: 5" in played.replies["proxy"]
    assert "Retry-After" not in played.replies["trunk"] + played.replies["nobody's trunk"]
    assert played.through is not None
    assert (played.through.good, played.through.bad) == (2, 0), "through the proxy the other process takes them"
    assert played.refused == {"trunk": 1, "talking": 3, "media_legs": 0}


def test_when_each_process_is_restarted_under_a_steady_load_then_no_call_is_lost(played: Played) -> None:
    rolling = played.rolling
    assert rolling is not None
    assert rolling.good >= 20 * RATE_PER_S, "the load went on over both restarts"
    assert rolling.bad == 0, rolling.said
    assert len(played.rolling_calls) == rolling.good
    assert Counter(end for call in played.rolling_calls for end in call.ends) == {
        ("completed", "caller_hung_up"): rolling.good
    }
    assert len({call.pid for call in played.rolling_calls}) == 4, "both processes, before and after"


def test_when_a_process_drains_then_it_says_503_to_pings_waits_for_its_calls_and_ends_well(played: Played) -> None:
    assert len(played.restarts) == 2
    for told in played.restarts:
        assert told["calls"] > 0, "it was stopped in mid-calls"
        assert told["options"].startswith("SIP/2.0 503")
        assert told["ready"].status_code == 503
        assert told["ready"].json()["draining"] is True
        assert told["code"] == 0


def test_when_a_second_signal_comes_then_the_last_call_hears_a_goodbye_and_its_bye_passes_the_proxy(
    played: Played,
) -> None:
    told = played.hurried
    assert told["running"], "one signal alone waits for the caller"
    assert told["ends"] == []
    assert told["code"] == 0
    assert told["within_s"] < 25
    assert (told["sipp"].good, told["sipp"].bad) == (1, 0), told["sipp"].said
    assert [reason for _, reason in told["ends_after"]] == ["shutdown"]
