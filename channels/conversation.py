"""The life of one conversation in text as a pure machine: who answers now, what is due, what was delivered.

              .------------------ ConversationReopened, MessageReceived ------------------.
              v                                                                           |
    none -> BOT --StaffAwaited(live)--> WAITING --AgentEntered--> AGENT --AgentWentOut--> CLOSED
             | ^ `-StaffWaitOver-----------'  ^                    | |                    ^
             | '--- AgentWentOut(handed_back) | ------------------ ' '- transferred, lost -'-> WAITING
             '------------- silence, goodbye, the customer leaves ------------------------'
    Where no bot answers, NOBODY stands in its place until an agent enters.

The state is a fold of the conversation's facts (`take`), so a restart, or another process, knows the same. `step`
decides: it returns facts to be written (`Write`) and deeds (`Answer`, `Deliver`), and changes nothing that a restart
would miss; what it wrote comes back through `take`. Times are wall-clock milliseconds since 1970, since conversations
outlive processes. A reply of the bot is due from the customer's words until it stands in the log, together with what
it follows from: so it is decided again when it was lost, and never twice when it was not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from calls.conversation_events import (
    AgentEntered,
    AgentWentOut,
    Channel,
    ConversationClosed,
    ConversationOpened,
    ConversationReopened,
    MessageDelivered,
    MessageFailed,
    MessagePassed,
    MessageReceived,
    MessageSent,
    StaffAwaited,
    StaffWaitOver,
)
from calls.events import ActDecided, Event, EventBody, LanguageChosen
from calls.ids import Language, MessageId
from channels.conversation_messages import (
    AgentJoins,
    AgentLeaves,
    AgentWrites,
    Answer,
    Arrived,
    BotFailed,
    BotReplied,
    ConversationInput,
    ConversationOutput,
    CustomerLeft,
    CustomerTypes,
    Deliver,
    NobodyCame,
    NotDelivered,
    Received,
    Refuse,
    Tick,
    Write,
)

Answering = Literal["none", "bot", "nobody", "waiting", "agent", "closed"]
DeliveryState = Literal["pending", "accepted", "delivered", "read", "failed"]

_ORDER: dict[DeliveryState, int] = {"pending": 0, "failed": 0, "accepted": 1, "delivered": 2, "read": 3}

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS

RETRY_AFTER_MS = (30_000, 2 * MINUTE_MS, 10 * MINUTE_MS, HOUR_MS, 4 * HOUR_MS, 12 * HOUR_MS)
"""Waits between tries to deliver; then it failed for good, after 17 hours. Source: RFC 5321 section 4.5.4.1 asks of
mail queues several tries with growing waits; a support answer is stale after a day."""

SENDING_MS = 2 * MINUTE_MS
"""How long handing a message to a provider may take until its process counts as lost. Source: ways out wait a minute
for their turn and as long for an answer at most."""

TYPING_MS = 4_000
"""How long a sign of typing counts. Source: pages repeat it every 2 to 3 s."""

TYPING_MOST_MS = 20_000
"""Longest that an answer waits for somebody who goes on typing. Source: our choice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationRules:
    """What holds for one provider."""

    bot: bool = True
    """Whether the bot answers; else staff alone do."""
    gather_ms: int = 800
    """Quiet after a message until the bot answers, so that several short lines are one question. 0 for e-mail."""
    close_after_ms: int = 24 * HOUR_MS
    """Silence after which a conversation that owes nothing is closed."""
    reopen_ms: int = 7 * 24 * HOUR_MS
    """How long after its end a message still belongs to it; later ones begin another."""
    delivers: bool = True
    """Whether messages are handed to a provider, with tries; false where the customer's page fetches them."""
    queue: str = ""
    """Whose people answer, as long as nobody hands it to another queue; empty: the usual ones."""


