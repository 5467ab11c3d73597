"""Agents on their own lines and callers on telephones, on the real service: joined, heard both ways, written down.

The agent is an aiortc client that signs in, comes to work and accepts as the desk page does; the caller is a phone of
another stack. Who hears whom is proven by correlation (telephone to browser) and by a tone (browser to telephone).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from aiortc import RTCSessionDescription
from websockets.asyncio.client import ClientConnection, connect

from calls.audio import Samples
from tests.acceptance.staff_accounts import PASSWORD
from tests.phone_desk import Body, Desk, heard
from tests.telephony.likeness import heard_s
from tests.telephony.media_fakes import level_of
from tests.telephony.pjsua2_peer import HAS_WHEEL, Peer, pjsua2
from tests.telephony.webrtc.test_gateway import Client
from tests.waiting import eventually

if not HAS_WHEEL:
    pytest.skip("pjsua2-python has no wheel for this Python", allow_module_level=True)

pytestmark = pytest.mark.peer

TONES_HZ = {"ana": 1_100.0, "luis": 1_700.0, "sue": 2_300.0}
LOUD = 600.0
WAIT_S = 40.0


class AgentPage(Client):
    """What an agent's desk page does, without the page."""

    def __init__(self, name: str, desk: Desk, http: httpx.AsyncClient, socket: ClientConnection) -> None:
        super().__init__(TONES_HZ[name])
        self.name, self.desk, self.http, self.socket = name, desk, http, socket
        self.messages: list[Body] = []
        self.accepted: list[str] = []
        self.reading = asyncio.get_running_loop().create_task(self._read())

    async def _read(self) -> None:
        async for text in self.socket:
            self.messages.append(json.loads(text))

    async def say(self, **command: Any) -> None:
        await self.socket.send(json.dumps({"id": 1, **command}))

    async def told(self, kind: str, count: int = 1) -> Body:
        def those() -> list[Body]:
            return [message for message in self.messages if message["kind"] == kind]

        await eventually(lambda: len(those()) >= count, f"{kind} for {self.name}", WAIT_S)
        return those()[count - 1]

    async def post(self, path: str, **body: Any) -> Body:
        answer = await self.http.post(f"/api/desk/{path}", json=body)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return dict(answer.json())

    async def wish(self, call_id: str, wish: str, **body: Any) -> Body:
        return await self.post(f"calls/{call_id}/{wish}", **body)

    async def open_line(self) -> None:
        await self.connection.setLocalDescription(await self.connection.createOffer())
        answer = await self.post("line", sdp=self.connection.localDescription.sdp, type="offer")
        await self.connection.setRemoteDescription(RTCSessionDescription(answer["sdp"], "answer"))
        await eventually(lambda: self.connection.connectionState == "connected", f"the line of {self.name}", WAIT_S)

    async def at_work(self) -> None:
        await self.open_line()
        await self.say(do="sign_in")
        await self.say(do="ready")

    async def accept(self) -> str:
        offer = (await self.told("offer"))["offer"]
        await self.say(do="accept", reservation_id=offer["reservation_id"])
        self.accepted.append(str(offer["contact_id"]))
        return self.accepted[-1]

    def sound(self) -> Samples:
        return np.concatenate(self.heard) if self.heard else np.zeros(0, np.int16)

    async def leave(self) -> None:
        for call_id in self.accepted:
            await self.say(do="wrap_up_done", contact_id=call_id)
        await self.say(do="sign_out")
        await asyncio.sleep(0.2)
        self.reading.cancel()
        await self.close()
        await self.socket.close()
        await self.http.aclose()


@pytest.fixture
def desk(staffed_service: Desk) -> Desk:
    """Where everybody here works."""
    return staffed_service


@asynccontextmanager
async def page(desk: Desk, name: str) -> AsyncIterator[AgentPage]:
    """A member of staff at the desk page."""
    base = desk.service.base_url
    http = httpx.AsyncClient(base_url=base, headers={"x-warmline": "1"}, trust_env=False, timeout=20)
    (await http.post("/api/staff/sign-in", json={"name": name, "password": PASSWORD})).raise_for_status()
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in http.cookies.jar)
    socket = await connect(f"ws{base[4:]}/api/desk", additional_headers={"cookie": cookies}, origin=base)  # type: ignore[arg-type]
    made = AgentPage(name, desk, http, socket)
    try:
        yield made
    finally:
        await made.leave()


