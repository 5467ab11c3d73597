"""The doors of the running service: who may see what, from where, and what the pages get."""

from __future__ import annotations

import asyncio
import json
import re
import wave
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from calls.events import CallAnswered, CallEnded, CallOffered, EventBody, NewEvent, RecordingStarted, RecordingStopped
from records.store import EventStore
from tests.service_process import ServiceProcess

STAFF_PATHS = (
    "/api/calls",
    "/api/calls/x",
    "/api/calls/x/recording",
    "/api/calls/x/waveform",
    "/api/callbacks",
    "/api/topics",
    "/api/openapi.json",
)
ELSEWHERE = "https://evil.example"


@pytest.fixture
def anyone(running_service: ServiceProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running_service.base_url, trust_env=False) as client:
        yield client


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


async def closing_code(service: ServiceProcess, path: str, **headers: str) -> int | None:
    """Return the code that the service closes the socket with; None when it talks instead."""
    url = service.base_url.replace("http", "ws", 1) + path
    async with connect(url, additional_headers=headers, proxy=None) as socket:
        try:
            await asyncio.wait_for(socket.recv(), 5)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd is not None else 0
        return None


@pytest.mark.parametrize("path", STAFF_PATHS)
@pytest.mark.parametrize("token", ["", "wrong", "token-of-the-test", "tokén"])
def test_when_the_staff_token_is_missing_or_wrong_then_nothing_is_shown(
    anyone: httpx.Client, path: str, token: str
) -> None:
    headers = {b"authorization": f"Bearer {token}".encode()} if token else {}
    refused = anyone.get(path, headers=headers)
    assert refused.status_code == 401
    assert "staff link" in refused.json()["detail"]


def test_when_a_staff_link_is_opened_then_a_session_opens_the_api_and_the_token_leaves_the_address(
    anyone: httpx.Client, running_service: ServiceProcess
) -> None:
    link = running_service.staff_link("/desk/callbacks")
    answer = anyone.get(link)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/desk/callbacks"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "max-age=43200" in cookie
    assert link.partition("token=")[2].lower() not in cookie, "the session is another secret than the link"
    assert anyone.get("/api/calls").status_code == 200
    assert anyone.get("/api/callbacks").json() == []


def test_when_a_staff_link_was_opened_then_it_opens_nothing_any_more(
    anyone: httpx.Client, running_service: ServiceProcess
) -> None:
    link = running_service.staff_link()
    assert "set-cookie" in anyone.get(link).headers
    with httpx.Client(trust_env=False) as elsewhere:
        answer = elsewhere.get(link)
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
        assert elsewhere.get(f"{running_service.base_url}/api/calls").status_code == 401
    token = running_service.staff_token
    assert "set-cookie" not in httpx.get(f"{running_service.base_url}/desk?token={token}", trust_env=False).headers


def test_when_a_page_comes_through_the_proxy_then_the_session_is_for_https_alone(
    anyone: httpx.Client, running_service: ServiceProcess
) -> None:
    forwarded = {"x-forwarded-for": "198.51.100.7", "x-forwarded-proto": "https", "host": "pages.example"}
    answer = anyone.get(running_service.staff_link(), headers=forwarded)
    assert answer.status_code == 303
    assert "; secure" in answer.headers["set-cookie"].lower()
    assert anyone.get("/metrics").status_code == 200, "a program on this machine"
    assert httpx.get(f"{running_service.base_url}/metrics", headers=forwarded, trust_env=False).status_code == 401


@pytest.mark.parametrize("path", ["/call", "/desk", "/api/calls", "/metrics", "/healthz", "/api/web-calls/settings"])
def test_when_another_name_was_turned_to_our_address_then_nothing_is_answered(anyone: httpx.Client, path: str) -> None:
    for host in ("evil.example", "evil.example:80", "127.0.0.1.evil.example", "[", "pages.example.evil"):
        answer = anyone.get(path, headers={"host": host})
        assert answer.status_code == 421
        assert "[service] hosts" in answer.json()["detail"]
    for host in ("localhost:1", "127.0.0.1", "[::1]:8080", "pages.example", "PAGES.example:443"):
        assert anyone.get(path, headers={"host": host}).status_code != 421


async def test_when_a_socket_is_asked_for_by_another_name_then_it_does_not_open(
    running_service: ServiceProcess,
) -> None:
    port = int(running_service.base_url.rpartition(":")[2])
    with pytest.raises(InvalidStatus) as refused:
        async with connect("ws://evil.example/api/captions", host="127.0.0.1", port=port, proxy=None):
            pass
    assert refused.value.response.status_code == 403