@dataclass(slots=True)
class MessageState:
    """What is known of one message."""

    message_id: MessageId
    author: Literal["customer", "bot", "agent"]
    at_ms: int
    seq: int = 0
    """Number of its fact."""
    external_id: str = ""
    delivery: DeliveryState = "delivered"
    tries: int = 0
    due_ms: int = 0
    """When a pending one is to be tried next."""
    answers: MessageId | None = None


@dataclass(slots=True)
class ConversationState:
    """The fold of a conversation's facts."""

    answering: Answering = "none"
    channel: Channel = "chat"
    provider: str = ""
    address: str = ""
    name: str = ""
    subject: str = ""
    language: Language = "es"
    agent: str = ""
    last_agent: str = ""
    """Who wrote last, also when gone: the next hand-over is offered there first."""
    queue: str = ""
    staff_owed: bool = False
    """Staff shall still answer, whoever answers meanwhile."""
    waits_since_ms: int = 0
    """Since when staff are owed."""
    opened_ms: int = 0
    begun_seq: int = 0
    """Number of the fact from which on the bot answers: opened, reopened, or handed back by an agent."""
    last_ms: int = 0
    """When somebody last wrote."""
    told_hours_ms: int = 0
    """When the customer was last told that people are not in; 0 for never."""
    closed_ms: int = 0
    seq: int = 0
    """Number of the last fact."""
    messages: dict[MessageId, MessageState] = field(default_factory=dict)
    unanswered: list[MessageId] = field(default_factory=list)
    """Messages of the customer that nobody has answered, in order."""
    externals: set[str] = field(default_factory=set)


