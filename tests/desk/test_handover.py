"""Every row of the handover's table, and the rows that it does not have."""

from __future__ import annotations

import pytest

from calls.handover_events import HandoverTarget
from desk import handover_messages as messages
from desk.handover import HandoverMachine
from desk.handover_messages import (
    Accepted,
    BackToBot,
    BriefOver,
    CallerGone,
    CallFailed,
    Complete,
    Consult,
    DropSecond,
    HangUp,
    Hold,
    LineBack,
    LineBroke,
    LineIn,
    LineMissing,
    Merge,
    Mute,
    Offered,
    OfferOver,
    Overflowed,
    PersonAnswered,
    PersonGone,
    PersonRings,
    QueueOver,
    ReferRefused,
    ReferTaken,
    Resume,
    SecondAnswered,
    SecondFailed,
    SecondGone,
    Tick,
    Transfer,
    Wanted,
    Withdrawn,
)
from desk.handover_states import HandoverLimits, HandoverState

NUMBER = HandoverTarget(kind="number", name="+34600000000")
QUEUE = HandoverTarget(kind="queue", name="billing")
SAMPLES: dict[str, messages.Input] = {
    "Wanted": Wanted(),
    "Wanted(refer)": Wanted("refer"),
    "Wanted(queue)": Wanted("queue", "support"),
    "PersonRings": PersonRings(),
    "PersonAnswered": PersonAnswered(),
    "CallFailed": CallFailed("busy"),
    "BriefOver": BriefOver(4_000, whole=True),
    "PersonGone(hung up)": PersonGone(hung_up=True),
    "PersonGone(broke)": PersonGone(hung_up=False),
    "ReferTaken": ReferTaken(),
    "ReferRefused": ReferRefused(),
    "Offered": Offered("ana", 20_000),
    "OfferOver": OfferOver("ana", "declined"),
    "OfferOver(another)": OfferOver("luis", "declined"),
    "Accepted": Accepted("ana"),
    "Accepted(another)": Accepted("luis"),
    "QueueOver": QueueOver(),
    "Overflowed": Overflowed(),
    "LineIn": LineIn(),
    "LineMissing": LineMissing(),
    "LineBroke": LineBroke(),
    "LineBack": LineBack(),
    "Mute": Mute(True),
    "Hold": Hold(),
    "Resume": Resume(),
    "Consult": Consult(NUMBER),
    "Complete": Complete(),
    "Merge": Merge(),
    "DropSecond": DropSecond(),
    "Transfer(number)": Transfer(NUMBER),
    "Transfer(queue)": Transfer(QUEUE),
    "BackToBot": BackToBot("flow:appointment"),
    "HangUp": HangUp(),
    "SecondAnswered": SecondAnswered(),
    "SecondFailed": SecondFailed("no_answer"),
    "SecondGone": SecondGone(),
    "Withdrawn": Withdrawn(),
    "CallerGone": CallerGone(),
    "Tick": Tick(),
}
PHONE = ("Wanted", "PersonAnswered", "BriefOver")
QUEUED = ("Wanted(queue)", "Offered", "Accepted", "LineIn")
WAYS: dict[str, tuple[str, ...]] = {
    "idle": (),
    "referring": ("Wanted(refer)",),
    "calling": ("Wanted",),
    "ringing": ("Wanted", "PersonRings"),
    "briefing": ("Wanted", "PersonRings", "PersonAnswered"),
    "queued": QUEUED[:1],
    "offered": QUEUED[:2],
    "joining": QUEUED[:3],
    "joining, the 2nd time": (*QUEUED[:3], "LineMissing", *QUEUED[1:3]),
    "together": PHONE,
    "together, signed in": QUEUED,
    "on_hold": (*QUEUED, "Hold"),
    "on_hold, phone": (*PHONE, "Hold"),
    "reaching": (*QUEUED, "Consult"),
    "reaching, phone": (*PHONE, "Consult"),
    "consulting": (*QUEUED, "Consult", "SecondAnswered"),
    "conference": (*QUEUED, "Consult", "SecondAnswered", "Merge"),
    "restoring": (*QUEUED, "LineBroke"),
    "restoring, held": (*QUEUED, "Hold", "LineBroke"),
    "restoring, second": (*QUEUED, "Consult", "SecondAnswered", "LineBroke"),
    "over": ("CallerGone",),
}
"""How a state is reached; words after a comma tell apart what a state remembers."""
ROWS = {
    "idle --Wanted--> calling: Started CallPerson",
    "idle --Wanted(refer)--> referring: Started AskLine",
    "idle --Wanted(queue)--> queued: Started Enqueue",
    "idle --CallerGone--> over: LetGo",
    "idle --Offered--> idle: LeaveQueue",
    "idle --Accepted--> idle: TooLate",
    "idle --Accepted(another)--> idle: TooLate",
    "referring --ReferTaken--> over: Completed",
    "referring --ReferRefused--> calling: Started CallPerson",
    "referring --CallerGone--> over: LetGo Cancelled",
    "calling --PersonRings--> ringing: NoteRinging",
    "calling --PersonAnswered--> briefing: Brief",
    "calling --CallFailed--> idle: LetGo Failed",
    "calling --Withdrawn--> idle: LetGo Cancelled",
    "calling --CallerGone--> over: LetGo Cancelled",
    "calling --Tick--> idle: LetGo Failed",
    "ringing --PersonAnswered--> briefing: Brief",
    "ringing --CallFailed--> idle: LetGo Failed",
    "ringing --Withdrawn--> idle: LetGo Cancelled",
    "ringing --CallerGone--> over: LetGo Cancelled",
    "ringing --Tick--> idle: LetGo Failed",
    "briefing --BriefOver--> together: Join",
    "briefing --PersonGone(hung up)--> idle: LetGo Failed",
    "briefing --PersonGone(broke)--> idle: LetGo Failed",
    "briefing --Withdrawn--> idle: LetGo Cancelled",
    "briefing --CallerGone--> over: LetGo Cancelled",
    "briefing --Tick--> together: Join",
    "queued --Offered--> offered: NoteOffered",
    "queued --Accepted--> joining: BringIn",
    "queued --Accepted(another)--> joining: BringIn",
    "queued --QueueOver--> idle: Failed",
    "queued --Overflowed--> calling: Started CallPerson",
    "queued --Withdrawn--> idle: LeaveQueue Cancelled",
    "queued --CallerGone--> over: LeaveQueue LetGo Cancelled",
    "queued --Tick--> idle: LeaveQueue Failed",
    "offered --Offered--> offered: NoteOffered",
    "offered --OfferOver--> queued: NoteOfferOver",
    "offered --Accepted--> joining: BringIn",
    "offered --Accepted(another)--> joining: BringIn",
    "offered --QueueOver--> idle: Failed",
    "offered --Overflowed--> calling: Started CallPerson",
    "offered --Withdrawn--> idle: LeaveQueue Cancelled",
    "offered --CallerGone--> over: LeaveQueue LetGo Cancelled",
    "offered --Tick--> idle: LeaveQueue Failed",
    "joining --LineIn--> together: Join",
    "joining --LineMissing--> queued: LetGo Requeue",
    "joining --PersonGone(hung up)--> queued: LetGo Requeue",
    "joining --PersonGone(broke)--> queued: LetGo Requeue",
    "joining --Tick--> queued: LetGo Requeue",
    "joining --Withdrawn--> idle: LetGo Released Cancelled",
    "joining --CallerGone--> over: LetGo Released Cancelled",
    "joining, the 2nd time --LineIn--> together: Join",
    "joining, the 2nd time --LineMissing--> idle: LetGo Released Failed",
    "joining, the 2nd time --PersonGone(hung up)--> idle: LetGo Released Failed",
    "joining, the 2nd time --PersonGone(broke)--> idle: LetGo Released Failed",
    "joining, the 2nd time --Tick--> idle: LetGo Released Failed",
    "joining, the 2nd time --Withdrawn--> idle: LetGo Released Cancelled",
    "joining, the 2nd time --CallerGone--> over: LetGo Released Cancelled",
    "together --PersonGone(hung up)--> idle: LetGo Released PersonDone",
    "together --PersonGone(broke)--> idle: LetGo Released PersonLost",
    "together, signed in --PersonGone(hung up)--> idle: LetGo Released PersonDone",
    "together, signed in --PersonGone(broke)--> queued: LetGo Released GoOn Started Enqueue",
    "on_hold --PersonGone(hung up)--> idle: LetGo Released TakeBack PersonDone",
    "on_hold --PersonGone(broke)--> queued: LetGo Released TakeBack GoOn Started Enqueue",
    "on_hold --Resume--> together: TakeBack",
    "on_hold --Tick--> on_hold: TellCaller",
    "on_hold, phone --PersonGone(hung up)--> idle: LetGo Released TakeBack PersonDone",
    "on_hold, phone --PersonGone(broke)--> idle: LetGo Released TakeBack PersonLost",
    "on_hold, phone --Resume--> together: TakeBack",
    "on_hold, phone --Tick--> on_hold: TellCaller",
    "reaching --SecondAnswered--> consulting: LetSecondIn",
    "reaching --SecondFailed--> together: LetSecondGo TakeBack",
    "reaching --DropSecond--> together: LetSecondGo TakeBack",
    "reaching --Tick--> together: LetSecondGo TakeBack",
    "reaching --LineBroke--> restoring: LetSecondGo TellCaller",
    "reaching --PersonGone(hung up)--> queued: LetSecondGo LetGo Released TakeBack GoOn Started Enqueue",
    "reaching --PersonGone(broke)--> queued: LetSecondGo LetGo Released TakeBack GoOn Started Enqueue",
    "reaching, phone --SecondAnswered--> consulting: LetSecondIn",
    "reaching, phone --SecondFailed--> together: LetSecondGo TakeBack",
    "reaching, phone --DropSecond--> together: LetSecondGo TakeBack",
    "reaching, phone --Tick--> together: LetSecondGo TakeBack",
    "reaching, phone --LineBroke--> restoring: LetSecondGo TellCaller",
    "reaching, phone --PersonGone(hung up)--> idle: LetSecondGo LetGo Released TakeBack PersonLost",
    "reaching, phone --PersonGone(broke)--> idle: LetSecondGo LetGo Released TakeBack PersonLost",
    "consulting --Complete--> together: Promote TakeBack",
    "consulting --Merge--> conference: JoinAll TakeBack",
    "consulting --DropSecond--> together: LetSecondGo TakeBack",
    "consulting --SecondGone--> together: LetSecondGo TakeBack",
    "consulting --PersonGone(hung up)--> together: Promote TakeBack",
    "consulting --PersonGone(broke)--> together: Promote TakeBack",
    "consulting --LineBroke--> restoring: TellCaller",
    "consulting --Tick--> consulting: TellCaller",
    "conference --Complete--> together: Promote",
    "conference --HangUp--> together: Promote",
    "conference --DropSecond--> together: LetSecondGo",
    "conference --SecondGone--> together: LetSecondGo",
    "conference --PersonGone(hung up)--> together: Promote",
    "conference --PersonGone(broke)--> together: Promote",
    "conference --LineBroke--> together: Promote",
    "restoring --LineBack--> together: TellCaller TakeBack",
    "restoring --Tick--> queued: LetGo Released TakeBack GoOn Started Enqueue",
    "restoring --PersonGone(hung up)--> queued: LetGo Released TakeBack GoOn Started Enqueue",
    "restoring --PersonGone(broke)--> queued: LetGo Released TakeBack GoOn Started Enqueue",
    "restoring --HangUp--> idle: LetGo Released TakeBack PersonDone",
    "restoring, held --LineBack--> on_hold: TellCaller",
    "restoring, held --Tick--> queued: LetGo Released TakeBack GoOn Started Enqueue",
    "restoring, held --PersonGone(hung up)--> queued: LetGo Released TakeBack GoOn Started Enqueue",
    "restoring, held --PersonGone(broke)--> queued: LetGo Released TakeBack GoOn Started Enqueue",
    "restoring, held --HangUp--> idle: LetGo Released TakeBack PersonDone",
    "restoring, second --LineBack--> consulting: TellCaller",
    "restoring, second --Tick--> together: Promote TakeBack",
    "restoring, second --PersonGone(hung up)--> together: Promote TakeBack",
    "restoring, second --PersonGone(broke)--> together: Promote TakeBack",
    "restoring, second --HangUp--> together: Promote TakeBack",
    "restoring, second --SecondGone--> restoring: LetSecondGo",
    *(
        f"{way} --{row}"
        for way in ("together", "together, signed in")
        for row in (
            "LineBroke--> restoring: HoldCaller TellCaller",
            "Hold--> on_hold: HoldCaller",
            "Consult--> reaching: HoldCaller CallSecond",
            "Transfer(number)--> calling: LetGo Released GoOn Started CallPerson",
            "Transfer(queue)--> queued: LetGo Released GoOn Started Enqueue",
            "BackToBot--> idle: LetGo Released GiveToBot",
            "HangUp--> idle: LetGo Released PersonDone",
        )
    ),
    *(
        f"{way} --{row}"
        for way in ("on_hold", "on_hold, phone")
        for row in (
            "LineBroke--> restoring: TellCaller",
            "Consult--> reaching: CallSecond",
            "Transfer(number)--> calling: LetGo Released TakeBack GoOn Started CallPerson",
            "Transfer(queue)--> queued: LetGo Released TakeBack GoOn Started Enqueue",
            "BackToBot--> idle: LetGo Released TakeBack GiveToBot",
            "HangUp--> idle: LetGo Released TakeBack PersonDone",
        )
    ),
    *(
        f"{way} --Mute--> {way.partition(',')[0]}: SetMute"
        for way in WAYS
        if way.startswith(("together", "on_hold", "reaching", "consulting", "conference"))
    ),
    *(
        f"{way} --CallerGone--> over: LetGo Released"
        for way in ("together", "together, signed in", "on_hold", "on_hold, phone", "restoring", "restoring, held")
    ),
    *(
        f"{way} --CallerGone--> over: LetSecondGo LetGo Released"
        for way in ("reaching", "reaching, phone", "consulting", "conference", "restoring, second")
    ),
    *(
        f"{way} --Offered--> {way.partition(',')[0]}: LeaveQueue"
        for way in WAYS
        if way not in ("idle", "queued", "offered")
    ),
    *(
        f"{way} --Accepted(another)--> {way.partition(',')[0]}: TooLate"
        for way in WAYS
        if way not in ("idle", "queued", "offered")
    ),
    *(
        f"{way} --Accepted--> {way}: TooLate"
        for way in ("referring", "calling", "ringing", "briefing", "together", "over")
    ),
    *(f"{way} --Accepted--> {way.partition(',')[0]}: TooLate" for way in ("on_hold, phone", "reaching, phone")),
}


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("way", WAYS)
def test_each_state_and_input_does_what_its_row_says_or_nothing(way: str, name: str) -> None:
    machine = HandoverMachine()
    for step in WAYS[way]:
        machine.step(SAMPLES[step], 0)
    state = machine.state
    assert state.value == way.partition(",")[0]
    done = machine.step(SAMPLES[name], 10**8)
    row = f"{way} --{name}--> {machine.state.value}: {' '.join(type(c).__name__ for c in done)}".strip()
    expected = [r for r in ROWS if r.startswith(f"{way} --{name}-->")]
    if expected:
        assert row == expected[0]
    else:
        assert done == [], row
        assert machine.state is state


def test_the_rows_name_every_state_that_the_machine_has() -> None:
    assert {way.partition(",")[0] for way in WAYS} == {state.value for state in HandoverState}
    assert {row.partition(" --")[0] for row in ROWS} == set(WAYS)


def test_when_nobody_answers_in_time_then_that_is_the_reason() -> None:
    machine = HandoverMachine(HandoverLimits(ring_ms=20_000))
    machine.step(Wanted(), 1_000)
    machine.step(PersonRings(), 2_000)
    assert machine.next_deadline_ms() == 21_000
    assert machine.step(Tick(), 20_999) == []
    assert machine.step(Tick(), 21_000) == [messages.LetGo(), messages.Failed("no_answer")]


def test_when_an_attempt_failed_then_another_may_follow() -> None:
    machine = HandoverMachine()
    for event in (Wanted(), CallFailed("busy"), Wanted(), PersonAnswered(), BriefOver(1, whole=True)):
        machine.step(event, 0)
    assert machine.state is HandoverState.TOGETHER