def test_when_the_service_runs_then_its_output_is_the_links_and_its_errors_are_json_alone(
    running_service: ServiceProcess,
) -> None:
    printed, errors = running_service.printed()
    assert re.search(r"^The staff's pages:  https://pages\.example/desk\?token=\S{32} ", printed, re.MULTILINE)
    assert re.search(r"^Calls are answered at sip:127\.0\.0\.1:\d+$", printed, re.MULTILINE)
    assert "token=" not in errors
    assert all(json.loads(line)["level"] for line in errors.splitlines())


def test_when_the_staff_link_holds_a_wrong_token_then_the_page_comes_without_a_cookie(anyone: httpx.Client) -> None:
    answer = anyone.get("/desk?token=wrong")
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers


def test_when_staff_ask_for_topics_then_each_has_its_articles_title_in_both_languages(
    running_service: ServiceProcess,
) -> None:
    titles = running_service.get("/api/topics")
    assert titles == {
        "bill-explained": {"en": "Understanding your bill", "es": "Cómo entender tu factura"},
        "power-outage-status": titles["power-outage-status"],
    }
    assert set(titles["power-outage-status"]) == {"en", "es"}


def test_when_a_call_is_unknown_then_its_parts_are_not_found(running_service: ServiceProcess) -> None:
    with httpx.Client(base_url=running_service.base_url, headers=bearer(running_service.staff_token)) as staff:
        for path in ("/api/calls/x", "/api/calls/x/recording", "/api/calls/..%2Fwarmline/recording"):
            assert staff.get(path).status_code == 404


def test_when_recording_was_switched_off_and_on_again_then_staff_hear_what_was_kept(
    running_service: ServiceProcess,
) -> None:
    bodies: tuple[EventBody, ...] = (
        CallOffered(transport="sip", caller="+34600", caller_name="", called="bot", peer_call_id="x"),
        CallAnswered(language="en", flow="main"),
        RecordingStarted(file="again.wav", rate_hz=8000),
        RecordingStopped(reason="consent_refused", duration_ms=1_000),
        RecordingStarted(file="again.2.wav", rate_hz=8000),
        RecordingStopped(reason="call_ended", duration_ms=2_000),
        CallEnded(result="completed", reason="caller_hung_up"),
    )
    store = EventStore.open_dir(running_service.data_dir, owner="elsewhere")
    at_utc = datetime(2026, 1, 1, tzinfo=UTC)
    store.append(
        [
            NewEvent(stream_kind="call", stream_id="again", body=body, at_utc=at_utc, t_ms=None, source="call")
            for body in bodies
        ]
    )
    store.close()
    with wave.open(str(running_service.data_dir / "recordings" / "again.2.wav"), "wb") as sound:
        sound.setparams((2, 2, 8000, 0, "NONE", ""))
        sound.writeframes(b"\x01\x40" * 2 * 16_000)
    assert running_service.get("/api/calls/again/waveform")["duration_ms"] == 2_000
    with httpx.Client(base_url=running_service.base_url, headers=bearer(running_service.staff_token)) as staff:
        heard = staff.get("/api/calls/again/recording")
        assert heard.status_code == 200
        assert len(heard.content) == 44 + 4 * 16_000
        assert staff.get("/api/calls/again.2/recording").status_code == 404, "a call is asked for, not a file"


@pytest.mark.parametrize("path", ["/api/live", "/api/live?call_id=x", "/api/captions", "/api/captions?token=wrong"])
async def test_when_a_socket_has_no_token_then_it_is_closed_with_4401(
    running_service: ServiceProcess, path: str
) -> None:
    assert await closing_code(running_service, path) == 4401


async def test_when_sockets_are_opened_with_tokens_then_no_log_line_holds_one(running_service: ServiceProcess) -> None:
    for path in ("/api/captions?token=wrong", "/api/live?token=wrong"):
        await closing_code(running_service, path)
    assert "token=" not in running_service.printed()[1]


async def test_when_another_site_opens_the_live_feed_with_the_cookie_of_staff_then_it_is_closed_with_4403(
    running_service: ServiceProcess,
) -> None:
    opened = await asyncio.to_thread(httpx.get, running_service.staff_link(), trust_env=False)
    cookie = f"warmline_staff={opened.cookies['warmline_staff']}"
    own = running_service.base_url
    assert await closing_code(running_service, "/api/live", cookie=cookie, origin=ELSEWHERE) == 4403
    assert await closing_code(running_service, "/api/live", cookie=cookie, origin="https://shop.example") == 4403
    assert await closing_code(running_service, "/api/live", cookie=cookie, origin=own) is None