def level(phone: Peer, tone_hz: float) -> float:
    """How loud a tone was in the last second that a phone heard."""
    samples, rate_hz = heard(phone)
    return level_of(tone_hz, samples[-rate_hz:], rate_hz) if len(samples) >= rate_hz else 0.0


async def hears(phone: Peer, *tones_hz: float, but_not: tuple[float, ...] = ()) -> None:
    def right() -> bool:
        return all(level(phone, t) > LOUD for t in tones_hz) and all(level(phone, t) < LOUD / 3 for t in but_not)

    await eventually(right, f"hearing {tones_hz} without {but_not}", WAIT_S, 0.2)


async def test_when_an_agent_accepts_in_the_browser_then_both_hear_each_other_and_the_talk_is_written_down(
    desk: Desk, tmp_path: Path
) -> None:
    async with page(desk, "ana") as ana:
        await ana.at_work()
        async with desk.caller(tmp_path / "caller") as caller:
            call_id = await ana.accept()
            assert (await desk.until("handover_completed"))["how"] == "queue"
            await hears(caller, TONES_HZ["ana"])
            await asyncio.sleep(2)
            assert heard_s(caller.says, ana.sound()[-3 * 48_000 :], 48_000) >= 1.0
            card = (await ana.told("connect"))["card"]
            assert card["brief"]["reason"] == "caller_asked"
            await ana.wish(call_id, "hold")
            await hears(caller, but_not=(TONES_HZ["ana"],))
            await ana.wish(call_id, "resume")
            await hears(caller, TONES_HZ["ana"])
            await ana.wish(call_id, "hang-up")
            ended = await desk.until("call_ended")
    assert (ended["result"], ended["reason"]) == ("escalated", "agent_hung_up")
    kinds = [body["type"] for body in desk.events()]
    order = ["handover_started", "handover_offered", "handover_accepted", "handover_completed", "agent_released"]
    assert [kind for kind in kinds if kind in order] == order
    assert not [b for b in desk.events() if b["type"] == "emotion_estimated" and b.get("member") == "agent"]


async def test_when_an_agent_consults_a_colleague_and_completes_then_the_caller_is_with_the_colleague(
    desk: Desk, tmp_path: Path
) -> None:
    async with page(desk, "ana") as ana, page(desk, "luis") as luis:
        await ana.at_work()
        await luis.open_line()
        async with desk.caller(tmp_path / "caller") as caller:
            call_id = await ana.accept()
            await desk.until("handover_completed")
            await ana.wish(call_id, "consult", target={"kind": "agent", "name": "luis"})
            await luis.told("consult_offer")
            await luis.post(f"calls/{call_id}/consult-offer/accept")
            await desk.until("consult_answered")
            await hears(caller, but_not=(TONES_HZ["ana"], TONES_HZ["luis"]))
            await ana.wish(call_id, "complete")
            await hears(caller, TONES_HZ["luis"], but_not=(TONES_HZ["ana"],))
            caller.tell("hang_up")
            await desk.until("call_ended")


async def test_when_the_agents_page_is_closed_and_opened_again_then_the_caller_is_still_there(
    desk: Desk, tmp_path: Path
) -> None:
    async with page(desk, "ana") as ana:
        await ana.at_work()
        async with desk.caller(tmp_path / "caller") as caller:
            call_id = await ana.accept()
            await desk.until("handover_completed")
            await ana.close()
            await desk.until("agent_line_lost")
            async with page(desk, "ana") as again:
                await again.open_line()
                await desk.until("agent_line_back")
                await hears(caller, TONES_HZ["ana"])
                strip = (await again.http.get("/api/desk/line")).json()["calls"][0]
                assert (strip["call_id"], strip["state"], strip["part"]) == (call_id, "together", "agent")
                caller.tell("hang_up")
                await desk.until("call_ended")


