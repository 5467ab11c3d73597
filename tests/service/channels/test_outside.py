"""What the channels outside get of the customers' part: whom not to write to, and who sends codes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from calls.errors import CallCentreError
from customers.store import NewIdentifier
from service.channels.wiring import build_outside
from service.clock import SystemClock
from service.config import Config
from service.customers.part import Customers
from service.telemetry import Metrics
from tests.service.channels.talk_in_writing import Desk
from tests.service.channels.test_webhook_port import ANSWER
from tests.service.channels.web_servers import adapter

pytestmark = pytest.mark.realtime


async def test_when_a_customer_wants_no_contact_then_no_channel_writes_to_them(tmp_path: Path) -> None:
    async with adapter() as other:
        desk = Desk(tmp_path)
        webhook = {"channel": "sms", "secret": "0123456789abcdef01234567", "url": other.url}
        mailbox = {"address": "support@lumina.example", "smtp_host": "localhost", "smtp_port": 1, "smtp_user": "-"}
        config = Config.model_validate(
            {"data_dir": str(tmp_path), "channels": {"webhooks": {"wa": webhook}, "mailboxes": {"support": mailbox}}}
        )
        customers = Customers(config, desk.store, SystemClock())
        parts: Any = SimpleNamespace(
            config=config,
            conversations=desk.conversations,
            store=desk.store,
            clock=SystemClock(),
            metrics=Metrics(),
            customers=customers,
        )
        outside = build_outside(cast("Any", parts))
        assert sorted(customers.code_senders) == ["email", "phone"]

        send = outside.webhook_ports["wa"].send
        await send(ANSWER)
        phone = NewIdentifier(kind="phone", value=ANSWER.address, evidence="by_staff")
        who = customers.store.open("staff", identifiers=[phone], by="test")
        await send(ANSWER)
        customers.store.set_preference(who, "do_not_contact", "yes", "test")
        with pytest.raises(CallCentreError) as raised:
            await send(ANSWER)

        assert (raised.value.code, raised.value.retryable) == ("webhook.do_not_contact", False)
        assert len(other.got) == 2
        await desk.stop()


async def test_when_a_customer_of_a_social_network_wants_no_contact_then_nothing_is_written_to_their_handle(
    tmp_path: Path,
) -> None:
    async with adapter() as other:
        desk = Desk(tmp_path)
        webhook = {"channel": "social", "secret": "0123456789abcdef01234567", "url": other.url}
        config = Config.model_validate({"data_dir": str(tmp_path), "channels": {"webhooks": {"instagram": webhook}}})
        customers = Customers(config, desk.store, SystemClock())
        parts: Any = SimpleNamespace(
            config=config,
            conversations=desk.conversations,
            store=desk.store,
            clock=SystemClock(),
            metrics=Metrics(),
            customers=customers,
        )
        send = build_outside(cast("Any", parts)).webhook_ports["instagram"].send
        answer = replace(ANSWER, channel="social", provider="instagram", address="Ana.Perez")
        handle = NewIdentifier(kind="social", value="instagram:ana.perez", evidence="by_staff")
        who = customers.store.open("staff", identifiers=[handle], by="test")
        await send(answer)
        customers.store.set_preference(who, "do_not_contact", "yes", "test")
        with pytest.raises(CallCentreError) as raised:
            await send(answer)
        assert raised.value.code == "webhook.do_not_contact"
        assert len(other.got) == 1
        await desk.stop()
