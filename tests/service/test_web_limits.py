"""Pages call as often as they may, and hear why when they may not: by site, by address, by number at once."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from aiortc import RTCPeerConnection
from starlette.types import Message, Scope

from service.front_door import FrontDoor
from service.web_limits import Refused, WebCallLimits, WebCalls, visitor_of
from tests.service_process import LIGHT, ServiceProcess

LIMITS = WebCallLimits(
    per_address=2, per_address_per_minute=3, per_origin=2, of_origin={"https://small.example": 1}, in_total=4
)
_hosts = itertools.count(1)


def new_address() -> str:
    return f"203.0.113.{next(_hosts)}"


def entered(calls: WebCalls, origin: str, address: str, now_ms: int = 0) -> str:
    """Return `in`, or the status and the beginning of the sentence."""
    answer = calls.enter(origin, address, now_ms)
    return f"{answer.status} {answer.sentence[:20]}" if isinstance(answer, Refused) else "in"


def test_when_an_address_has_its_calls_then_another_one_is_refused_until_one_ends() -> None:
    calls = WebCalls(LIMITS)
    first = calls.enter("", "192.0.2.1", 0)
    assert callable(first)
    assert entered(calls, "", "192.0.2.1") == "in"
    assert entered(calls, "", "192.0.2.1").startswith("429 There are too many c")
    first()
    first()
    assert entered(calls, "", "192.0.2.1", 61_000) == "in"
    assert entered(calls, "", "192.0.2.1", 61_000).startswith("429")


def test_when_a_site_has_its_calls_then_other_sites_and_our_own_page_go_on() -> None:
    calls = WebCalls(LIMITS)
    assert entered(calls, "https://small.example", new_address()) == "in"
    assert entered(calls, "https://small.example", new_address()).startswith("429 All lines of this")
    assert entered(calls, "https://shop.example", new_address()) == "in"
    assert entered(calls, "", new_address()) == "in"


def test_when_all_lines_are_taken_then_everybody_is_refused_for_that_reason() -> None:
    calls = WebCalls(LIMITS)
    for _ in range(4):
        assert entered(calls, "", new_address()) == "in"
    assert entered(calls, "", new_address()).startswith("503 All lines are busy")


def test_when_an_address_asks_too_often_then_it_is_told_when_it_may_again_and_this_machine_never_is() -> None:
    calls = WebCalls(LIMITS)
    for at_ms in (0, 10_000, 20_000):
        answer = calls.enter("", "192.0.2.1", at_ms)
        assert callable(answer)
        answer()
    refused = calls.enter("", "192.0.2.1", 30_000)
    assert isinstance(refused, Refused)
    assert (refused.status, refused.retry_after_s) == (429, 30)
    assert entered(calls, "", "192.0.2.1", 60_000) == "in"
    for _ in range(50):
        answer = calls.enter("", "127.0.0.1", 0)
        assert callable(answer)
        answer()


@pytest.mark.parametrize(
    ("address", "visitor"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::5", "2001:db8:1:2::/64"),
        ("::1", "::1"),
        ("unknown", "unknown"),
    ],
)
def test_when_a_visitor_is_counted_then_all_addresses_of_one_line_are_one(address: str, visitor: str) -> None:
    assert visitor_of(address) == visitor


async def seen_through(proxies: tuple[str, ...], peer: str, forwarded: str) -> str:
    """Return the address that the pages see."""
    seen: list[str] = []

    async def app(scope: Scope, receive: Any, send: Any) -> None:
        del receive, send
        seen.append(scope["client"][0])

    async def nothing(_message: Message | None = None) -> Any:
        return {}

    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    scope = {"type": "http", "client": (peer, 1), "headers": headers, "path": "/", "method": "GET"}
    await FrontDoor(app, names=(), proxies=proxies)(scope, nothing, nothing)
    return seen[0]


@pytest.mark.parametrize(
    ("peer", "forwarded", "visitor"),
    [
        ("127.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("198.51.100.9", "198.51.100.7", "198.51.100.9"),
        ("127.0.0.1", "10.1.1.1, 198.51.100.7", "198.51.100.7"),
        ("127.0.0.1", "10.1.1.1, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        ("127.0.0.1", "nonsense", "127.0.0.1"),
        ("127.0.0.1", "198.51.100.7, <script>", "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
    ],
    ids=["one proxy", "no proxy of ours", "forged", "two proxies", "no address", "no address behind one", "none"],
)
async def test_when_somebody_says_whom_they_forward_then_only_proxies_of_ours_are_believed(
    peer: str, forwarded: str, visitor: str
) -> None:
    assert await seen_through(("127.0.0.0/8", "10.0.0.0/24"), peer, forwarded) == visitor


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """A service with a site that may have one call, and eight lines for pages."""
    service = ServiceProcess(tmp_path_factory.mktemp("limited"), whisper=LIGHT)
    with pytest.MonkeyPatch.context() as environ:
        environ.setenv("WARMLINE__SERVICE__ALLOWED_ORIGINS", '["https://shop.example", "https://small.example 1"]')
        environ.setenv("WARMLINE__TELEPHONY__WEBRTC__MAX_CALLS", "8")
        service.start()
    yield service
    service.stop()


@pytest.fixture
def anyone(limited: ServiceProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=limited.base_url, trust_env=False) as client:
        yield client


def call(client: httpx.Client, sdp: str, address: str, origin: str = "") -> httpx.Response:
    headers = {"x-forwarded-for": address, **({"origin": origin} if origin else {})}
    return client.post("/api/web-calls", json={"sdp": sdp, "type": "offer"}, headers=headers)


def hang_up(client: httpx.Client, *answers: httpx.Response) -> None:
    for answer in answers:
        data = answer.json()
        bearer = {"authorization": f"Bearer {data['captions_token']}"}
        assert client.delete(f"/api/web-calls/{data['call_id']}", headers=bearer).status_code == 204


async def offer() -> str:
    peer = RTCPeerConnection()
    peer.addTransceiver("audio")
    await peer.setLocalDescription(await peer.createOffer())
    sdp = str(peer.localDescription.sdp)
    await peer.close()
    return sdp


def test_when_an_address_tries_too_often_over_http_then_it_gets_429_and_when_to_come_back(anyone: httpx.Client) -> None:
    address = new_address()
    for _ in range(10):
        assert call(anyone, "v=0", address).status_code == 400
    refused = call(anyone, "v=0", address)
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert "too many calls from this address within a minute" in refused.json()["detail"]
    assert call(anyone, "v=0", f"10.9.9.9, {address}").status_code == 429, "what a visitor writes is not believed"
    assert call(anyone, "v=0", new_address()).status_code == 400


async def test_when_a_site_has_as_many_calls_as_it_may_then_it_gets_429_and_others_do_not(
    anyone: httpx.Client, limited: ServiceProcess
) -> None:
    sdp, small = await offer(), "https://small.example"
    first = call(anyone, sdp, new_address(), small)
    assert first.status_code == 200, first.text
    refused = call(anyone, sdp, new_address(), small)
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "30"
    assert "this site" in refused.json()["detail"]
    other = call(anyone, sdp, new_address(), "https://shop.example")
    assert other.status_code == 200
    hang_up(anyone, first, other)
    limited.settle()
    again = call(anyone, sdp, new_address(), small)
    assert again.status_code == 200
    hang_up(anyone, again)
    limited.settle()


async def test_when_an_address_has_as_many_calls_as_it_may_then_it_gets_429_and_its_neighbour_a_call(
    anyone: httpx.Client, limited: ServiceProcess
) -> None:
    sdp, address = await offer(), new_address()
    answers = [call(anyone, sdp, address) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 429]
    assert answers[-1].headers["retry-after"] == "30"
    neighbour = call(anyone, sdp, new_address())
    assert neighbour.status_code == 200
    hang_up(anyone, *answers[:4], neighbour)
    limited.settle()


async def test_when_all_lines_for_pages_are_taken_then_visitors_are_told_to_come_back(
    anyone: httpx.Client, limited: ServiceProcess
) -> None:
    sdp = await offer()
    answers = [call(anyone, sdp, new_address()) for _ in range(9)]
    assert [answer.status_code for answer in answers] == [200] * 8 + [503]
    assert answers[-1].headers["retry-after"] == "30"
    assert "All lines are busy" in answers[-1].json()["detail"]
    hang_up(anyone, *answers[:8])
    limited.settle()
