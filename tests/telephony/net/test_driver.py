"""The shell around pure machines, and the addresses it uses."""

from __future__ import annotations

import asyncio
import socket

import pytest

from calls.errors import CallCentreError
from telephony.net.addresses import local_address_facing, parse_listen
from telephony.net.driver import MachineDriver
from telephony.net.udp_transport import open_udp
from telephony.sip.message import Flow
from tests.telephony.sip_fakes import TestClock
from tests.waiting import eventually


class Counter:
    """Counts; fails on request; wants to be woken once after each `wake`."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.due_ms: int | None = None

    def step(self, event: str, now_ms: int) -> list[str]:
        self.seen.append(event)
        if event == "fail":
            raise ValueError("asked for")
        self.due_ms = now_ms + 20 if event == "wake" else None
        return [f"did {event}"]

    def next_deadline_ms(self) -> int | None:
        return self.due_ms


async def test_when_a_deadline_comes_then_the_machine_is_woken_once() -> None:
    machine, done = Counter(), list[str]()
    driver = MachineDriver(machine, TestClock(), lambda: "time", done.append)
    driver.feed("wake")
    await asyncio.sleep(0.1)
    assert machine.seen.count("time") == 1
    driver.close()


async def test_when_an_output_feeds_the_machine_then_the_input_waits_its_turn() -> None:
    machine, order = Counter(), list[str]()

    def carry_out(output: str) -> None:
        if output == "did a":
            driver.feed("b")
        order.append(output)

    driver = MachineDriver(machine, TestClock(), lambda: "time", carry_out)
    driver.feed("a")
    assert order == ["did a", "did b"]


async def test_when_a_step_or_an_output_fails_then_the_next_input_is_taken(caplog: pytest.LogCaptureFixture) -> None:
    machine = Counter()

    def carry_out(output: str) -> None:
        raise RuntimeError(output)

    driver = MachineDriver(machine, TestClock(), lambda: "time", carry_out)
    driver.feed("fail")
    driver.feed("a")
    assert machine.seen == ["fail", "a"]
    assert [message.getMessage() for message in caplog.records] == ["a step failed", "an output failed"]


async def test_when_it_is_closed_then_nothing_more_happens() -> None:
    machine, done = Counter(), list[str]()
    driver = MachineDriver(machine, TestClock(), lambda: "time", done.append)
    driver.feed("wake")
    driver.close()
    driver.feed("a")
    await asyncio.sleep(0.05)
    assert machine.seen == ["wake"]


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [("0.0.0.0:5060", "0.0.0.0", 5060), ("[::1]:0", "::1", 0), ("localhost:9", "localhost", 9)],
)
def test_when_an_address_to_listen_on_is_good_then_host_and_port(text: str, host: str, port: int) -> None:
    assert parse_listen(text) == (host, port)


@pytest.mark.parametrize("text", ["", "5060", ":5060", "host:", "host:x", "host:70000", "host:-1"])
def test_when_an_address_to_listen_on_is_bad_then_the_sentence_shows_a_good_one(text: str) -> None:
    with pytest.raises(CallCentreError, match=r"0\.0\.0\.0:5060"):
        parse_listen(text)


def test_when_a_peer_is_on_loopback_then_we_face_it_from_loopback() -> None:
    assert local_address_facing("127.0.0.1") == "127.0.0.1"


async def test_when_a_port_is_taken_then_the_sentence_names_it() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(CallCentreError) as error:
            await open_udp("127.0.0.1", port, lambda data, flow: None, lambda flow: None)
    assert str(error.value) == (
        f"port {port} is already used by another program; stop it or set [telephony.sip] listen."
    )
    assert (error.value.code, error.value.fault) == ("sip.port_taken", "operator")


async def test_when_the_address_is_not_ours_then_the_sentence_says_so() -> None:
    with pytest.raises(CallCentreError, match=r"192\.0\.2\.1 is no address of this computer"):
        await open_udp("192.0.2.1", 0, lambda data, flow: None, lambda flow: None)


async def test_when_datagrams_are_sent_then_they_arrive_and_failures_are_told() -> None:
    got: list[tuple[bytes, Flow]] = []
    failed: list[Flow] = []
    near = await open_udp("127.0.0.1", 0, lambda data, flow: got.append((data, flow)), failed.append)
    far = await open_udp("127.0.0.1", 0, lambda data, flow: None, failed.append)
    far.send(b"hello", Flow(*near.local_address))
    too_large = Flow("127.0.0.1", near.local_address[1])
    far.send(b"x" * 70_000, too_large)
    far.send(b"x", Flow("not an address", 1))
    await eventually(lambda: got and len(failed) == 2)
    assert got == [(b"hello", Flow(*far.local_address))]
    assert failed == [too_large, Flow("not an address", 1)]
    near.close()
    far.close()
    far.send(b"late", too_large)
    await asyncio.sleep(0)
