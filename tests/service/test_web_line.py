"""What pages are told of relays, and what the configuration must have for it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from fastapi import Depends, FastAPI

from calls.errors import CallCentreError
from service.config import load_config
from service.house import House
from service.web_line import line_routes

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def client_of(tmp_path: Path, settings: str) -> httpx.AsyncClient:
    file = tmp_path / "warmline.toml"
    file.write_text(settings)
    clock = SimpleNamespace(now_utc=lambda: NOW)
    house = cast("House", SimpleNamespace(config=load_config(file, {}).config, clock=clock, calls={}))

    def guard() -> None:
        return

    app = FastAPI()
    app.include_router(line_routes(house, lambda _request, _call_id: None, [Depends(guard)]))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test")


async def test_when_a_relay_is_configured_then_pages_get_credentials_that_it_accepts_until_they_expire(
    tmp_path: Path,
) -> None:
    settings = (
        '[telephony.webrtc]\nice_servers = ["stun:stun.example.org"]\nturn_servers = ["turn:turn.example.org:3478"]\n'
        'turn_secret = "north"\nturn_credentials_s = 600\n'
    )
    async with client_of(tmp_path, settings) as client:
        first, second = [(await client.post("/api/web-calls/ice-servers")).json() for _ in range(2)]
    assert first[0] == {"urls": ["stun:stun.example.org"]}
    relay: dict[str, Any] = first[1]
    assert relay["urls"] == ["turn:turn.example.org:3478"]
    until, _, visitor = relay["username"].partition(":")
    assert int(until) == int(NOW.timestamp()) + 600
    assert visitor
    mac = hmac.new(b"north", relay["username"].encode(), hashlib.sha1).digest()
    assert relay["credential"] == base64.b64encode(mac).decode()
    assert second[1]["username"] != relay["username"]


async def test_when_nothing_is_configured_then_nobody_is_asked(tmp_path: Path) -> None:
    async with client_of(tmp_path, "") as client:
        assert (await client.post("/api/web-calls/ice-servers")).json() == []


async def test_when_the_call_is_over_then_candidates_and_offers_are_told_so(tmp_path: Path) -> None:
    async with client_of(tmp_path, "") as client:
        gone = await client.post("/api/web-calls/x/candidates", json={"candidates": [], "end": True})
        moved = await client.post("/api/web-calls/x/offer", json={"sdp": "v=0", "type": "offer"})
    assert (gone.status_code, moved.status_code) == (409, 409)


@pytest.mark.parametrize(
    "settings", ['turn_servers = ["turn:x"]', 'turn_servers = ["relay"]\nturn_secret = "s"', "max_calls = 0"]
)
def test_when_the_relay_lacks_its_secret_or_a_value_is_wrong_then_it_is_said(tmp_path: Path, settings: str) -> None:
    with pytest.raises(CallCentreError, match=r"telephony\.webrtc"):
        client_of(tmp_path, f"[telephony.webrtc]\n{settings}\n")


def test_when_the_relays_secret_is_shown_then_it_is_masked(tmp_path: Path) -> None:
    file = tmp_path / "warmline.toml"
    file.write_text('[telephony.webrtc]\nturn_secret = "north"\n')
    assert "north" not in str(list(load_config(file, {}).rows()))
