"""The line as SIP written by hand sees it, and the doors that an operator watches."""

from __future__ import annotations

import asyncio

from tests.acceptance.looking import looks_at
from tests.acceptance.running import RunningService, ask_options
from tests.acceptance.scenarios import Played

Calls = tuple[Played, ...]


@looks_at("cancelled")
def test_when_a_ringing_call_is_cancelled_then_it_ends_with_487_and_the_log_says_so(played: Calls) -> None:
    (call,) = played
    assert [body["type"] for body in call.events] == ["call_offered", "call_ended"]
    assert call.of("call_ended")[0]["reason"] == "caller_cancelled"


@looks_at("refused_offers")
def test_when_no_codec_is_shared_then_488_and_an_unknown_number_is_404(played: Calls) -> None:
    (call,) = played
    assert call.notes["codec"].startswith("SIP/2.0 488 ")
    assert call.notes["number"].startswith("SIP/2.0 404 ")


@looks_at("garbage_and_gone")
def test_when_garbage_flies_and_the_caller_goes_in_the_answer_then_the_call_ends_well_and_the_service_stays(
    played: Calls,
) -> None:
    (call,) = played
    assert call.of("call_ended")[0]["reason"] == "caller_hung_up"
    assert call.turns("caller"), "the caller was understood in spite of the garbage"
    assert call.notes["ready"] == 200
    answer = call.turns("bot")[-1]
    assert answer["end_ms"] <= call.events[-1]["t_ms"]


@looks_at("reloaded")
def test_when_dial_plan_and_articles_change_then_the_running_call_goes_on_with_the_new_ones(played: Calls) -> None:
    (call,) = played
    assert "chocolate" in call.notes["answer"]
    assert call.notes["greeting"].startswith("Good day, this is the new line.")
    assert call.of("call_ended")[0]["reason"] == "caller_hung_up"


def test_when_the_service_starts_then_http_refuses_until_calls_can_be_answered(service: RunningService) -> None:
    *starting, first = service.seen_while_starting
    assert len(starting) > 5
    assert set(starting) == {("refused", False)}
    assert first == ("200", True), "the first answer of HTTP is ready, and SIP answers OPTIONS"


@looks_at("zero_pressed", "reloaded")
def test_when_all_calls_are_over_then_health_readiness_and_metrics_say_so(
    played: Calls, after_all_calls: RunningService
) -> None:
    assert played[0].of("call_ended")[0]["reason"] == "caller_hung_up"

    async def look() -> tuple[int, dict[str, object], str]:
        import httpx

        async with httpx.AsyncClient(base_url=after_all_calls.base_url, trust_env=False) as client:
            alive = (await client.get("/healthz")).status_code
            return alive, (await client.get("/readyz")).json(), (await client.get("/metrics")).text

    alive, ready, metrics = asyncio.run(look())
    assert alive == 200
    assert ready["ready"] is True
    assert ready["calls"] == 0
    assert "warmline_calls_active 0.0" in metrics
    assert 'warmline_calls_total{reason="caller_hung_up",result="escalated",transport="sip"}' in metrics
    assert 'warmline_reply_seconds_count{language="en"}' in metrics
    assert 'warmline_worker_restarts{worker="asr"} 0.0' in metrics


def test_when_all_calls_are_over_then_the_line_still_answers(after_all_calls: RunningService) -> None:
    assert asyncio.run(ask_options(after_all_calls.sip_port)).startswith("SIP/2.0 200")
