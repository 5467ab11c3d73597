"""Datagrams leave after the callback in which they were made, in their order."""

from __future__ import annotations

import asyncio

from telephony.net.outbox import Outbox


async def test_when_datagrams_are_put_in_then_they_leave_together_after_the_callback() -> None:
    outbox, sent = Outbox(), list[tuple[bytes, str]]()
    outbox.put(lambda data, address: sent.append((data, address)), b"one", "there")
    outbox.put(lambda data, address: sent.append((data, address)), b"two", "elsewhere")
    assert sent == []
    await asyncio.sleep(0)
    assert sent == [(b"one", "there"), (b"two", "elsewhere")]
    await asyncio.sleep(0)
    assert len(sent) == 2


async def test_when_it_is_flushed_then_what_waits_leaves_at_once_and_only_once() -> None:
    outbox, sent = Outbox(), list[bytes]()
    outbox.put(lambda data, _: sent.append(data), b"farewell", None)
    outbox.flush()
    assert sent == [b"farewell"]
    await asyncio.sleep(0)
    outbox.put(lambda data, _: sent.append(data), b"next", None)
    await asyncio.sleep(0)
    assert sent == [b"farewell", b"next"]
