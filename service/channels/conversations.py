"""Every conversation in writing, whatever its channel: takes what customers write, has it answered, sends what is due.

    channel --received--> ConversationMachine --Write--> log -> live feed
                               |  `--Answer--> TextMind --reply--'
                               `--Deliver--> ChannelPort

Decisions are `channels.conversation`'s; this shell keeps one machine for each conversation that something happens in,
reads what other processes wrote before each step, and appends with the number it expects: if somebody was quicker, it
looks again and decides anew. Nothing but timers is lost with the process.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from typing import Any, Literal

from calls.conversation_events import Attachment, DeliveredState
from calls.errors import CallCentreError
from calls.events import Event, EventBody, NewEvent
from calls.ids import ConversationId, Language, MessageId
from channels import conversation_messages as machine
from channels.conversation import Answering, ConversationRules, ConversationState
from channels.index import ConversationIndex
from channels.messages import TEXT_MAX, ChannelPort, Incoming
from records.withdrawal import withdrawal_of
from service.channels.deliveries import Deliveries
from service.channels.minds import Minds
from service.channels.open_conversations import IDLE_MS, OpenConversation, OpenConversations
from service.channels.parts import Editor, NoStaff, Receipt, ReplyMoment, StaffPort, TextParts
from service.channels.text_runner import guessed, text_settings
from service.desk.queue_hours import HoursNow
from service.ids import new_call_id
from service.tasks import Tasks
from voice.dialog.prompts import phrase

logger = logging.getLogger(__name__)

TRIES = 8
"""How often a step is decided anew because another process wrote first. Source: our choice; a second is rare."""

LOOK_EVERY_S = 5.0
"""How often conversations are looked for that are due and not in this process: after a restart, or of another."""

LATE_MS = 10_000
"""How long a deadline may have passed until a process that does not have the conversation takes it up. Source: well
above what the one that has it needs."""


class Conversations:
    """All conversations that this process has to do with."""

    def __init__(self, parts: TextParts, staff: StaffPort | None = None) -> None:
        """Nothing is looked for before `start`."""
        self._parts = parts
        self.staff: StaffPort = staff or NoStaff()
        self.index = ConversationIndex(parts.store.engine, parts.store.master.mark)
        parts.store.cleaners.append(self.index.clean)
        self.tasks = Tasks("conversations", lambda _name, _error: parts.trouble("conversation"))
        self.mark = parts.store.master.mark
        """`mark(text, use)` of the master key."""
        self._memory = OpenConversations(parts, self._rules_of)
        self._minds = Minds(parts, self._memory)
        self._deliveries = Deliveries(parts, self._memory, self.index)
        self._rules: dict[tuple[str, str], ConversationRules] = {}
        self._editors: dict[tuple[str, str], Editor] = {}
        self._arrivals: dict[str, asyncio.Lock] = {}
        self.beside: list[tuple[str, Callable[[], Coroutine[Any, Any, None]]]] = []
        """What else runs from `start` to `stop`, by name."""
        self._listeners: list[Callable[[ConversationId, ConversationState, Sequence[Event]], None]] = []

    def add_channel(
        self,
        channel: str,
        provider: str,
        rules: ConversationRules,
        port: ChannelPort | None = None,
        editor: Editor | None = None,
    ) -> None:
        """Know a provider; without a port its page fetches what is written. `editor` decides what goes out."""
        self._rules[(channel, provider)] = rules
        if port is not None:
            self._deliveries.ports[(channel, provider)] = port
        if editor is not None:
            self._editors[(channel, provider)] = editor

    def listen(self, listener: Callable[[ConversationId, ConversationState, Sequence[Event]], None]) -> None:
        """Call `listener` after facts were written here, with the state after them."""
        self._listeners.append(listener)

    def start(self) -> None:
        """Look for what is due from now on."""
        self.tasks.start("look", self._look())
        for name, work in self.beside:
            self.tasks.start(name, work())

    async def stop(self) -> None:
        """Let go of everything; what is not done is due at the next start."""
        self._memory.stop_timers()
        await self.tasks.close()
        self._memory.clear()

    # What channels tell

    async def received(self, incoming: Incoming) -> Receipt:
        """Take a customer's message. Safe to be called again with the same one: it is taken once.

        Raises:
            CallCentreError: `message.empty`, `message.too_long`, or `database.*` when it could not be kept: the
                provider should send it again.
        """
        text = incoming.text.strip()
        if not text and not incoming.attachments:
            raise CallCentreError("message.empty", "The message is empty; write something.", fault="user")
        if len(text) > TEXT_MAX:
            sentence = f"The message is longer than {TEXT_MAX} characters; send it in parts."
            raise CallCentreError("message.too_long", sentence, fault="user")
        place = f"{incoming.channel}\0{incoming.provider}\0{incoming.address}"
        lock = self._arrivals.setdefault(place, asyncio.Lock())
        async with lock:
            receipt = await self._receive(incoming, text)
        if not lock.locked():
            self._arrivals.pop(place, None)
        return receipt

    async def _receive(self, incoming: Incoming, text: str) -> Receipt:
        channel, provider, name = incoming.channel, incoming.provider, incoming.external_id
        known = await asyncio.to_thread(self.index.message, channel, provider, name) if name else None
        if known is None:
            conversation_id = await self._belongs_to(incoming)
            message_id = MessageId(new_call_id(self._parts.clock))
            if name:
                known = await asyncio.to_thread(self.index.claim, channel, provider, name, conversation_id, message_id)
        if known is not None:
            if known.written:
                return Receipt(conversation_id=known.conversation_id, message_id=known.message_id, is_new=False)
            conversation_id, message_id = known.conversation_id, known.message_id
        language = guessed(text) or incoming.language or self._parts.language
        opened = await self._memory.opened(conversation_id, self._rules_of(channel, provider))
        async with opened.lock:
            opened.heard[message_id] = text
            asked = opened.mind.policy.asked_slot if opened.mind is not None else ""
            masked = opened.secrets.mask(text, asked)
        event = machine.Received(
            message_id=message_id,
            text=masked,
            attachments=incoming.attachments,
            external_id=name,
            channel=channel,
            provider=provider,
            address=incoming.address,
            name=incoming.name,
            subject=incoming.subject,
            language=language,
            for_staff=incoming.for_staff,
        )
        written = await self._do(conversation_id, event)
        if opened.secrets.found:
            await self._withdraw(conversation_id, opened)
        if name:
            await asyncio.to_thread(self.index.note, channel, provider, name, conversation_id, message_id)
        return Receipt(conversation_id=conversation_id, message_id=message_id, is_new=bool(written))

    def typing(self, conversation_id: ConversationId) -> None:
        """The customer is writing: the bot waits for the end of it, and staff see it."""
        opened = self._memory.get(conversation_id)
        if opened is not None:
            opened.machine.step(machine.CustomerTypes(), self._now_ms())
            self._arm(conversation_id, opened)
        self._parts.signal(conversation_id, "typing", {"who": "customer"})

    async def seen(self, conversation_id: ConversationId, seq: int) -> None:
        """The customer has our messages up to a number before their eyes."""
        opened = await self._memory.known(conversation_id)
        ours = [each for each in opened.machine.state.messages.values() if each.author != "customer"]
        for message in ours:
            if message.seq <= seq and message.delivery != "read":
                await self.arrived(conversation_id, message.message_id, "read")

    async def customer_left(self, conversation_id: ConversationId) -> None:
        """The customer ended the conversation."""
        await self._do(conversation_id, machine.CustomerLeft())

    async def arrived(
        self, conversation_id: ConversationId, message_id: MessageId, state: DeliveredState, external_id: str = ""
    ) -> None:
        """A message of ours got further."""
        await self._do(conversation_id, machine.Arrived(message_id=message_id, state=state, external_id=external_id))

    async def arrived_at_provider(self, channel: str, provider: str, external_id: str, state: DeliveredState) -> bool:
        """Take a provider's report on one of our messages, by the provider's name of it; False: not known here."""
        known = await asyncio.to_thread(self.index.message, channel, provider, external_id)
        if known is not None:
            await self.arrived(known.conversation_id, known.message_id, state)
        return known is not None

    async def failed_at_provider(
        self, channel: str, provider: str, external_id: str, reason: str, *, retryable: bool = False
    ) -> bool:
        """Take a provider's report that a message did not reach its receiver; False: not known here."""
        known = await asyncio.to_thread(self.index.message, channel, provider, external_id)
        if known is not None:
            await self._do(
                known.conversation_id,
                machine.NotDelivered(message_id=known.message_id, reason=reason, retryable=retryable),
            )
        return known is not None

    async def failed(
        self, conversation_id: ConversationId, message_id: MessageId, reason: str, *, retryable: bool = False
    ) -> None:
        """A message of ours did not reach its receiver.

        Raises:
            CallCentreError: `conversation.unknown`.
        """
        await self._memory.known(conversation_id)
        not_there = machine.NotDelivered(message_id=message_id, reason=reason, retryable=retryable)
        await self._do(conversation_id, not_there)

    def agent_types(self, conversation_id: ConversationId, agent: str) -> None:
        """A human is writing: the customer sees it."""
        self._parts.signal(conversation_id, "typing", {"who": "agent", "agent": agent})

    # What staff do

    async def agent_joins(self, conversation_id: ConversationId, agent: str) -> None:
        """A human takes the conversation.

        Raises:
            CallCentreError: `conversation.unknown`, or `conversation.taken` by somebody else.
        """
        await self._memory.known(conversation_id)
        await self._do(conversation_id, machine.AgentJoins(agent))

    async def agent_writes(
        self,
        conversation_id: ConversationId,
        agent: str,
        text: str,
        message_id: MessageId,
        attachments: tuple[Attachment, ...] = (),
    ) -> None:
        """A human writes to the customer; the same `message_id` is taken once.

        Raises:
            CallCentreError: as `agent_joins`; `message.empty`, `message.too_long`.
        """
        await self._memory.known(conversation_id)
        if not text.strip() and not attachments:
            raise CallCentreError("message.empty", "The message is empty; write something.", fault="user")
        if len(text) > TEXT_MAX:
            sentence = f"The message is longer than {TEXT_MAX} characters; send it in parts."
            raise CallCentreError("message.too_long", sentence, fault="user")
        await self._do(
            conversation_id,
            machine.AgentWrites(agent=agent, message_id=message_id, text=text.strip(), attachments=attachments),
        )

    async def agent_leaves(
        self,
        conversation_id: ConversationId,
        agent: str,
        reason: Literal["done", "handed_back", "transferred", "lost"],
        queue: str = "",
    ) -> None:
        """The human is done with it, gives it back to the bot or to others, or is lost."""
        await self._memory.known(conversation_id)
        await self._do(conversation_id, machine.AgentLeaves(agent=agent, reason=reason, queue=queue))

    async def nobody_came(self, conversation_id: ConversationId) -> None:
        """No human will come soon: the customer is told, and the conversation stays for staff."""
        opened = await self._memory.known(conversation_id)
        if opened.machine.state.answering != "waiting":
            return
        mind = await self._minds.of(conversation_id, opened)
        said = mind.nobody_came(self._now_ms(), self._hours(opened))
        settings = text_settings(self._parts.settings())
        text = said.text or phrase(settings, opened.machine.state.language, "human.failed")
        message_id = MessageId(new_call_id(self._parts.clock))
        await self._do(conversation_id, machine.NobodyCame(message_id=message_id, text=text, facts=said.facts))

    # What is shown

    async def state(self, conversation_id: ConversationId) -> ConversationState | None:
        """Return where a conversation stands; None for one that there is not."""
        events = await self.events(conversation_id, after=0, limit=1)
        if not events:
            return None
        opened = await self._memory.known(conversation_id)
        async with opened.lock:
            await self._memory.refresh(conversation_id, opened)
            return opened.machine.state

    async def events(
        self, conversation_id: ConversationId, after: int = 0, limit: int | None = None
    ) -> Sequence[Event]:
        """Return the facts of a conversation above a number."""
        return await self._memory.events(conversation_id, after, limit)

    async def goes_on(self, conversation_id: ConversationId) -> bool:
        """Tell whether a message that comes now would go on with a conversation."""
        opened = await self._memory.known(conversation_id)
        return opened.machine.may_go_on(self._now_ms())

    def hours_of(self, queue: str, language: Language) -> HoursNow:
        """Return what holds now for who wants people of a queue (perhaps empty) in writing."""
        return self._parts.hours(self._parts.clock.now_utc(), queue, language)

    def now_utc(self) -> datetime:
        """Return the time."""
        return self._parts.clock.now_utc()

    def now_ms(self) -> int:
        """Return monotonic milliseconds."""
        return self._parts.clock.now_ms()

    # How it is done

    def _rules_of(self, channel: str, provider: str) -> ConversationRules:
        return self._rules.get((channel, provider), ConversationRules())

    def _hours(self, opened: OpenConversation) -> HoursNow:
        """Return what holds now for who wants people in a conversation."""
        return self.hours_of(opened.machine.queue, opened.machine.state.language)

    def _now_ms(self) -> int:
        return int(self._parts.clock.now_utc().timestamp() * 1000)

    async def _belongs_to(self, incoming: Incoming) -> ConversationId:
        """Return the conversation that a new message goes on with, or the name of a new one."""
        for earlier in incoming.refers_to:
            known = await asyncio.to_thread(self.index.message, incoming.channel, incoming.provider, earlier)
            if known is not None and await self._may_go_on(known.conversation_id, incoming):
                return known.conversation_id
        if not incoming.own_thread:
            latest = await asyncio.to_thread(self.index.latest, incoming.channel, incoming.provider, incoming.address)
            if latest is not None and await self._may_go_on(latest, incoming):
                return latest
        return ConversationId(new_call_id(self._parts.clock))

    async def _may_go_on(self, conversation_id: ConversationId, incoming: Incoming) -> bool:
        opened = await self._memory.opened(conversation_id, self._rules_of(incoming.channel, incoming.provider))
        if incoming.own_thread and opened.machine.state.address not in ("", incoming.address):
            return False  # who was forwarded a mail must not read on in it
        return opened.machine.may_go_on(self._now_ms())

    async def _withdraw(self, conversation_id: ConversationId, opened: OpenConversation) -> None:
        """Take a card number that came in several messages out of what was written of it."""
        opened.secrets.found = False
        for attempt in range(TRIES):
            async with opened.lock:
                await self._memory.refresh(conversation_id, opened)
                body = withdrawal_of(await self.events(conversation_id), opened.secrets.cards, 0)
                if body is None:
                    return
                seq = opened.machine.state.seq
                try:
                    written = await asyncio.to_thread(self._append, conversation_id, seq, [(body, "service")])
                except CallCentreError as error:
                    if error.code != "stream.conflict" or attempt == TRIES - 1:
                        raise
                    continue  # another process was quicker; what it wrote is looked at too
                self._memory.take(opened, written, fresh=True)
            for event in written:
                self._parts.publish(event)
            return

    async def _do(self, conversation_id: ConversationId, event: machine.ConversationInput) -> Sequence[Event]:
        """Step once, write what is to be written, do what is to be done; return what was written.

        Raises:
            CallCentreError: `database.*`, `conversation.taken`, `conversation.not_open`.
        """
        opened = await self._known_or_new(conversation_id, event)
        before = opened.machine.state.answering
        async with opened.lock:
            outputs, written = await self._decide(conversation_id, opened, event)
        refusal = next((each for each in outputs if isinstance(each, machine.Refuse)), None)
        if refusal is not None:
            raise _refused(refusal)
        for output in outputs:
            if isinstance(output, machine.Answer):
                self.tasks.start(f"answer-{conversation_id}", self._answer(conversation_id, output.message_ids))
            elif isinstance(output, machine.Deliver):
                self.tasks.start(f"deliver-{conversation_id}", self._deliver(conversation_id, output.message_id))
        self._arm(conversation_id, opened)
        if written:
            await self._tell(conversation_id, opened, before, written)
        return written

    async def _known_or_new(
        self, conversation_id: ConversationId, event: machine.ConversationInput
    ) -> OpenConversation:
        if isinstance(event, machine.Received):
            return await self._memory.opened(conversation_id, self._rules_of(event.channel, event.provider))
        return await self._memory.known(conversation_id)

    async def _decide(
        self, conversation_id: ConversationId, opened: OpenConversation, event: machine.ConversationInput
    ) -> tuple[Sequence[machine.ConversationOutput], list[Event]]:
        for attempt in range(TRIES):
            if self._parts.store.is_shared:
                await self._memory.refresh(conversation_id, opened)
            outputs = opened.machine.step(event, self._now_ms())
            bodies: list[tuple[EventBody, str]] = []
            for output in outputs:
                if isinstance(output, machine.Write):
                    bodies += [(body, output.by) for body in output.bodies]
            if not bodies:
                return outputs, []
            try:
                written = await asyncio.to_thread(self._append, conversation_id, opened.machine.state.seq, bodies)
            except CallCentreError as error:
                if error.code != "stream.conflict" or attempt == TRIES - 1:
                    raise
                await asyncio.sleep(0.02 * (attempt + 1))
                await self._memory.refresh(conversation_id, opened)
                continue
            self._memory.take(opened, written, fresh=True)
            return outputs, written
        return (), []

    def _append(
        self, conversation_id: ConversationId, seq: int, bodies: Sequence[tuple[EventBody, str]]
    ) -> list[Event]:
        store, now_utc = self._parts.store, self._parts.clock.now_utc()
        entries = [
            NewEvent(
                stream_kind="conversation", stream_id=conversation_id, body=body, at_utc=now_utc, t_ms=None, source=by
            )
            for body, by in bodies
        ]
        return store.append_with(entries, expected={("conversation", conversation_id): seq}, release=True)

    async def _tell(
        self, conversation_id: ConversationId, opened: OpenConversation, before: Answering, written: Sequence[Event]
    ) -> None:
        state = await self._save(conversation_id, opened)
        for event in written:
            self._parts.publish(event)
        for listener in tuple(self._listeners):
            listener(conversation_id, state, written)
        if state.answering == "waiting" and before != "waiting":
            await self.staff.want(conversation_id, state)
        elif before == "waiting" and state.answering not in ("waiting", "agent"):
            await self.staff.unwant(conversation_id)
        if state.answering != before:
            self._parts.signal(conversation_id, "answering", {"who": state.answering, "agent": state.agent})
            if state.answering in ("agent", "closed") or before in ("agent", "closed"):
                opened.mind = None

    async def _save(self, conversation_id: ConversationId, opened: OpenConversation) -> ConversationState:
        """Write down where the conversation stands now, one after the other, and return it."""
        async with opened.lock:
            state = opened.machine.state
            await asyncio.to_thread(self.index.save, conversation_id, state, opened.machine.due_if_lost_ms())
        return state

    # The bot

    async def _answer(self, conversation_id: ConversationId, message_ids: tuple[MessageId, ...]) -> None:
        opened = await self._memory.known(conversation_id)
        self._parts.signal(conversation_id, "typing", {"who": "bot"})
        try:
            mind = await self._minds.of(conversation_id, opened)
            heard = await self._minds.words_of(conversation_id, opened, message_ids)
            hours, told_ms = self._hours(opened), opened.machine.state.told_hours_ms
            replied = await mind.hear(
                message_ids[-1],
                "\n".join(heard),
                hours=hours,
                agents=self.staff.free(opened.machine.queue, opened.machine.state.language),
                now_ms=self._now_ms(),
            )
            replied = opened.secrets.clean(replied)
            editor = self._editors.get((opened.machine.state.channel, opened.machine.state.provider))
            if editor is not None:
                moment = ReplyMoment(hours=hours, told_hours_ago_ms=self._now_ms() - told_ms if told_ms else None)
                replied = editor(replied, message_ids[-1], moment)
            written = await self._do(
                conversation_id,
                machine.BotReplied(
                    answers=message_ids[-1],
                    message_id=MessageId(new_call_id(self._parts.clock)),
                    facts=replied.facts,
                    text=replied.text,
                    ends=replied.ends,
                    wants_staff=replied.wants_staff,
                    stops_waiting=replied.stops_waiting,
                ),
            )
        except Exception as error:
            opened.mind = None
            code = error.code if isinstance(error, CallCentreError) else type(error).__name__
            logger.exception("conversation %s: the bot could not answer: %s", conversation_id, code)
            self._parts.trouble("conversation")
            await self._do(conversation_id, machine.BotFailed())
            return
        if not written:
            opened.mind = None  # a human was quicker: what the policy made of the message never happened

    # The way out

    async def _deliver(self, conversation_id: ConversationId, message_id: MessageId) -> None:
        await self._do(conversation_id, await self._deliveries.deliver(conversation_id, message_id))

    # Time

    def _arm(self, conversation_id: ConversationId, opened: OpenConversation) -> None:
        """Set the timer of a conversation to its next deadline."""
        if opened.timer is not None:
            opened.timer.cancel()
            opened.timer = None
        due_ms = opened.machine.next_deadline_ms()
        if due_ms is None:
            return
        wait_s = max(0.0, (due_ms - self._now_ms()) / 1000)
        if wait_s > IDLE_MS / 1000:
            return  # found by `_look` when its time has come
        opened.timer = asyncio.get_running_loop().call_later(wait_s, self._tick, conversation_id)

    def _tick(self, conversation_id: ConversationId) -> None:
        self.tasks.start(f"tick-{conversation_id}", self._tick_now(conversation_id))

    async def _tick_now(self, conversation_id: ConversationId) -> None:
        try:
            await self._do(conversation_id, machine.Tick())
        except CallCentreError as error:
            logger.warning("conversation %s: what is due waits: %s", conversation_id, error.code)

    async def _look(self) -> None:
        while True:
            try:
                late = await asyncio.to_thread(self.index.due, self._now_ms() - LATE_MS)
                for conversation_id in late:
                    await self._take_up(conversation_id)
            except CallCentreError as error:
                logger.warning("conversations that are due could not be looked for: %s", error.code)
            except Exception:
                logger.exception("conversations that are due could not be looked for")
            await asyncio.sleep(LOOK_EVERY_S)

    async def _take_up(self, conversation_id: ConversationId) -> None:
        """Go on with what nobody else goes on with."""
        opened = await self._memory.known(conversation_id)
        await self._tick_now(conversation_id)
        await self._save(conversation_id, opened)


def _refused(refusal: machine.Refuse) -> CallCentreError:
    sentence = {
        "conversation.taken": "Somebody else answers this conversation already; ask them to hand it over.",
        "conversation.not_open": "There is no such conversation.",
    }[refusal.code]
    return CallCentreError(refusal.code, sentence, fault="user")
