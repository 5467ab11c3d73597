"""The machine of one conversation: every row of its table, and laws over all that can happen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.conversation_events import (
    AgentWentOut,
    ConversationClosed,
    ConversationOpened,
    ConversationReopened,
    MessageFailed,
    MessagePassed,
    MessageReceived,
    MessageSent,
    StaffAwaited,
)
from calls.events import Event, EventBody
from calls.ids import MessageId
from channels import conversation_messages as c
from channels.conversation import HOUR_MS, RETRY_AFTER_MS, TYPING_MOST_MS, ConversationMachine, ConversationRules

CHAT = ConversationRules(delivers=False)
MAIL = ConversationRules(gather_ms=0)
STAFF_ONLY = ConversationRules(bot=False)
T0 = 1_790_000_000_000


class Case:
    """A machine, its log and a clock."""

    def __init__(self, rules: ConversationRules = CHAT) -> None:
        self.rules = rules
        self.machine = ConversationMachine(rules)
        self.events: list[Event] = []
        self.now = T0
        self.names = 0

    def step(self, event: c.ConversationInput, after_ms: int = 1_000) -> tuple[c.ConversationOutput, ...]:
        self.now += after_ms
        outputs = self.machine.step(event, self.now)
        for output in outputs:
            if isinstance(output, c.Write):
                self._append(output)
        return outputs

    def _append(self, write: c.Write) -> None:
        events = [
            Event(
                stream_kind="conversation",
                stream_id="c1",
                seq=len(self.events) + at,
                at_utc=datetime.fromtimestamp(self.now / 1000, UTC),
                t_ms=None,
                source=write.by,
                schema_version=1,
                body=body,
            )
            for at, body in enumerate(write.bodies, 1)
        ]
        self.events += events
        self.machine.take(events)

    def name(self, prefix: str = "m") -> MessageId:
        self.names += 1
        return MessageId(f"{prefix}{self.names}")

    def write(self, text: str = "hello", external_id: str = "", after_ms: int = 1_000) -> MessageId:
        name = self.name()
        self.step(received(name, text, external_id), after_ms)
        return name

    def answer(self, **how: object) -> MessageId:
        """Let the quiet pass and the bot answer."""
        outputs = self.step(c.Tick(), self.rules.gather_ms + TYPING_MOST_MS)
        wanted = next(output for output in outputs if isinstance(output, c.Answer))
        name = self.name("b")
        reply = c.BotReplied(answers=wanted.message_ids[-1], message_id=name, facts=(), text="answer")
        self.step(replace(reply, **how))  # type: ignore[arg-type]
        return name

    def bodies(self, kind: type[EventBody]) -> list[EventBody]:
        return [event.body for event in self.events if isinstance(event.body, kind)]

    @property
    def answering(self) -> str:
        return self.machine.state.answering


def received(name: MessageId, text: str = "hello", external_id: str = "") -> c.Received:
    return c.Received(
        message_id=name,
        text=text,
        external_id=external_id,
        channel="chat",
        provider="web",
        address="v1",
        language="en",
    )


def with_agent() -> Case:
    case = Case()
    case.write()
    case.step(c.AgentJoins("ada"))
    return case


def test_when_a_first_message_comes_then_the_conversation_opens_and_the_bot_answers_after_a_quiet_moment() -> None:
    case = Case()
    name = case.write()
    assert [event.body.type for event in case.events] == ["conversation_opened", "message_received"]
    assert case.answering == "bot"
    assert case.machine.next_deadline_ms() == case.now + CHAT.gather_ms
    assert case.step(c.Tick(), CHAT.gather_ms - 1) == ()
    assert case.step(c.Tick(), 1) == (c.Answer((name,)),)
    assert case.step(c.Tick(), 1_000) == (), "it is being answered already"


def test_when_several_lines_come_in_a_row_then_they_are_answered_as_one() -> None:
    case = Case()
    names = (case.write("my bill"), case.write("is so high", after_ms=300), case.write("why?", after_ms=300))
    assert case.step(c.Tick(), CHAT.gather_ms) == (c.Answer(names),)


def test_when_the_customer_goes_on_typing_then_the_bot_waits_but_not_for_ever() -> None:
    case = Case()
    case.write()
    began = case.now
    for _ in range(20):
        case.step(c.CustomerTypes(), 1_000)
        if case.step(c.Tick(), 0):
            break
    assert case.now - began == TYPING_MOST_MS


def test_when_a_message_comes_twice_then_it_is_taken_once() -> None:
    case = Case()
    name = case.write(external_id="x1")
    assert case.step(received(name)) == ()
    assert case.step(received(MessageId("other"), external_id="x1")) == ()
    assert len(case.bodies(MessageReceived)) == 1


def test_when_the_bot_has_nothing_to_say_then_the_message_counts_as_answered_and_nothing_is_sent() -> None:
    case = Case(MAIL)
    case.write()
    case.answer(text="")
    assert case.machine.state.unanswered == []
    assert len(case.bodies(MessagePassed)) == 1
    assert case.bodies(MessageSent) == []


def test_when_a_human_is_wanted_and_there_is_one_then_the_customer_waits_and_the_bot_stays_attentive() -> None:
    case = Case()
    case.write()
    case.answer(wants_staff="live")
    assert case.answering == "waiting"
    case.write("are you there?")
    case.answer()
    assert case.answering == "waiting"
    assert len(case.bodies(StaffAwaited)) == 1


def test_when_nobody_is_there_then_the_bot_goes_on_and_staff_owe_an_answer_that_keeps_it_open() -> None:
    case = Case()
    case.write()
    case.answer(wants_staff="later")
    assert case.answering == "bot"
    assert case.machine.state.staff_owed
    assert case.machine.next_deadline_ms() is None
    assert case.step(c.Tick(), CHAT.close_after_ms * 3) == ()


def test_when_nobody_comes_while_the_customer_waits_then_they_are_told_and_staff_owe_an_answer() -> None:
    case = Case()
    case.write()
    case.answer(wants_staff="live")
    case.step(c.NobodyCame(message_id=MessageId("n"), text="nobody is free"))
    assert case.answering == "bot"
    assert case.machine.state.staff_owed
    assert case.machine.state.messages[MessageId("n")].author == "bot"


def test_when_the_customer_does_not_want_to_wait_any_more_then_staff_owe_nothing() -> None:
    case = Case()
    case.write()
    case.answer(wants_staff="live")
    case.write("never mind")
    case.answer(stops_waiting=True)
    assert case.answering == "bot"
    assert not case.machine.state.staff_owed


def test_when_a_human_enters_while_the_bot_thinks_then_the_bots_reply_is_dropped() -> None:
    case = Case()
    name = case.write()
    case.step(c.Tick(), CHAT.gather_ms)
    case.step(c.AgentJoins("ada"))
    assert case.step(c.BotReplied(answers=name, message_id=MessageId("b"), facts=(), text="late")) == ()
    assert case.bodies(MessageSent) == []


def test_when_an_agent_writes_then_entering_is_implied_and_the_same_message_is_sent_once() -> None:
    case = Case()
    case.write()
    sent = c.AgentWrites(agent="ada", message_id=MessageId("a1"), text="hello, this is Ada")
    case.step(sent)
    assert case.answering == "agent"
    assert case.machine.state.unanswered == []
    assert case.step(sent) == ()


def test_when_another_agent_has_it_then_it_is_refused() -> None:
    case = with_agent()
    assert case.step(c.AgentJoins("bob")) == (c.Refuse("conversation.taken"),)
    writes = c.AgentWrites(agent="bob", message_id=MessageId("a1"), text="me too")
    assert case.step(writes) == (c.Refuse("conversation.taken"),)
    assert case.step(c.AgentJoins("ada")) == ()


@pytest.mark.parametrize(
    ("reason", "then"), [("done", "closed"), ("handed_back", "bot"), ("transferred", "waiting"), ("lost", "waiting")]
)
def test_when_an_agent_leaves_then_the_reason_says_who_answers(reason: str, then: str) -> None:
    case = with_agent()
    case.step(c.AgentLeaves(agent="bob", reason="done"))
    assert case.answering == "agent", "it is not Bob's"
    case.step(c.AgentLeaves(agent="ada", reason=reason))  # type: ignore[arg-type]
    assert case.answering == then
    assert len(case.bodies(AgentWentOut)) == 1


def test_when_an_agent_hands_back_then_the_bot_begins_anew_from_there() -> None:
    case = with_agent()
    case.step(c.AgentLeaves(agent="ada", reason="handed_back"))
    assert case.machine.state.begun_seq == case.events[-1].seq


def test_when_it_was_silent_for_long_then_it_is_closed_and_a_late_message_opens_it_again() -> None:
    case = Case()
    case.write()
    case.answer()
    case.step(c.Tick(), CHAT.close_after_ms - 1)
    assert case.answering == "bot"
    case.step(c.Tick(), 1)
    assert case.bodies(ConversationClosed) == [ConversationClosed(reason="silent")]
    assert case.machine.next_deadline_ms() is None
    assert case.machine.may_go_on(case.now + CHAT.reopen_ms)
    assert not case.machine.may_go_on(case.now + CHAT.reopen_ms + 1)
    case.write("one more thing")
    assert case.answering == "bot"
    assert len(case.bodies(ConversationReopened)) == 1
    assert len(case.bodies(ConversationOpened)) == 1


def test_when_the_bot_says_goodbye_then_it_is_closed_unless_staff_owe_an_answer() -> None:
    case = Case()
    case.write()
    case.answer(ends=True)
    assert case.answering == "closed"
    case.write()
    case.answer(wants_staff="later")
    case.write("bye")
    case.answer(ends=True)
    assert case.answering == "bot"


def test_when_the_customer_ends_it_then_an_agent_in_it_goes_out_first() -> None:
    case = with_agent()
    case.step(c.CustomerLeft())
    assert [event.body.type for event in case.events[-2:]] == ["agent_went_out", "conversation_closed"]
    assert case.step(c.CustomerLeft()) == ()


def test_when_the_bot_fails_then_it_tries_again_after_a_while() -> None:
    case = Case()
    name = case.write()
    case.step(c.Tick(), CHAT.gather_ms)
    case.step(c.BotFailed())
    assert case.step(c.Tick(), RETRY_AFTER_MS[0] - 1) == ()
    assert case.step(c.Tick(), 1) == (c.Answer((name,)),)


def test_when_no_bot_answers_here_then_staff_owe_the_answer() -> None:
    case = Case(STAFF_ONLY)
    case.write()
    assert case.answering == "nobody"
    assert case.machine.state.staff_owed
    case.write()
    assert len(case.bodies(StaffAwaited)) == 1
    assert case.step(c.Tick(), HOUR_MS) == ()
    case.step(c.AgentWrites(agent="ada", message_id=MessageId("a1"), text="hello"))
    assert not case.machine.state.staff_owed


def test_when_the_bot_thinks_then_the_answer_is_owed_all_the_same() -> None:
    case = Case()
    case.write()
    case.step(c.Tick(), CHAT.gather_ms)
    assert case.machine.next_deadline_ms() is None
    assert case.machine.due_if_lost_ms() == T0 + 1_000 + CHAT.gather_ms


def test_when_a_message_is_not_taken_then_it_is_tried_with_growing_waits_and_then_staff_are_told() -> None:
    case = Case(MAIL)
    case.write()
    name = case.answer()
    for at, wait in enumerate(RETRY_AFTER_MS):
        case.step(c.NotDelivered(message_id=name, reason="smtp.away", retryable=True))
        assert case.machine.state.messages[name].tries == at + 1
        assert c.Deliver(name) not in case.step(c.Tick(), wait - 1)
        assert c.Deliver(name) in case.step(c.Tick(), 1)
    case.step(c.NotDelivered(message_id=name, reason="smtp.away", retryable=True))
    assert [body.final for body in case.bodies(MessageFailed) if isinstance(body, MessageFailed)][-1]
    assert case.machine.state.messages[name].delivery == "failed"
    assert case.machine.state.staff_owed
    assert c.Deliver(name) not in case.step(c.Tick(), HOUR_MS)


def test_when_news_of_a_message_come_out_of_order_then_it_never_goes_back() -> None:
    case = Case(MAIL)
    case.write()
    name = case.answer()
    case.step(c.Arrived(message_id=name, state="accepted", external_id="x9"))
    case.step(c.Arrived(message_id=name, state="read"))
    assert case.step(c.Arrived(message_id=name, state="delivered")) == ()
    assert case.machine.state.messages[name].delivery == "read"
    assert case.machine.state.messages[name].external_id == "x9"


HAPPENS = [
    "write",
    "twice",
    "type",
    "tick",
    "reply",
    "live",
    "later",
    "stop",
    "bye",
    "silent",
    "fail",
    "nobody",
    "join",
    "agent",
    "done",
    "back",
    "transfer",
    "lost",
    "leave",
    "accepted",
    "undelivered",
]
INPUTS = st.lists(
    st.tuples(st.sampled_from(HAPPENS), st.sampled_from([0, 300, 1_000, 5_000, 60_000, HOUR_MS, 25 * HOUR_MS])),
    max_size=40,
)
REPLIES: dict[str, dict[str, object]] = {
    "reply": {},
    "live": {"wants_staff": "live"},
    "later": {"wants_staff": "later"},
    "stop": {"stops_waiting": True},
    "bye": {"ends": True},
    "silent": {"text": ""},
}
LEAVES = {"done": "done", "back": "handed_back", "transfer": "transferred", "lost": "lost"}


def play(case: Case, steps: list[tuple[str, int]]) -> list[c.Answer]:
    """Let things happen; return what the bot was asked."""
    asked: list[c.Answer] = []
    for what, after_ms in steps:
        state = case.machine.state
        ours = [name for name, each in state.messages.items() if each.author != "customer"]
        if what == "write":
            case.write(after_ms=after_ms)
            continue
        if what in REPLIES:
            outputs = case.step(c.Tick(), after_ms)
            now = [output for output in outputs if isinstance(output, c.Answer)]
            asked += now
            if now:
                reply = c.BotReplied(answers=now[0].message_ids[-1], message_id=case.name("b"), facts=(), text="answer")
                case.step(replace(reply, **REPLIES[what]))  # type: ignore[arg-type]
            continue
        event: c.ConversationInput = c.Tick()
        if what == "twice":
            event = received(MessageId("m1"), external_id="")
        elif what == "type":
            event = c.CustomerTypes()
        elif what == "fail":
            event = c.BotFailed()
        elif what == "nobody":
            event = c.NobodyCame(message_id=case.name("n"), text="nobody")
        elif what == "join":
            event = c.AgentJoins("ada")
        elif what == "agent":
            event = c.AgentWrites(agent="ada", message_id=case.name("a"), text="hello")
        elif what in LEAVES:
            event = c.AgentLeaves(agent="ada", reason=LEAVES[what])  # type: ignore[arg-type]
        elif what == "leave":
            event = c.CustomerLeft()
        elif what == "accepted" and ours:
            event = c.Arrived(message_id=ours[-1], state="accepted")
        elif what == "undelivered" and ours:
            event = c.NotDelivered(message_id=ours[-1], reason="away", retryable=True)
        asked += [output for output in case.step(event, after_ms) if isinstance(output, c.Answer)]
    return asked


@given(INPUTS, st.sampled_from([CHAT, MAIL, STAFF_ONLY]), st.data())
def test_whatever_happens_then_the_state_is_the_fold_of_the_log_at_every_split(
    steps: list[tuple[str, int]], rules: ConversationRules, data: st.DataObject
) -> None:
    case = Case(rules)
    play(case, steps)
    cut = data.draw(st.integers(0, len(case.events)))
    again = ConversationMachine(rules)
    again.take(case.events[:cut])
    again.take(case.events)
    assert again.state == case.machine.state


@given(INPUTS, st.sampled_from([CHAT, MAIL, STAFF_ONLY]))
def test_whatever_happens_then_no_message_is_answered_twice_and_the_bot_is_silent_beside_a_human(
    steps: list[tuple[str, int]], rules: ConversationRules
) -> None:
    case = Case(rules)
    play(case, steps)
    answers = [
        body.answers
        for body in case.bodies(MessageSent)
        if isinstance(body, MessageSent) and body.author == "bot" and body.answers is not None
    ]
    assert len(answers) == len(set(answers))
    names = [body.message_id for body in case.bodies(MessageReceived) if isinstance(body, MessageReceived)]
    assert len(names) == len(set(names))
    watcher = ConversationMachine(rules)
    for event in case.events:
        body = event.body
        if isinstance(body, MessageSent) and body.author == "bot":
            own_accord = ("nobody",) if body.answers is None else ()
            assert watcher.state.answering in ("bot", "waiting", *own_accord)
        if isinstance(body, ConversationClosed | ConversationOpened):
            assert (watcher.state.answering == "none") == isinstance(body, ConversationOpened)
            assert watcher.state.answering != "closed"
        watcher.take([event])


@given(INPUTS, st.sampled_from([CHAT, MAIL]))
def test_whatever_happens_then_a_restart_answers_what_was_not_answered_and_nothing_else(
    steps: list[tuple[str, int]], rules: ConversationRules
) -> None:
    case = Case(rules)
    play(case, steps)
    again = ConversationMachine(rules)
    again.take(case.events)
    outputs = again.step(c.Tick(), case.now + rules.gather_ms + TYPING_MOST_MS)
    asked = [output for output in outputs if isinstance(output, c.Answer)]
    owed = case.machine.state.unanswered if case.answering in ("bot", "waiting") else []
    assert asked == ([c.Answer(tuple(owed))] if owed else [])


@given(INPUTS, st.sampled_from([CHAT, MAIL, STAFF_ONLY]))
def test_whatever_happens_then_a_customer_who_wrote_is_owed_something_until_somebody_answers(
    steps: list[tuple[str, int]], rules: ConversationRules
) -> None:
    case = Case(rules)
    play(case, steps)
    again = ConversationMachine(rules)
    again.take(case.events)
    state = again.state
    if state.unanswered and state.answering in ("bot", "waiting") and rules.bot:
        assert again.next_deadline_ms() is not None
    elif state.unanswered and state.answering != "agent":
        assert state.staff_owed
