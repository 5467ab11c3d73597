"""People on real phones of another stack: joined, transferred on by their own side, reached by the caller's line."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.phone_desk import WAIT_S, Desk, heard, started
from tests.telephony.likeness import heard_s
from tests.telephony.pjsua2_peer import HAS_WHEEL, pjsua2

if not HAS_WHEEL:
    pytest.skip("pjsua2-python has no wheel for this Python", allow_module_level=True)

pytestmark = pytest.mark.peer


@pytest.fixture
def desk(staffed_service: Desk) -> Desk:
    """Nobody is at work at its desk, so that who wants a person is connected to what the dial plan says."""
    return staffed_service


@pytest.fixture(scope="module")
def behind_pbx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Calls come over a trunk that connects its callers by itself."""
    trunk = "TELEPHONY__SIP__TRUNKS__PBX__"
    settings = {f"{trunk}SERVER": "127.0.0.1:5099", f"{trunk}ADDRESSES": '["127.0.0.1"]', f"{trunk}TAKES_REFER": "true"}
    made = started(tmp_path_factory.mktemp("pbx"), **settings)
    yield made
    made.service.stop()


async def test_when_a_person_takes_the_call_then_both_hear_each_other_and_the_caller_may_hang_up(
    desk: Desk, tmp_path: Path
) -> None:
    async with pjsua2(tmp_path / "person", seed=2, answers=True) as person:
        await desk.reach(person.uri)
        async with desk.caller(tmp_path / "caller") as caller:
            await desk.until("handover_completed")
            await asyncio.sleep(2)
            caller.tell("hang_up")
            await person.until("state", state="DISCONNECTED")
            ended = await desk.until("call_ended")
    assert heard_s(caller.says, *heard(person)) >= 1.0, person.log()
    assert heard_s(person.says, *heard(caller)) >= 1.0, caller.log()
    assert (ended["result"], ended["reason"]) == ("escalated", "caller_hung_up")


async def test_when_the_persons_own_side_transfers_the_call_then_it_goes_on_with_the_next_person(
    desk: Desk, tmp_path: Path
) -> None:
    async with (
        pjsua2(tmp_path / "person", seed=2, answers=True) as person,
        pjsua2(tmp_path / "next", seed=3, answers=True) as colleague,
    ):
        await desk.reach(person.uri)
        async with desk.caller(tmp_path / "caller") as caller:
            await desk.until("handover_completed")
            person.tell("transfer", uri=colleague.uri)
            await desk.until("leg_joined", count=2, member="agent")
            await asyncio.sleep(2)
            colleague.tell("hang_up")
            ended = await desk.until("call_ended")
            left = [b["reason"] for b in desk.events() if b["type"] == "leg_left" and b["member"] == "agent"]
    assert heard_s(caller.says, *heard(colleague)) >= 1.0, colleague.log()
    assert heard_s(colleague.says, *heard(caller)) >= 1.0, caller.log()
    assert left == ["replaced", "hung_up"]
    assert ended["reason"] == "agent_hung_up"


async def test_when_the_callers_line_connects_calls_itself_then_it_is_asked_to_and_ours_is_free(
    behind_pbx: Desk, tmp_path: Path
) -> None:
    async with pjsua2(tmp_path / "person", seed=2, answers=True) as person:
        await behind_pbx.reach(person.uri)
        async with behind_pbx.caller(tmp_path / "caller") as caller:
            assert (await behind_pbx.until("handover_started"))["how"] == "refer"
            assert (await behind_pbx.until("handover_completed"))["how"] == "refer"
            ended = await behind_pbx.until("call_ended")
            await asyncio.sleep(2)
    assert heard_s(caller.says, *heard(person)) >= 1.0, person.log()
    assert heard_s(person.says, *heard(caller, 1)) >= 1.0, caller.log()
    assert ended["result"] == "escalated"


async def test_when_the_callers_line_reaches_nobody_then_we_call_and_then_offer_a_call_back(
    behind_pbx: Desk, tmp_path: Path
) -> None:
    async with pjsua2(tmp_path / "person", seed=2) as person:
        gone = f"{person.uri};transport=tcp"  # over UDP it is half a minute until a side gives up
    await behind_pbx.reach(gone)
    async with behind_pbx.caller(tmp_path / "caller") as caller:
        await behind_pbx.until("handover_started", how="bridge")
        failed = await behind_pbx.until("handover_failed")
        await behind_pbx.until("callback_offered")
        caller.tell("hang_up")
        await behind_pbx.until("call_ended")
    assert failed["reason"] == "unreachable"
    hows = [b["how"] for b in behind_pbx.events() if b["type"] == "handover_started"]
    assert hows == ["refer", "bridge"]