async def test_when_staff_open_the_live_feed_then_a_snapshot_comes_first(running_service: ServiceProcess) -> None:
    url = running_service.base_url.replace("http", "ws", 1) + "/api/live"
    async with connect(url, additional_headers=bearer(running_service.staff_token), proxy=None) as socket:
        first: dict[str, Any] = json.loads(await asyncio.wait_for(socket.recv(), 5))
    assert first["kind"] == "snapshot"
    assert isinstance(first["calls"], list)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/web-calls"),
        ("POST", "/api/web-calls/ice-servers"),
        ("POST", "/api/web-calls/x/digits"),
        ("DELETE", "/api/web-calls/x"),
    ],
)
def test_when_another_site_asks_for_a_call_or_touches_one_then_it_is_refused(
    anyone: httpx.Client, method: str, path: str
) -> None:
    body = {"sdp": "v=0", "type": "offer", "digits": "1"}
    refused = anyone.request(method, path, json=body, headers={"origin": ELSEWHERE})
    assert refused.status_code == 403
    assert "allowed_origins" in refused.json()["detail"]


def test_when_an_allowed_site_or_our_own_asks_for_a_call_then_only_its_offer_counts(
    anyone: httpx.Client, running_service: ServiceProcess
) -> None:
    for origin in ("https://shop.example", running_service.base_url):
        body = {"sdp": "v=0", "type": "offer"}
        refused = anyone.post("/api/web-calls", json=body, headers={"origin": origin})
        assert refused.status_code == 400
        assert refused.json()["code"].startswith("webrtc.")


@pytest.mark.parametrize(
    "body",
    [{}, {"sdp": "v=0", "type": "answer"}, {"sdp": "v=0", "type": "offer", "called": "../x"}, {"sdp": "x" * 64_001}],
)
def test_when_an_offer_is_malformed_then_it_is_refused_by_its_form(anyone: httpx.Client, body: dict[str, str]) -> None:
    assert anyone.post("/api/web-calls", json=body).status_code == 422


def test_when_keys_or_the_end_of_a_call_come_without_its_token_then_they_are_refused(anyone: httpx.Client) -> None:
    for headers in ({}, bearer("wrong")):
        assert anyone.post("/api/web-calls/x/digits", json={"digits": "1"}, headers=headers).status_code == 401
        assert anyone.delete("/api/web-calls/x", headers=headers).status_code == 401
        assert anyone.post("/api/web-calls/x/candidates", json={"candidates": []}, headers=headers).status_code == 401
        offer = {"sdp": "v=0", "type": "offer"}
        assert anyone.post("/api/web-calls/x/offer", json=offer, headers=headers).status_code == 401
    for digits in ("", "1a", "1" * 33):
        assert anyone.post("/api/web-calls/x/digits", json={"digits": digits}).status_code == 422


def test_when_the_callers_page_asks_then_it_learns_what_to_say_before_a_call(anyone: httpx.Client) -> None:
    assert anyone.get("/api/web-calls/settings").json() == {
        "company": "Lumina",
        "recording": "stay",
        "emotion": "stay",
    }


@pytest.mark.parametrize("path", ["/call", "/desk", "/desk/calls/x"])
def test_when_a_page_is_asked_for_then_it_holds_no_inline_script_and_its_files_exist(
    anyone: httpx.Client, path: str
) -> None:
    answer = anyone.get(path)
    assert "script-src" not in answer.headers["content-security-policy"]
    assert answer.headers["content-security-policy"].startswith("default-src 'self';")
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["x-content-type-options"] == "nosniff"
    for attributes, content in re.findall(r"<script([^>]*)>(.*?)</script>", answer.text, re.DOTALL):
        assert "src=" in attributes
        assert not content.strip()
    files = re.findall(r'(?:src|href)="(/assets/[^"]+)"', answer.text)
    assert len(files) >= 3
    for file in files:
        found = anyone.get(file)
        assert found.status_code == 200
        assert "immutable" in found.headers["cache-control"]
    assert anyone.get("/assets/none.js").status_code == 404
    assert anyone.get("/assets/none.js").headers["cache-control"] == "no-cache"
