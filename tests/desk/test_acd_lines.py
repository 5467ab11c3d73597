"""Agents without a line: no call is offered to them, texts are, and who waits is told in time."""

from __future__ import annotations

from dataclasses import replace

from desk import acd_messages as m
from desk.agents import LINE_BACK_MS
from tests.desk.acd_scripts import Desk, contact

ANA = m.AgentSignedIn(agent="ana", languages=frozenset({"en"}), skills=frozenset(), has_line=False)


def test_when_an_agent_has_no_line_then_texts_are_offered_and_calls_wait_until_it_is_there() -> None:
    desk = Desk()
    desk.do(ANA, m.AgentReady("ana"), contact("c1"))
    assert desk.offers() == []
    assert [long.why for long in desk.take(m.WaitsLong)] == ["no_agents"]
    assert desk.machine.working("main", "en", "voice") == 0
    assert desk.machine.working("main", "en", "text") == 1
    desk.do(replace(contact("m1"), kind="conversation"))
    offer = desk.offer()
    assert (offer.contact_id, offer.agent) == ("m1", "ana")
    desk.do(m.OfferTaken(offer.reservation_id))
    desk.do(m.LineIs("ana", up=True))
    assert desk.offers() == [("c1", "ana")]


def test_when_a_line_is_lost_then_no_call_is_offered_and_the_agent_counts_for_as_long_as_it_may_come_back() -> None:
    desk = Desk()
    desk.work("ana")
    desk.do(m.LineIs("ana", up=False), contact("c1"))
    assert desk.offers() == []
    assert desk.take(m.WaitsLong) == []
    assert desk.machine.working("main", "en", "voice") == 1
    desk.wait(LINE_BACK_MS)
    assert desk.machine.working("main", "en", "voice") == 0
    assert [long.why for long in desk.take(m.WaitsLong)] == ["no_agents"]
    assert "ana" in [told.agent for told in desk.take(m.AgentIs)]
    desk.do(m.LineIs("ana", up=True))
    assert desk.offers() == [("c1", "ana")]


def test_when_a_line_is_lost_while_a_call_is_offered_then_the_offer_stands() -> None:
    desk = Desk()
    desk.work("ana")
    desk.do(contact("c1"))
    offer = desk.offer()
    desk.do(m.LineIs("ana", up=False))
    assert desk.take(m.OfferOver) == []
    desk.do(m.LineIs("ana", up=True), m.OfferTaken(offer.reservation_id))
    assert [connect.agent for connect in desk.take(m.Connect)] == ["ana"]


def test_when_a_call_wants_an_agent_without_a_line_then_it_is_offered_to_another() -> None:
    desk = Desk()
    desk.do(ANA, m.AgentReady("ana"))
    desk.work("ben")
    desk.do(replace(contact("c1"), wanted_agent="ana"))
    assert desk.offers() == [("c1", "ben")]