async def test_when_the_agent_gives_the_caller_back_then_the_bot_speaks_and_the_call_goes_on(
    desk: Desk, tmp_path: Path
) -> None:
    async with page(desk, "ana") as ana:
        await ana.at_work()
        async with desk.caller(tmp_path / "caller") as caller:
            call_id = await ana.accept()
            await desk.until("handover_completed")
            await ana.wish(call_id, "back-to-bot", instruction="say:Your technician comes on Friday.")
            await desk.until("given_to_bot", instruction="say:Your technician comes on Friday.")
            for _ in range(100):
                said = " ".join(b["text"] for b in desk.events() if b["type"] == "turn_ended" and b["speaker"] == "bot")
                if "technician comes on Friday" in said:
                    break
                await asyncio.sleep(0.3)
            assert "technician comes on Friday" in said
            caller.tell("hang_up")
            await desk.until("call_ended")


async def test_when_a_supervisor_listens_and_barges_in_then_it_is_heard_and_logged(desk: Desk, tmp_path: Path) -> None:
    async with page(desk, "ana") as ana, page(desk, "sue") as sue:
        await ana.at_work()
        await sue.open_line()
        async with desk.caller(tmp_path / "caller") as caller:
            call_id = await ana.accept()
            await desk.until("handover_completed")
            await sue.wish(call_id, "supervise", mode="listen")
            await hears(caller, TONES_HZ["ana"], but_not=(TONES_HZ["sue"],))
            await sue.wish(call_id, "supervise", mode="barge")
            await hears(caller, TONES_HZ["ana"], TONES_HZ["sue"])
            await desk.until("supervision_changed", mode="barge", supervisor="sue")
            caller.tell("hang_up")
            await desk.until("call_ended")


async def test_when_an_agent_consults_somebody_on_a_telephone_and_merges_then_all_three_hear_each_other(
    desk: Desk, tmp_path: Path
) -> None:
    async with page(desk, "ana") as ana, pjsua2(tmp_path / "expert", seed=5, answers=True) as expert:
        await ana.at_work()
        async with desk.caller(tmp_path / "caller") as caller:
            call_id = await ana.accept()
            await desk.until("handover_completed")
            await ana.wish(call_id, "consult", target={"kind": "number", "name": expert.uri})
            await desk.until("consult_answered")
            await hears(expert, TONES_HZ["ana"])
            assert heard_s(expert.says, *heard(caller)) == 0.0, "the talk is private"
            await ana.wish(call_id, "conference")
            await desk.until("conference_formed")
            await hears(caller, TONES_HZ["ana"])
            await ana.wish(call_id, "mute", on=True)  # a tone beside it spoils what correlates
            await asyncio.sleep(3)
            assert heard_s(expert.says, *heard(caller)) >= 0.4
            assert heard_s(caller.says, *heard(expert)) >= 0.4
            await ana.wish(call_id, "complete")
            await hears(caller, but_not=(TONES_HZ["ana"],))
            expert.tell("hang_up")
            ended = await desk.until("call_ended")
    assert ended["reason"] == "agent_hung_up"


async def test_when_a_caller_is_passed_on_to_a_number_then_who_answers_hears_the_brief_and_then_the_caller(
    desk: Desk, tmp_path: Path
) -> None:
    async with page(desk, "ana") as ana, pjsua2(tmp_path / "expert", seed=5, answers=True) as expert:
        await ana.at_work()
        async with desk.caller(tmp_path / "caller") as caller:
            call_id = await ana.accept()
            await desk.until("handover_completed")
            await ana.wish(call_id, "transfer", target={"kind": "number", "name": expert.uri})
            await desk.until("agent_released", reason="transferred")
            assert (await desk.until("brief_spoken"))["heard_ms"] > 1_000
            await desk.until("handover_completed", how="bridge")
            await asyncio.sleep(2.5)
            assert heard_s(caller.says, *heard(expert)) >= 0.4
            assert heard_s(expert.says, *heard(caller)) >= 0.4
            caller.tell("hang_up")
            await desk.until("call_ended")
    brief = [body for body in desk.events() if body["type"] == "brief_prepared"][-1]
    assert "Has talked to ana" in [fact["text"] for fact in brief["tried"]]
