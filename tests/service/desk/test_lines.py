"""Lines of agents: one of their windows has it, and who has none is offered no call and accepts none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
import pytest_asyncio
from aiortc import RTCSessionDescription

from calls.errors import CallCentreError
from calls.phones import Bindings
from desk import acd_messages as m
from records.store import EventStore
from service.clock import SystemClock
from service.desk.phone_watch import PhoneWatch
from service.desk.room import DeskRoom
from tests.desk.acd_scripts import contact
from tests.service.desk.test_room import SECTION, Ears, until
from tests.service.desk.transfer_stage import Agent, Stage, hears_only, stage
from tests.waiting import eventually

if TYPE_CHECKING:
    from service.house import House

ANA, CALLER = 1_100.0, 700.0


@pytest_asyncio.fixture
async def room(tmp_path: Path) -> AsyncIterator[DeskRoom]:
    store = EventStore.open_dir(tmp_path)
    opened = DeskRoom(SECTION, store, SystemClock())
    opened.lines_needed = True
    await opened.start()
    yield opened
    await opened.stop()
    store.close()


def at_work(room: DeskRoom, agent: str, phone: str = "") -> None:
    room.sign_in(m.AgentSignedIn(agent=agent, languages=frozenset({"en", "es"}), skills=frozenset()), phone=phone)
    room.ready(agent)


async def test_when_an_agent_has_no_line_then_no_call_is_offered_until_it_is_up_and_the_pages_see_it(
    room: DeskRoom,
) -> None:
    page = room.feed.watch("ana")
    at_work(room, "ana")
    room.arrive(contact("c1"), Ears())
    snapshot = room.snapshot("ana")
    assert (snapshot["you"]["line"], snapshot["you"]["state"], snapshot["offers"]) == (False, "ready", [])
    room.line_is("ana", up=True)
    offer = (await until(page, "offer"))["offer"]
    assert room.snapshot("ana")["you"]["line"]
    room.line_is("ana", up=False)
    with pytest.raises(CallCentreError, match="connect it") as refused:
        room.accept("ana", offer["reservation_id"])
    assert refused.value.code == "desk.no_line"
    assert room.snapshot("ana")["offers"], "it is still offered"
    room.line_is("ana", up=True)
    room.accept("ana", offer["reservation_id"])
    assert (await until(page, "connect"))["contact_id"] == "c1"


class Phones:
    """Says of each phone how it is reached, as `telephony.phone_lines.PhoneLines` does."""

    def __init__(self) -> None:
        self.registered: set[str] = set()

    async def ways(self, name: str) -> Bindings:
        """Return a way, or say that there is none."""
        if name not in self.registered:
            raise CallCentreError("phone.not_registered", "Not there.", fault="peer")
        return cast("Bindings", ("a way",))


async def test_when_a_telephone_is_not_registered_then_its_agent_is_offered_nothing_until_it_is(room: DeskRoom) -> None:
    phones = Phones()
    watch = PhoneWatch(cast("House", SimpleNamespace(desk=room, sip=SimpleNamespace(phones=phones))))
    at_work(room, "martha", "phone:martha")
    at_work(room, "olga", "+34600999999")
    await watch.look()
    assert {view["name"]: view["line"] for view in room.snapshot()["agents"]} == {"martha": False, "olga": True}
    room.sign_out("olga")
    room.arrive(contact("c1"), Ears())
    assert room.state("martha") == "ready"
    phones.registered.add("martha")
    await watch.look()
    assert room.state("martha") == "reserved"


@pytest_asyncio.fixture
async def house(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(tmp_path) as made:
        yield made


async def open_window(house: Stage, agent: Agent, page: str, *, take: bool) -> str:
    """Open the line from a window; return the code of the refusal, empty for none."""
    await agent.connection.setLocalDescription(await agent.connection.createOffer())
    sdp = agent.connection.localDescription.sdp
    answer = await agent.post("line", sdp=sdp, type="offer", page=page, take=take)
    if answer.status_code != 200:
        return str(answer.json()["code"])
    await agent.connection.setRemoteDescription(RTCSessionDescription(answer.json()["sdp"], "answer"))
    await eventually(lambda: house.house.transfers.lines.of(agent.name).page == page, f"the line in {page}")
    return ""


async def test_when_a_second_window_opens_then_it_is_refused_until_it_takes_the_line_and_the_call_goes_on(
    house: Stage,
) -> None:
    open_pages = {("ana", "one"), ("ana", "two")}
    house.house.transfers.lines.is_open = lambda agent, page: (agent, page) in open_pages
    one, two = Agent("ana", house.http, ANA), Agent("ana", house.http, ANA)
    house.clients += [one, two]
    assert await open_window(house, one, "one", take=False) == ""
    await eventually(lambda: house.house.transfers.lines.is_up("ana"), "the line")
    call, caller = await house.call("c1", CALLER)
    await call.given_to("ana")
    await hears_only(one, (CALLER,), ())
    assert await open_window(house, two, "two", take=False) == "desk.line_elsewhere"
    await hears_only(one, (CALLER,), ())
    third = Agent("ana", house.http, ANA)
    house.clients.append(third)
    assert await open_window(house, third, "two", take=True) == ""
    await hears_only(third, (CALLER,), ())
    await hears_only(caller, (ANA,), ())
    assert house.messages("ana", "line")[-1]["page"] == "two"
    assert (await one.http.delete("/api/desk/line?page=one", headers={"x-agent": "ana"})).status_code == 204
    assert house.house.transfers.lines.is_up("ana"), "a window that has it no more closes nothing"
    open_pages.remove(("ana", "two"))
    fourth = Agent("ana", house.http, ANA)
    house.clients.append(fourth)
    assert await open_window(house, fourth, "three", take=False) == "", "the window that had it is gone"
    await hears_only(fourth, (CALLER,), ())
    assert call.handover.machine.state.value == "together"
