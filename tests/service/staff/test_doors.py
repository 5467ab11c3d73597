"""Signing in over HTTP, other sites, and which role opens which door."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator

import httpx
import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, APIWebSocketRoute
from starlette.routing import BaseRoute, Mount
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from service.app import make_app
from service.staff.member import ROLES
from service.staff_door import Needs
from tests.staff_office import OURS, PASSWORD, Office

ELSEWHERE = "https://evil.example"
PUBLIC = {
    "GET /healthz": "tells nothing but that the process lives",
    "GET /readyz": "proxies ask it",
    "GET /": "leads to the caller's page",
    "GET /call": "the caller's page",
    "GET /desk": "the page without its data; what is shown on it is asked for with a session",
    "GET /desk/{rest:path}": "the same",
    "GET /metrics": "programs on this machine, else staff: asked inside of `Gate.staff_or_this_machine`",
    "GET /api/web-calls/settings": "callers are nobody's staff",
    "POST /api/web-calls": "callers, limited by address and site",
    "POST /api/web-calls/ice-servers": "callers",
    "POST /api/web-calls/{call_id}/digits": "callers, by the token of their call",
    "POST /api/web-calls/{call_id}/candidates": "callers, by the token of their call",
    "POST /api/web-calls/{call_id}/offer": "callers, by the token of their call",
    "DELETE /api/web-calls/{call_id}": "callers, by the token of their call",
    "GET /chat": "the visitor's page",
    "GET /chat.js": "the script that other sites embed",
    "SOCKET /api/chat": "visitors, limited by address and site",
    "GET /chat/files/{contact_id}/{until}/{given}/{folder}/{key}/{name}": "visitors, by the hash in the link",
    "POST /api/webhooks/{name}": "programs of providers, by the signature of what they send",
    "SOCKET /api/captions": "callers, by the token of their call",
    "GET /api/staff/door": "says whether there are accounts, to addresses that are served",
    "POST /api/staff/sign-in": "who is not in yet",
}
"""Doors without a role, each with its reason. A new route is either here or asks `Gate.needs(…)`."""


def needs_of(dependant: Dependant) -> list[Needs]:
    """Return what a route asks of who comes."""
    found = [item for one in dependant.dependencies for item in needs_of(one)]
    owner = getattr(dependant.call, "__self__", None)
    return [*found, owner] if isinstance(owner, Needs) else found


def doors(office: Office, routes: Iterable[BaseRoute] | None = None) -> Iterator[tuple[str, str, list[Needs]]]:
    """Yield the method, the path and the needs of every route, those of routers within too."""
    for route in make_app(office.service.house, office.service.gate).routes if routes is None else routes:
        if isinstance(route, APIWebSocketRoute):
            yield "SOCKET", route.path, needs_of(route.dependant)
        elif isinstance(route, APIRoute):
            for method in sorted(route.methods or ()):
                yield method, route.path, needs_of(route.dependant)
        elif (router := getattr(route, "original_router", None)) is not None:
            yield from doors(office, router.routes)
        else:
            assert isinstance(route, Mount), route
            assert route.path == "/assets", "files of the pages alone are open"


def test_when_a_route_is_added_then_it_has_a_role_or_a_reason_to_have_none(office: Office) -> None:
    bare, seen = [], set()
    for method, path, needs in doors(office):
        seen.add(f"{method} {path}")
        if not needs and f"{method} {path}" not in PUBLIC:
            bare.append(f"{method} {path}")
        assert not (needs and f"{method} {path}" in PUBLIC), f"{method} {path} is not public any more"
    assert bare == [], "say who may: dependencies=[Depends(gate.needs('supervisor', 'admin'))]"
    assert set(PUBLIC) - seen == set(), "these are gone"


def test_when_each_role_knocks_at_each_door_then_it_opens_for_those_alone_that_it_is_meant_for(office: Office) -> None:
    wrong = []
    for method, path, needs in doors(office):
        if not needs or method == "SOCKET":
            continue
        where = path.replace("{name}", "nobody").replace("{", "").replace("}", "")
        for role, name in (("agent", "ben"), ("supervisor", "sue"), ("qa", "quinn"), ("admin", "ada"), ("", "")):
            with office.signed_in(name) if name else office.browser() as browser:
                status = browser.request(method, where).status_code
            meant = bool(role) and all(role in item.roles for item in needs)
            expected = {401} if not role else set() if meant else {403}
            if (status in (401, 403)) != bool(expected) or (expected and status not in expected):
                wrong.append(f"{method} {path} {role or 'nobody'}: {status}")
    assert wrong == []


def test_when_programs_come_with_their_token_then_accounts_are_not_theirs(office: Office) -> None:
    with httpx.Client(base_url=office.base_url, trust_env=False) as program:
        program.headers["authorization"] = "Bearer programs"
        assert program.get("/api/calls").status_code == 200
        for method, path in (
            ("GET", "/api/staff/members"),
            ("POST", "/api/staff/members"),
            ("GET", "/api/staff/audit"),
        ):
            assert program.request(method, path).status_code == 403


def test_when_somebody_signs_in_then_the_cookie_is_kept_from_scripts_and_other_sites(office: Office) -> None:
    with office.browser() as browser:
        assert browser.get("/api/staff/me").status_code == 401
        answer = browser.post("/api/staff/sign-in", json={"name": "Ben", "password": PASSWORD})
        assert answer.status_code == 200
        assert answer.json()["role"] == "agent"
        for cookie in answer.headers.get_list("set-cookie"):
            assert "httponly" in cookie.lower()
            assert "samesite=strict" in cookie.lower()
        assert browser.get("/api/staff/me").json()["name"] == "ben"
        assert browser.post("/api/staff/sign-out").status_code == 204
        assert browser.get("/api/staff/me").status_code == 401


def test_when_the_page_is_served_over_tls_then_the_cookie_is_bound_to_the_host(office: Office) -> None:
    forwarded = {"x-forwarded-for": "198.51.100.7", "x-forwarded-proto": "https", "host": "pages.example"}
    with office.browser() as browser:
        answer = browser.post("/api/staff/sign-in", json={"name": "ben", "password": PASSWORD}, headers=forwarded)
        assert answer.status_code == 200
        session = next(c for c in answer.headers.get_list("set-cookie") if "warmline_staff" in c)
        assert session.startswith("__Host-warmline_staff=")
        assert "; secure" in session.lower()
        assert "domain" not in session.lower()
        secret = session.partition("=")[2].partition(";")[0]
        planted = {**forwarded, "cookie": f"warmline_staff={secret}"}
        assert browser.get("/api/staff/me", headers=planted).status_code == 401, "a name that others can plant"
        own = {**forwarded, "cookie": f"__Host-warmline_staff={secret}"}
        assert browser.get("/api/staff/me", headers=own).status_code == 200


def test_when_a_session_was_planted_then_signing_in_gives_another_and_ends_it(office: Office) -> None:
    with office.signed_in("ada") as browser:
        planted = browser.cookies["warmline_staff"]
        answer = browser.post("/api/staff/sign-in", json={"name": "ben", "password": PASSWORD})
        assert answer.cookies["warmline_staff"] != planted
    with office.browser() as thief:
        thief.cookies.set("warmline_staff", planted, domain="127.0.0.1")
        assert thief.get("/api/staff/me").status_code == 401
        thief.cookies.set("warmline_staff", "chosen-by-the-thief", domain="127.0.0.1")
        assert thief.get("/api/staff/me").status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": ELSEWHERE, **OURS},
        {"origin": "null", **OURS},
        {"sec-fetch-site": "cross-site", **OURS},
        {"sec-fetch-site": "same-site", **OURS},
        {"x-warmline": ""},
    ],
)
def test_when_another_site_uses_the_cookie_then_nothing_is_changed(office: Office, headers: dict[str, str]) -> None:
    with office.signed_in("ada") as browser:
        for path in ("/api/staff/sign-out-everywhere", "/api/staff/members"):
            answer = browser.post(path, headers=headers, json={})
            assert answer.status_code == 403
            assert answer.json()["code"] == "staff.other_site"
        assert browser.get("/api/staff/me").status_code == 200
        given = {"name": "ben", "password": PASSWORD}
        assert browser.post("/api/staff/sign-in", json=given, headers=headers).status_code == 403, "nor signed in"
        answer = browser.post("/api/staff/sign-in", json=given, headers={"origin": office.base_url})
        assert answer.status_code == 200


async def closing_code(office: Office, **headers: str) -> int | None:
    url = office.base_url.replace("http", "ws", 1) + "/api/live"
    async with connect(url, additional_headers=headers, proxy=None) as socket:
        try:
            await asyncio.wait_for(socket.recv(), 10)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd is not None else 0
        return None


async def test_when_a_socket_comes_without_our_origin_then_it_is_closed(office: Office) -> None:
    cookie = f"warmline_staff={office.accounts._open('ben', '').session}"
    assert await closing_code(office) == 4401
    assert await closing_code(office, cookie=cookie, origin=ELSEWHERE) == 4403
    assert await closing_code(office, cookie=cookie) == 4403
    assert await closing_code(office, cookie=cookie, origin=office.base_url) is None


async def test_when_a_session_ends_then_its_sockets_are_closed_within_seconds(office: Office) -> None:
    url = office.base_url.replace("http", "ws", 1) + "/api/live"
    cookie = f"warmline_staff={office.accounts._open('quinn', '').session}"
    other = f"warmline_staff={office.accounts._open('sue', '').session}"
    origin = office.base_url
    async with (
        connect(url, additional_headers={"cookie": cookie, "origin": origin}, proxy=None) as socket,
        connect(url, additional_headers={"cookie": other, "origin": origin}, proxy=None) as stays,
    ):
        for opened in (socket, stays):
            assert json.loads(await opened.recv())["kind"] == "snapshot"
        await asyncio.to_thread(office.accounts.sign_out_everywhere, "quinn", "ada")
        with pytest.raises(ConnectionClosed) as closed:
            await asyncio.wait_for(socket.recv(), 10)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(stays.recv(), 0.2)


async def test_when_a_socket_is_asked_for_by_another_name_then_it_does_not_open(office: Office) -> None:
    port = int(office.base_url.rpartition(":")[2])
    with pytest.raises(InvalidStatus):
        async with connect("ws://evil.example/api/live", host="127.0.0.1", port=port, proxy=None):
            pass


def test_when_a_password_is_guessed_over_http_then_429_says_when_to_come_back(new_office: Office) -> None:
    office = new_office
    with office.browser() as browser:
        given = {"name": "zoe", "password": "wrong wrong"}
        answers = [browser.post("/api/staff/sign-in", json=given) for _ in range(7)]
        assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 2
        assert {answer.json()["detail"] for answer in answers[:5]} == {answers[0].json()["detail"]}
        assert int(answers[-1].headers["retry-after"]) == answers[-1].json()["retry_after_s"] > 25
        assert browser.post("/api/staff/sign-in", json={"name": "x" * 65, "password": "y"}).status_code == 422
        assert browser.post("/api/staff/sign-in", json={"name": "x", "password": "y" * 257}).status_code == 422


def test_when_nobody_has_an_account_then_a_link_leads_to_the_first_admin_and_then_opens_nothing(
    new_office: Office,
) -> None:
    office = new_office
    link, late = (f"/desk/callbacks?token={office.service.gate.new_link()}" for _ in range(2))
    assert office.service.staff_url().partition("token=")[2]
    with office.browser() as browser:
        assert browser.get("/api/staff/door").json() == {"any_account": False}
        answer = browser.get(link)
        assert answer.status_code == 303
        assert answer.headers["location"] == "/desk/callbacks"
        assert "max-age=43200" in answer.headers["set-cookie"].lower()
        assert link.partition("token=")[2] not in answer.headers["set-cookie"], "the session is another secret"
        assert browser.get("/api/staff/me").json()["is_person"] is False
        assert browser.get("/api/calls").status_code == 200
        own = {"current": "x", "wanted": "a river of kettles"}
        assert browser.post("/api/staff/password", json=own).status_code == 409
        given = {"name": "ada", "display_name": "Ada L.", "password": "password1234"}
        weak = browser.post("/api/staff/first", json=given)
        assert (weak.status_code, weak.json()["code"]) == (400, "staff.weak_password")
        made = browser.post("/api/staff/first", json={**given, "password": PASSWORD})
        assert made.json()["role"] == "admin"
        assert browser.get("/api/staff/me").json()["name"] == "ada"
        assert browser.post("/api/staff/first", json={**given, "password": PASSWORD}).status_code == 409
    with office.browser() as stranger:
        assert stranger.get(late).status_code == 200, "the page, where people sign in"
        assert "set-cookie" not in stranger.get(late).headers
        assert stranger.get("/api/calls").status_code == 401
    assert office.service.staff_url().endswith("/desk")


def test_when_an_admin_makes_an_account_then_its_password_is_shown_once_and_opens_nothing_else(
    office: Office,
) -> None:
    with office.signed_in("ada") as admin, office.browser() as browser:
        given = {"name": "zoe", "role": "agent", "display_name": "Zoë", "languages": ["en"], "phone": "phone:zoe"}
        made = admin.post("/api/staff/members", json=given)
        assert made.status_code == 201
        once = made.json()["password"]
        assert "password" not in admin.get("/api/staff/members").text.replace("password_at_utc", "")
        assert browser.post("/api/staff/sign-in", json={"name": "zoe", "password": once}).json()["must_change"]
        refused = browser.get("/api/calls")
        assert (refused.status_code, refused.json()["code"]) == (403, "staff.change_password")
        own = {"current": once, "wanted": "a river of kettles"}
        assert browser.post("/api/staff/password", json=own).status_code == 200
        assert browser.get("/api/calls").status_code == 200
        assert admin.put("/api/staff/members/zoe/role", json={"role": "king"}).status_code == 400
        assert admin.put("/api/staff/members/zoe/role", json={"role": "qa"}).status_code == 204
        assert browser.get("/api/calls").status_code == 401, "what was open with the old role is closed"
        assert admin.delete("/api/staff/members/zoe").status_code == 204
        assert admin.delete("/api/staff/members/zoe").status_code == 404


def test_when_a_call_is_looked_at_then_admins_see_by_whom(office: Office) -> None:
    with office.signed_in("ben") as agent, office.signed_in("ada") as admin:
        for _ in range(2):
            assert agent.get("/api/calls/looked-at").status_code == 404
        assert agent.get("/api/calls/looked-at/recording").status_code == 403
        facts = [fact["body"] for fact in admin.get("/api/staff/audit").json()["facts"]]
        looks = [body for body in facts if body["type"] == "staff_looked" and body["thing_id"] == "looked-at"]
        assert [(body["member"], body["what"]) for body in looks] == [("ben", "call")]


def test_when_roles_are_counted_then_the_matrix_knows_each(office: Office) -> None:
    assert {account.role for account in office.accounts.all()} == set(ROLES)