class ConversationMachine:
    """One conversation. `take` what is in the log, `step` for what to do."""

    def __init__(self, rules: ConversationRules) -> None:
        """Start before the first fact."""
        self.rules = rules
        self.state = ConversationState()
        self._thinking = False
        self._typed_ms: int | None = None
        self._not_before_ms = 0
        self._sending: set[MessageId] = set()

    @property
    def queue(self) -> str:
        """The queue that it waits in, or would."""
        return self.state.queue or self.rules.queue

    # The fold

    def take(self, events: Sequence[Event]) -> None:
        """Take facts of the log, in order; those that are known are passed over."""
        for event in events:
            if event.seq > self.state.seq:
                self._take(event.body, event.seq, int(event.at_utc.timestamp() * 1000))
                self.state.seq = event.seq

    def _take(self, body: EventBody, seq: int, at_ms: int) -> None:
        state = self.state
        match body:
            case ConversationOpened():
                state.channel, state.provider, state.address = body.channel, body.provider, body.address
                state.name, state.subject, state.language = body.name, body.subject, body.language
                state.opened_ms = state.last_ms = at_ms
                state.begun_seq = seq
                state.answering = self._without_staff()
            case ConversationReopened():
                state.begun_seq, state.closed_ms = seq, 0
                state.answering = self._without_staff()
            case MessageReceived():
                state.last_ms = at_ms
                state.messages[body.message_id] = MessageState(
                    body.message_id, "customer", at_ms, seq, external_id=body.external_id
                )
                state.unanswered.append(body.message_id)
                if body.external_id:
                    state.externals.add(body.external_id)
            case MessageSent():
                self._sent(body, seq, at_ms)
            case MessagePassed():
                self._answered(body.message_id)
            case MessageDelivered():
                self._delivered(body)
            case MessageFailed():
                self._failed(body, at_ms)
            case StaffAwaited():
                if not state.staff_owed:
                    state.waits_since_ms = at_ms
                state.staff_owed, state.queue = True, body.queue
                if body.live:
                    state.answering, state.agent = "waiting", ""
            case StaffWaitOver():
                state.staff_owed = body.reason == "nobody"
                if state.answering == "waiting":
                    state.answering = self._without_staff()
            case AgentEntered():
                state.answering, state.agent, state.last_agent = "agent", body.agent, body.agent
                state.staff_owed = False
            case AgentWentOut():
                state.agent = ""
                state.answering = self._without_staff()
                if body.reason == "handed_back":
                    state.begun_seq = seq
            case ConversationClosed():
                state.answering, state.closed_ms, state.agent = "closed", at_ms, ""
                state.staff_owed = False
                state.unanswered.clear()
            case LanguageChosen():
                state.language = body.language
            case ActDecided(detail="opens"):
                state.told_hours_ms = at_ms
            case _:
                return

    def _without_staff(self) -> Answering:
        return "bot" if self.rules.bot else "nobody"

    def _sent(self, body: MessageSent, seq: int, at_ms: int) -> None:
        state = self.state
        state.last_ms = at_ms
        state.messages[body.message_id] = MessageState(
            body.message_id, body.author, at_ms, seq, delivery="pending", due_ms=at_ms, answers=body.answers
        )
        if body.answers is not None:
            self._answered(body.answers)

    def _answered(self, message_id: MessageId) -> None:
        waiting = self.state.unanswered
        if message_id in waiting:
            del waiting[: waiting.index(message_id) + 1]

    def _delivered(self, body: MessageDelivered) -> None:
        message = self.state.messages.get(body.message_id)
        if message is None or message.author == "customer":
            return
        if _ORDER[body.state] > _ORDER[message.delivery]:
            message.delivery = body.state
        if body.external_id:
            message.external_id = body.external_id

    def _failed(self, body: MessageFailed, at_ms: int) -> None:
        message = self.state.messages.get(body.message_id)
        if message is None or message.author == "customer":
            return
        message.tries += 1
        if body.final:
            message.delivery = "failed"
        else:
            message.due_ms = at_ms + RETRY_AFTER_MS[min(message.tries, len(RETRY_AFTER_MS)) - 1]

    # What is due

    def may_go_on(self, now_ms: int) -> bool:
        """Tell whether a message that comes now belongs to this conversation."""
        state = self.state
        return state.answering != "closed" or now_ms - state.closed_ms <= self.rules.reopen_ms

    def next_deadline_ms(self) -> int | None:
        """When `Tick` is due; None for never."""
        due = [at for at in (self._answer_due_ms(), self._close_due_ms()) if at is not None]
        due += [message.due_ms for message in self._pending()]
        return min(due, default=None)

    def due_if_lost_ms(self) -> int | None:
        """When another process is to look, should this one be lost: what is being thought about and sent counts too."""
        sending = (self.state.messages[name] for name in self._sending if name in self.state.messages)
        due = [message.due_ms + SENDING_MS for message in sending if message.delivery == "pending"]
        fresh = ConversationMachine(self.rules)
        fresh.state, fresh._sending = self.state, self._sending
        next_ms = fresh.next_deadline_ms()
        return min([*due, *([next_ms] if next_ms is not None else [])], default=None)

    def _answer_due_ms(self) -> int | None:
        state = self.state
        if self._thinking or state.answering not in ("bot", "waiting") or not self.rules.bot or not state.unanswered:
            return None
        first, last = (state.messages[state.unanswered[at]].at_ms for at in (0, -1))
        due = last + self.rules.gather_ms
        if self._typed_ms is not None and self._typed_ms >= last:
            due = max(due, min(self._typed_ms + TYPING_MS, first + TYPING_MOST_MS))
        return max(due, self._not_before_ms)

    def _close_due_ms(self) -> int | None:
        state = self.state
        quiet = state.answering in ("bot", "agent") and not state.staff_owed and not state.unanswered
        return state.last_ms + self.rules.close_after_ms if quiet else None

    def _pending(self) -> list[MessageState]:
        if not self.rules.delivers:
            return []
        waiting = (m for m in self.state.messages.values() if m.delivery == "pending")
        return [message for message in waiting if message.message_id not in self._sending]

    # The decisions

    def step(self, event: ConversationInput, now_ms: int) -> tuple[ConversationOutput, ...]:
        """Decide on one input; facts among the outputs must be written and taken before the next step."""
        state = self.state
        match event:
            case Received():
                return self._received(event)
            case CustomerTypes():
                self._typed_ms = now_ms
            case CustomerLeft() if state.answering not in ("none", "closed"):
                return (self._close("left", *self._agent_out("done"), by="customer"),)
            case BotReplied():
                return self._bot_replied(event)
            case BotFailed():
                self._thinking = False
                self._not_before_ms = now_ms + RETRY_AFTER_MS[0]
            case NobodyCame() if state.answering == "waiting":
                over = StaffWaitOver(reason="nobody")
                said = _bot_message(event.message_id, event.text, None)
                return (Write((*event.facts, over, said), "bot"), *self._send(event.message_id))
            case AgentJoins(agent):
                return self._agent_joins(agent)
            case AgentWrites():
                return self._agent_writes(event)
            case AgentLeaves():
                return self._agent_leaves(event)
            case Arrived():
                return self._arrived(event)
            case NotDelivered():
                return self._not_delivered(event)
            case Tick():
                return self._tick(now_ms)
            case _:
                pass
        return ()

    def _received(self, event: Received) -> tuple[ConversationOutput, ...]:
        state = self.state
        if event.message_id in state.messages or (event.external_id and event.external_id in state.externals):
            return ()
        bodies: list[EventBody] = []
        if state.answering == "none":
            bodies.append(
                ConversationOpened(
                    channel=event.channel,
                    provider=event.provider,
                    address=event.address,
                    name=event.name,
                    subject=event.subject,
                    language=event.language,
                    external_id=event.thread_id,
                )
            )
        elif state.answering == "closed":
            bodies.append(ConversationReopened())
        bodies.append(
            MessageReceived(
                message_id=event.message_id,
                text=event.text,
                attachments=event.attachments,
                external_id=event.external_id,
            )
        )
        if not self.rules.bot and state.answering in ("none", "closed", "nobody") and not state.staff_owed:
            bodies.append(StaffAwaited(queue=self.queue, live=False))
        elif event.for_staff and self.rules.bot and state.answering not in ("waiting", "agent"):
            owed = () if state.staff_owed else (StaffAwaited(queue=self.queue, live=False),)
            bodies += [*owed, MessagePassed(message_id=event.message_id)]
        return (Write(tuple(bodies), "customer"),)

    def _bot_replied(self, event: BotReplied) -> tuple[ConversationOutput, ...]:
        state = self.state
        self._thinking, self._not_before_ms = False, 0
        if state.answering not in ("bot", "waiting") or event.answers not in state.unanswered:
            return ()  # a human, or the customer's own end, was quicker
        bodies = list(event.facts)
        if event.stops_waiting and state.answering == "waiting":
            bodies.append(StaffWaitOver(reason="withdrawn"))
        if event.wants_staff != "no" and not (state.answering == "waiting" and not event.stops_waiting):
            bodies.append(StaffAwaited(queue=event.queue or self.queue, live=event.wants_staff == "live"))
        if event.text:
            bodies.append(_bot_message(event.message_id, event.text, event.answers))
        else:
            bodies.append(MessagePassed(message_id=event.answers))
        if event.ends and event.wants_staff == "no" and not state.staff_owed:
            bodies.append(ConversationClosed(reason="solved"))
        return (Write(tuple(bodies), "bot"), *(self._send(event.message_id) if event.text else ()))

    def _send(self, message_id: MessageId) -> tuple[ConversationOutput, ...]:
        if not self.rules.delivers:
            return ()
        self._sending.add(message_id)
        return (Deliver(message_id),)

    def _agent_joins(self, agent: str) -> tuple[ConversationOutput, ...]:
        state = self.state
        if state.answering == "agent":
            return () if state.agent == agent else (Refuse("conversation.taken"),)
        if state.answering == "none":
            return (Refuse("conversation.not_open"),)
        again: tuple[EventBody, ...] = (ConversationReopened(),) if state.answering == "closed" else ()
        return (Write((*again, AgentEntered(agent=agent)), "agent"),)

    def _agent_writes(self, event: AgentWrites) -> tuple[ConversationOutput, ...]:
        state = self.state
        if event.message_id in state.messages:
            return ()
        entered = self._agent_joins(event.agent)
        if entered and not isinstance(entered[0], Write):
            return entered
        answers = state.unanswered[-1] if state.unanswered else None
        sent = MessageSent(
            message_id=event.message_id,
            author="agent",
            by=event.agent,
            text=event.text,
            attachments=event.attachments,
            answers=answers,
        )
        before = entered[0].bodies if entered and isinstance(entered[0], Write) else ()
        return (Write((*before, sent), "agent"), *self._send(event.message_id))

    def _agent_leaves(self, event: AgentLeaves) -> tuple[ConversationOutput, ...]:
        state = self.state
        if state.answering != "agent" or state.agent != event.agent:
            return ()
        out = AgentWentOut(agent=event.agent, reason=event.reason)
        match event.reason:
            case "done":
                return (self._close("by_agent", out, by="agent"),)
            case "transferred" | "lost":
                return (Write((out, StaffAwaited(queue=event.queue or self.queue, live=True)), "agent"),)
            case "handed_back":
                owed = () if self.rules.bot else (StaffAwaited(queue=event.queue or self.queue, live=False),)
                return (Write((out, *owed), "agent"),)

    def _agent_out(self, reason: Literal["done", "lost"]) -> tuple[EventBody, ...]:
        return (AgentWentOut(agent=self.state.agent, reason=reason),) if self.state.answering == "agent" else ()

    def _close(
        self,
        reason: Literal["solved", "left", "silent", "by_agent"],
        *before: EventBody,
        by: Literal["customer", "agent", "service"],
    ) -> Write:
        return Write((*before, ConversationClosed(reason=reason)), by)

    def _arrived(self, event: Arrived) -> tuple[ConversationOutput, ...]:
        self._sending.discard(event.message_id)
        message = self.state.messages.get(event.message_id)
        if message is None or message.author == "customer" or _ORDER[event.state] <= _ORDER[message.delivery]:
            return ()
        body = MessageDelivered(
            message_id=event.message_id, external_id=event.external_id or message.external_id, state=event.state
        )
        return (Write((body,), "channel"),)

    def _not_delivered(self, event: NotDelivered) -> tuple[ConversationOutput, ...]:
        self._sending.discard(event.message_id)
        message = self.state.messages.get(event.message_id)
        known = message is not None and message.author != "customer" and message.delivery in ("pending", "accepted")
        if message is None or not known:
            return ()
        final = not event.retryable or message.tries >= len(RETRY_AFTER_MS)
        failed: EventBody = MessageFailed(message_id=event.message_id, reason=event.reason, final=final)
        owed = final and not self.state.staff_owed and self.state.answering in ("bot", "nobody")
        return (Write((failed, StaffAwaited(queue=self.queue, live=False)) if owed else (failed,), "channel"),)

    def _tick(self, now_ms: int) -> tuple[ConversationOutput, ...]:
        answer, close = self._answer_due_ms(), self._close_due_ms()
        outputs: list[ConversationOutput] = []
        for message in self._pending():
            if message.due_ms <= now_ms:
                outputs += self._send(message.message_id)
        if answer is not None and answer <= now_ms:
            self._thinking = True
            outputs.append(Answer(tuple(self.state.unanswered)))
        elif close is not None and close <= now_ms:
            outputs.append(self._close("silent", *self._agent_out("done"), by="service"))
        return tuple(outputs)


def _bot_message(message_id: MessageId, text: str, answers: MessageId | None) -> MessageSent:
    return MessageSent(message_id=message_id, author="bot", by="", text=text, attachments=(), answers=answers)