async def test_when_a_caller_asks_us_to_call_a_host_that_no_rule_names_then_it_is_refused(
    desk: Desk, tmp_path: Path
) -> None:
    async with pjsua2(tmp_path / "caller", seed=1) as phone:
        phone.tell("call", uri=f"sip:bot@127.0.0.1:{desk.service.sip_port}")
        await phone.until("state", state="CONFIRMED")
        await desk.until("notice_given")
        phone.tell("transfer", uri="sip:somebody@192.0.2.77")
        await phone.until("transaction", role="client", method="REFER", status=403)
        phone.tell("hang_up")
        await desk.until("call_ended")
    assert not [b for b in desk.events() if b["type"] in ("caller_replaced", "handover_started")]


async def test_when_a_caller_holds_us_for_longer_than_the_limit_then_the_call_ends_and_the_log_says_why(
    desk: Desk, tmp_path: Path
) -> None:
    async with pjsua2(tmp_path / "caller", seed=1) as phone:
        phone.tell("call", uri=f"sip:bot@127.0.0.1:{desk.service.sip_port}")
        await phone.until("state", state="CONFIRMED")
        await desk.until("notice_given")
        phone.tell("hold")
        held = await desk.until("leg_held")
        phone.tell("resume")
        assert (await desk.until("leg_resumed"))["held_ms"] < 9_000
        phone.tell("hold")
        again = await desk.until("leg_held", count=2)
        ended = await desk.until("call_ended")
        await phone.until("state", state="DISCONNECTED")
    assert held["member"] == "caller"
    assert ended["reason"] == "held_too_long"
    assert 9_900 <= ended["t_ms"] - again["t_ms"] < 15_000


class Line:
    """SIP by hand from one address, so that the names of a call are known to who is to steal it."""

    def __init__(self, host: str, gateway_port: int) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, 0))
        self._socket.settimeout(WAIT_S)
        self.host, self.port = self._socket.getsockname()
        self._gateway = ("127.0.0.1", gateway_port)

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *error: object) -> None:
        self._socket.close()

    def send(self, method: str, call: str, cseq: int, to_tag: str = "", replaces: str = "") -> None:
        """Send one request of the call `call`, whose From tag is `tag-` and its name."""
        body = ""
        if method == "INVITE":
            audio = f"m=audio {self.port} RTP/AVP 0"
            body = f"v=0\r\no=- 1 1 IN IP4 {self.host}\r\ns=-\r\nc=IN IP4 {self.host}\r\nt=0 0\r\n{audio}\r\n"
        lines = [
            f"{method} sip:bot@127.0.0.1:{self._gateway[1]} SIP/2.0",
            f"Via: SIP/2.0/UDP {self.host}:{self.port};branch=z9hG4bK{call}{cseq}{method}",
            f"From: <sip:{call}@{self.host}>;tag=tag-{call}",
            f"To: <sip:bot@127.0.0.1>{';tag=' + to_tag if to_tag else ''}",
            f"Call-ID: {call}",
            f"CSeq: {cseq} {method}",
            f"Contact: <sip:{call}@{self.host}:{self.port}>",
            "Max-Forwards: 70",
            *([f"Replaces: {replaces}"] if replaces else []),
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
        ]
        self._socket.sendto(("\r\n".join(lines) + "\r\n\r\n" + body).encode(), self._gateway)

    async def answer_to(self, method: str) -> tuple[int, str]:
        """Return status and To tag of the final response to `method`."""
        while True:
            text = (await asyncio.to_thread(self._socket.recv, 65_535)).decode(errors="replace")  # sound comes here too
            status = int(text.split(" ", 2)[1]) if text.startswith("SIP/2.0 ") else 0
            if status >= 200 and f" {method}\r\n" in text:
                to = next(line for line in text.split("\r\n") if line.lower().startswith(("to:", "t:")))
                return status, to.partition(";tag=")[2]

    async def invite(self, call: str, replaces: str = "") -> tuple[int, str]:
        """Call and acknowledge whatever comes; return status and To tag."""
        self.send("INVITE", call, 1, replaces=replaces)
        status, tag = await self.answer_to("INVITE")
        self.send("ACK", call, 1, tag)
        return status, tag


async def test_when_somebody_knows_the_names_of_a_call_then_only_its_own_side_may_take_it_over(desk: Desk) -> None:
    port = desk.service.sip_port
    with Line("127.0.0.1", port) as caller, Line("127.0.0.2", port) as thief, Line("127.0.0.1", port) as pbx:
        status, tag = await caller.invite("first")
        assert status == 200
        await desk.until("call_answered")
        names = f"first;to-tag={tag};from-tag=tag-first"
        assert (await thief.invite("stolen", names))[0] == 603
        assert (await pbx.invite("wrong", "first;to-tag=guessed;from-tag=tag-first"))[0] == 481
        assert not [b for b in desk.events() if b["type"] == "caller_replaced"]
        status, tag = await pbx.invite("second", names)
        assert status == 200
        assert (await desk.until("caller_replaced"))["caller"] == "second"
        assert (await desk.until("leg_left", member="caller"))["reason"] == "replaced"
        pbx.send("BYE", "second", 2, tag)
        assert (await pbx.answer_to("BYE"))[0] == 200
        assert (await desk.until("call_ended"))["reason"] == "caller_hung_up"
