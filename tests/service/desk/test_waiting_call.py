"""A call's stay in the queue and the call back that keeps its place: the real queue and store, a call on paper."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from calls.desk_events import LeftQueueReason
from calls.events import CallbackBooked, CallOffered, Event, EventBody, NewEvent, TurnEnded
from calls.ids import CallId, TurnId
from calls.speech import EmotionEstimate
from desk.acd_messages import AgentSignedIn
from records.store import EventStore
from service.clock import SystemClock
from service.config import Config
from service.desk.callbacks import Callbacks
from service.desk.queue_hours import QueueHours
from service.desk.room import DeskRoom
from service.desk.waiting_call import WaitingCall
from service.desk_config import DeskSection, QueueSection
from service.dial_plan import Route
from service.tasks import Tasks
from tests.waiting import eventually
from voice.dialog import acts
from voice.dialog.settings import DialogSettings

if TYPE_CHECKING:
    from service.call_runner import CallRunner
    from service.house import House

NOW = datetime(2026, 11, 30, 10, tzinfo=UTC)
ROUTE = Route(language="en", greeting="", flow="main", queue="", ring_ms=0, open=True, now_local=NOW)


async def nothing(*_: object) -> tuple[()]:
    """Know nothing of anybody."""
    return ()


@dataclass
class Paper:
    """A call, its house, and what they were told."""

    desk: DeskRoom
    store: EventStore
    told: list[Any] = field(default_factory=list)
    written: list[EventBody] = field(default_factory=list)
    wanted: list[str] = field(default_factory=list)
    placed: list[tuple[str, Route]] = field(default_factory=list)
    reached: bool = True
    unwanted: dict[str, datetime] = field(default_factory=dict)
    """Number -> since when nobody may call it."""
    t_ms: int = 0

    waiting: WaitingCall = field(init=False)

    def __post_init__(self) -> None:
        clock = SystemClock()
        self.house = SimpleNamespace(
            desk=self.desk,
            store=self.store,
            clock=clock,
            config=Config(desk=self.desk.section),
            tasks=Tasks("test"),
            calls={},
            transfers=SimpleNamespace(music=None),
            phone_offers=SimpleNamespace(take=lambda _: None, let_go=lambda _: None),
            customers=SimpleNamespace(calls=SimpleNamespace(related=nothing), wants_no_contact=self.wants_no_contact),
            knowledge=SimpleNamespace(titles=lambda _: {}),
            queue_hours=QueueHours(self.desk.section, clock, ZoneInfo("UTC")),
            dial_plan=SimpleNamespace(route=lambda called, now: ROUTE),
            dialog_settings=DialogSettings,
            place=self.place,
        )
        self.house.callbacks = self.callbacks = Callbacks(cast("House", cast("Any", self.house)))
        self.handover = SimpleNamespace(
            target="",
            withdraw=lambda: self.waiting.leave("withdrawn"),
            overflowed=lambda: self.wanted.append("overflowed"),
            offered=lambda agent, for_ms: self.wanted.append(f"offered {agent}"),
            offer_over=lambda agent, why: self.wanted.append(f"over {agent} {why}"),
            accepted=lambda agent, leg: self.wanted.append(f"accepted {agent}"),
        )
        self.call = SimpleNamespace(
            house=self.house,
            call_id=CallId("c1"),
            route=ROUTE,
            policy=SimpleNamespace(language="en"),
            handover=self.handover,
            conference=None,
            leg=None,
            conference_ms=lambda: self.t_ms,
            tell=self.told.append,
            consent=SimpleNamespace(recording=True),
            ended=asyncio.Event(),
            log=SimpleNamespace(note=lambda body, source: self.written.append(body), settled=nothing, events=[]),
        )
        self.waiting = WaitingCall(cast("CallRunner", cast("Any", self.call)))

    async def wants_no_contact(self, number: str, asked_utc: datetime | None = None) -> bool:
        since = self.unwanted.get(number)
        return since is not None and (asked_utc is None or since > asked_utc)

    def place(self, call_id: CallId, incoming: Any, route: Route) -> Any:
        """Place a call that is answered or not, and is over at once."""
        self.placed.append((incoming.offer.caller, route))
        ended = asyncio.Event()
        ended.set()
        leg = object() if self.reached else None
        return SimpleNamespace(call_id=call_id, waiting=SimpleNamespace(), start=lambda: None, ended=ended, leg=leg)

    def work(self, agent: str, *skills: str) -> None:
        """Let an agent be ready."""
        self.desk.sign_in(AgentSignedIn(agent=agent, languages=frozenset({"en"}), skills=frozenset(skills)))
        self.desk.ready(agent)

    async def reasons(self) -> list[LeftQueueReason]:
        """Return why contacts left the queue, by the log."""
        await self.desk.settled()
        bodies = (event.body for event in self.store.read("queue", "main"))
        return [body.reason for body in bodies if body.type == "contact_left_queue"]

    def said(self, speaker: str, text: str, start_ms: int) -> None:
        """Let the log have a turn."""
        body = TurnEnded(
            turn_id=TurnId(text),
            speaker="caller" if speaker == "caller" else "bot",
            text=text,
            language="en",
            start_ms=start_ms,
            end_ms=start_ms + 500,
            utterance_ids=(),
            interrupted=False,
        )
        self.call.log.events.append(
            Event(
                stream_kind="call",
                stream_id="c1",
                seq=1,
                at_utc=NOW,
                t_ms=0,
                source="call",
                schema_version=1,
                body=body,
            )
        )


@pytest_asyncio.fixture
async def paper(tmp_path: Path) -> AsyncIterator[Paper]:
    """A call that waits for nobody yet."""
    store = EventStore.open_dir(tmp_path)
    section = DeskSection(
        queue=(QueueSection(name="main", skills=("phone",)),), callback_attempts=2, callback_again_s=60
    )
    room = DeskRoom(section, store, SystemClock())
    await room.start()
    made = Paper(room, store)
    yield made
    await room.stop()
    await made.house.tasks.close()
    store.close()


async def test_when_it_waits_then_the_policy_knows_the_place_and_the_handover_the_offers(paper: Paper) -> None:
    staffed = [paper.waiting.is_staffed]
    paper.work("ana", "phone")
    staffed.append(paper.waiting.is_staffed)
    assert staffed == [False, True]
    paper.waiting.enqueue()
    assert paper.told == [acts.QueuePlace(position=1, expected_wait_s=0)]
    assert paper.wanted == ["offered ana"]
    (offer,) = paper.desk.snapshot("ana")["offers"]
    paper.desk.accept("ana", offer["reservation_id"])
    assert paper.wanted == ["offered ana", "accepted ana"]
    paper.waiting.back()
    assert paper.told[-1].position == 1
    paper.waiting.close()
    assert await paper.reasons() == ["answered", "abandoned"]


async def test_when_the_last_agent_goes_then_the_call_is_given_to_the_people_of_its_number(paper: Paper) -> None:
    paper.work("ana", "phone")
    paper.desk.work_began("ana", "other", "call")
    paper.waiting.enqueue()
    paper.desk.sign_out("ana")
    assert paper.wanted == ["overflowed"]
    assert not paper.waiting.is_staffed, "it does not go round in a circle"
    assert await paper.reasons() == ["overflow"]


async def test_when_nobody_was_left_and_the_caller_asks_again_then_they_wait_for_who_came_back(paper: Paper) -> None:
    paper.work("ana", "phone")
    paper.waiting.enqueue()
    paper.desk.sign_out("ana")
    staffed = [paper.waiting.is_staffed]
    paper.work("ana", "phone")
    staffed.append(paper.waiting.is_staffed)
    paper.handover.target = "sip:people@192.0.2.1"
    staffed.append(paper.waiting.is_staffed)
    assert staffed == [False, True, False], "with people of its number a call is sent to them, not round in a circle"


async def test_when_the_caller_chooses_something_else_then_the_log_says_what(paper: Paper) -> None:
    paper.work("ana", "phone")
    paper.desk.work_began("ana", "other", "call")
    choices: list[acts.StopLooking] = [
        acts.StopLooking(),
        acts.StopLooking(why="callback"),
        acts.StopLooking(why="voicemail"),
    ]
    for choice in choices:
        paper.waiting.enqueue()
        paper.waiting.obey(choice)
    assert await paper.reasons() == ["withdrawn", "callback", "voicemail"]


async def test_when_a_message_is_left_then_what_was_said_since_is_kept_and_an_empty_one_is_not(paper: Paper) -> None:
    paper.said("caller", "I want to leave a message", 1_000)
    paper.t_ms = 3_000
    paper.waiting.obey(acts.TakeMessage())
    paper.waiting.obey(acts.KeepMessage())
    assert paper.written == []
    paper.waiting.obey(acts.TakeMessage())
    paper.said("bot", "Please say your message now", 3_100)
    paper.said("caller", "my meter is broken", 5_000)
    paper.said("caller", "please come on Monday", 8_000)
    paper.t_ms = 14_000
    paper.waiting.close()  # who hangs up has left the message too
    (body,) = paper.written
    assert body.type == "voicemail_left"
    assert (body.text, body.start_ms, body.end_ms) == ("my meter is broken please come on Monday", 3_000, 14_000)


async def test_when_the_caller_gets_angry_then_they_are_ahead_of_who_came_a_little_before(paper: Paper) -> None:
    paper.work("ana", "phone")
    paper.desk.work_began("ana", "other", "call")
    calm = Paper(paper.desk, paper.store)
    calm.waiting.contact_id = "calm"
    calm.waiting.enqueue()
    paper.waiting.enqueue()
    angry = EmotionEstimate(
        anger_prob=0.9, arousal_score=0.9, uncertainty=0.1, abstained=False, reasons=(), model="test"
    )
    paper.waiting.felt(angry, None)
    assert paper.told[-1] == acts.QueuePlace(position=1, expected_wait_s=None)
    assert calm.told[-1] == acts.QueuePlace(position=2, expected_wait_s=None)


def booked(store: EventStore, number: str = "+34612345678", caller: str = "+34612345678") -> None:
    """Let the log have a call that wants to be called back."""
    bodies: list[EventBody] = [
        CallOffered(transport="sip", caller=caller, caller_name="", called="100", peer_call_id="p"),
        CallbackBooked(number=number, language="en", matter="a high bill"),
    ]
    entries = [
        NewEvent(stream_kind="call", stream_id="c1", body=body, t_ms=0, source="call", at_utc=NOW) for body in bodies
    ]
    store.append(entries)


async def test_when_a_call_back_was_promised_then_it_has_the_callers_place_and_is_really_placed(paper: Paper) -> None:
    booked(paper.store)
    paper.callbacks.promise(CallId("c1"), "main", "en", waited_ms=90_000)
    await eventually(lambda: paper.desk.guest("cb-c1") is not None)
    waits = paper.desk.guest("cb-c1")
    assert waits is not None
    assert timedelta(seconds=89) < datetime.now(UTC) - waits.since_utc < timedelta(seconds=99)
    paper.work("ana", "phone")
    await eventually(lambda: bool(paper.desk.snapshot("ana")["offers"][0]["card"]))
    (offer,) = paper.desk.snapshot("ana")["offers"]
    assert offer["card"]["callback_of"] == "c1"
    assert "brief" in offer["card"]
    paper.desk.accept("ana", offer["reservation_id"])
    await eventually(lambda: bool(paper.placed))
    number, route = paper.placed[0]
    assert number == "+34612345678"
    assert route.greeting.startswith("Hello, this is the call back")
    await eventually(lambda: paper.desk.state("ana") == "wrap_up")
    await eventually(lambda: not paper.desk.tables.owed())


async def test_when_nobody_answers_the_call_back_then_it_is_tried_again_later_and_given_up_at_last(
    paper: Paper,
) -> None:
    booked(paper.store)
    paper.reached = False
    paper.work("ana", "phone")
    paper.callbacks.promise(CallId("c1"), "main", "en", waited_ms=0)
    await eventually(lambda: bool(paper.desk.snapshot("ana")["offers"]))
    paper.desk.accept("ana", paper.desk.snapshot("ana")["offers"][0]["reservation_id"])
    await eventually(lambda: [one.attempts for one in paper.desk.tables.owed()] == [1])
    (again,) = paper.desk.tables.owed()
    assert again.not_before_utc - datetime.now(UTC) > timedelta(seconds=50)
    paper.callbacks.missed(again)
    await eventually(lambda: not paper.desk.tables.owed())


@pytest.mark.parametrize(
    ("caller", "since"),
    [("+34612345678", NOW + timedelta(minutes=1)), ("+34612999999", NOW - timedelta(days=9))],
    ids=["wished_after_the_call", "another_asked"],
)
async def test_when_whose_number_it_is_does_not_want_to_be_contacted_then_nobody_is_called_back(
    paper: Paper, caller: str, since: datetime
) -> None:
    booked(paper.store, caller=caller)
    paper.unwanted["+34612345678"] = since
    paper.work("ana", "phone")
    paper.callbacks.promise(CallId("c1"), "main", "en", waited_ms=0)
    await paper.desk.settled()
    await eventually(lambda: not paper.desk.tables.owed())
    assert paper.desk.guest("cb-c1") is None, "no agent is bothered with it"
    assert not paper.placed


async def test_when_who_wanted_no_contact_asks_to_be_called_back_then_they_are(paper: Paper) -> None:
    booked(paper.store)
    paper.unwanted["+34612345678"] = NOW - timedelta(days=9)
    paper.callbacks.promise(CallId("c1"), "main", "en", waited_ms=0)
    await eventually(lambda: paper.desk.guest("cb-c1") is not None)


async def test_when_the_person_was_erased_then_nobody_is_called_back(paper: Paper) -> None:
    booked(paper.store, number="")
    paper.callbacks.promise(CallId("c1"), "main", "en", waited_ms=0)
    await paper.desk.settled()
    await eventually(lambda: not paper.desk.tables.owed())
    assert paper.desk.guest("cb-c1") is None
