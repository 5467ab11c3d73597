"""Hands messages of ours to their channel, and says what became of it. Tries are the machine's matter."""

from __future__ import annotations

import asyncio
import logging

from calls.errors import CallCentreError
from calls.ids import ConversationId, MessageId
from channels import conversation_messages as machine
from channels.index import ConversationIndex
from channels.messages import ChannelPort
from service.channels.open_conversations import OpenConversations
from service.channels.parts import TextParts, outgoing_of

logger = logging.getLogger(__name__)


class Deliveries:
    """The way out of all channels."""

    def __init__(self, parts: TextParts, memory: OpenConversations, index: ConversationIndex) -> None:
        """Know no channel yet."""
        self._parts, self._memory, self._index = parts, memory, index
        self.ports: dict[tuple[str, str], ChannelPort] = {}
        """By channel and provider."""

    async def deliver(
        self, conversation_id: ConversationId, message_id: MessageId
    ) -> machine.Arrived | machine.NotDelivered:
        """Deliver a message once; return what the machine is to be told."""
        state = (await self._memory.known(conversation_id)).machine.state
        port = self.ports.get((state.channel, state.provider))
        events = await self._memory.events(conversation_id)
        outgoing = outgoing_of(conversation_id, state, events, message_id)
        try:
            if port is None or outgoing is None:
                sentence = (
                    f"There is no way out for {state.channel} messages of {state.provider!r}; configure it again."
                )
                raise CallCentreError("channel.gone", sentence, fault="operator", retryable=True)
            external_id = await port.send(outgoing)
        except CallCentreError as error:
            logger.warning("conversation %s: a message was not delivered: %s", conversation_id, error.code)
            self._parts.trouble(state.channel)
            return machine.NotDelivered(message_id=message_id, reason=error.code, retryable=error.retryable)
        except Exception as error:
            logger.exception("conversation %s: a message was not delivered", conversation_id)
            self._parts.trouble(state.channel)
            return machine.NotDelivered(message_id=message_id, reason=type(error).__name__, retryable=True)
        if external_id:
            await asyncio.to_thread(
                self._index.note, state.channel, state.provider, external_id, conversation_id, message_id
            )
        return machine.Arrived(message_id=message_id, state="accepted", external_id=external_id)
