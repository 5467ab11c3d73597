"""A call's pen: when another process has taken the call's stream, and when a secret is known late."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from calls.events import CallAnswered, CallOffered, SecretWithdrawn, SlotFilled
from calls.ids import CallId
from records import schema
from records.split_cards import DigitsGiven, SplitCards
from records.store import EventStore
from records.writer import LogWriter
from service.call_log import CallLog
from service.clock import SystemClock
from service.config import PrivacySection
from service.consent import Consent

OFFERED = CallOffered(transport="sip", caller="+34600", caller_name="", called="bot", peer_call_id="x")


async def test_when_another_process_writes_the_call_then_it_is_told_once_for_each_fact_and_nothing_is_added(
    tmp_path: Path,
) -> None:
    store = EventStore.open_dir(tmp_path, owner="slow")
    writer = LogWriter(store, SystemClock())
    await writer.start()
    lost: list[bool] = []
    log = CallLog(writer, CallId("c1"), Consent(PrivacySection()), lambda: 0, lambda: lost.append(True))
    log.note(OFFERED, "service")
    await log.settled()
    assert [event.body for event in log.events] == [OFFERED]
    with store.engine.begin() as connection:
        connection.execute(sa.update(schema.streams).values(owner="quick"))
    assert lost == []
    log.note(CallAnswered(language="es", flow="main"), "call")
    await log.settled()
    assert lost == [True]
    assert [event.body for event in store.read("call", "c1")] == [OFFERED]
    await writer.stop()
    store.close()


async def test_when_half_a_card_number_was_written_then_it_is_taken_back_from_the_log_and_from_what_the_brief_is_of(
    tmp_path: Path,
) -> None:
    store = EventStore.open_dir(tmp_path)
    writer = LogWriter(store, SystemClock())
    await writer.start()
    log = CallLog(writer, CallId("c1"), Consent(PrivacySection(recording="off")), lambda: 1_000)
    log.note(OFFERED, "service")
    account = SlotFilled(slot="account_number", value="46769739", confirmed=True, turn_id=None)
    log.note(account, "dialog")
    cards = SplitCards()
    cards.take(DigitsGiven("46769739", 500, 500, "account_number"))
    cards.take(DigitsGiven("31617818", 900, 900, "account_number"))

    assert not await log.withdraw(cards, 500)

    kept = store.read("call", "c1")
    assert [event.body for event in log.events] == [event.body for event in kept]
    assert [body.value for body in (event.body for event in kept) if isinstance(body, SlotFilled)] == ["***"]
    (fact,) = [event.body for event in kept if isinstance(event.body, SecretWithdrawn)]
    assert (fact.seqs, fact.slots, fact.brief) == ((2,), ("account_number",), False)
    await log.withdraw(cards, 500)
    assert len(store.read("call", "c1")) == len(kept), "what is taken back already is not told again"
    await writer.stop()
    store.close()
