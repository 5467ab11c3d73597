"""Links that work once, and addresses that are served."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi import HTTPException
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send

from service.cli import main
from service.front_door import FrontDoor
from service.staff_door import COOKIE, LINK_S, Gate, StaffLinks

START_S = datetime(2026, 11, 22, tzinfo=UTC).timestamp()


class TestClock:
    """Time that is told."""

    __test__ = False

    def __init__(self) -> None:
        self.s = 0

    def now_ms(self) -> int:
        return self.s * 1000

    def now_utc(self) -> datetime:
        return datetime(2026, 11, 22, tzinfo=UTC) + timedelta(seconds=self.s)


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


async def asking(peer: str, *, through: str = "", cookie: str = "", token: str = "") -> HTTPConnection:
    """Return a request as it arrives behind the front door, from `peer`, for `through` if that is a proxy."""
    headers = [(b"host", b"localhost")]
    if through:
        headers.append((b"x-forwarded-for", through.encode()))
    if cookie:
        headers.append((b"cookie", f"{COOKIE}={cookie}".encode()))
    if token:
        headers.append((b"authorization", f"Bearer {token}".encode()))
    came: list[Scope] = []

    async def behind(scope: Scope, _receive: Receive, _send: Send) -> None:
        came.append(scope)

    async def nothing() -> dict[str, object]:
        return {}

    async def drop(_message: object) -> None:
        return

    door = FrontDoor(behind, names=(), proxies=("127.0.0.0/8", "::1/128"))
    scope: Scope = {"type": "http", "client": (peer, 1), "headers": headers, "path": "/", "scheme": "http"}
    scope["query_string"] = b""
    await door(scope, nothing, drop)
    return HTTPConnection(came[0])


def status(gate: Gate, connection: HTTPConnection) -> int:
    try:
        gate.staff(connection)
    except HTTPException as refused:
        return refused.status_code
    return 200


def test_when_a_link_was_used_or_waited_too_long_then_it_opens_nothing(tmp_path: Path, clock: TestClock) -> None:
    links = StaffLinks(tmp_path)
    gate = Gate("", links, clock)
    first, late = gate.new_link(), gate.new_link()
    assert first not in "".join(path.name for path in tmp_path.rglob("*")), "who reads the folder learns no link"
    assert links.use(first, clock.s + START_S)
    assert not links.use(first, clock.s + START_S)
    clock.s = LINK_S + 1
    assert not links.use(late, clock.s + START_S)
    for wrong in ("", "../address", "x" * 5000):
        assert not links.use(wrong, clock.s + START_S)
    forgotten = gate.new_link()
    clock.s += LINK_S + 1
    gate.new_link()
    assert len(list((tmp_path / "staff" / "links").iterdir())) == 1, "old ones are cleared away"
    assert not links.use(forgotten, clock.s + START_S)


@pytest.mark.parametrize(
    ("staff_from", "peer", "through", "served"),
    [
        ((), "127.0.0.1", "", True),
        ((), "::ffff:127.0.0.1", "", True),
        ((), "192.168.1.7", "", False),
        ((), "192.168.1.7", "127.0.0.1", False),  # no proxy of ours: what it says does not count
        ((), "127.0.0.1", "198.51.100.7", True),  # the documented proxy
        (("192.168.1.0/24",), "192.168.1.7", "", True),
        (("192.168.1.0/24",), "::ffff:192.168.1.7", "", True),
        (("192.168.1.0/24",), "192.168.2.7", "", False),
        (("192.168.1.0/24",), "127.0.0.1", "192.168.1.7", True),
        (("192.168.1.0/24",), "127.0.0.1", "192.168.1.7, 198.51.100.7", False),
        (("0.0.0.0/0", "::/0"), "2001:db8::1", "", True),
    ],
)
async def test_when_staff_come_from_somewhere_then_only_what_the_operator_named_is_served(
    tmp_path: Path, clock: TestClock, staff_from: tuple[str, ...], peer: str, through: str, served: bool
) -> None:
    gate = Gate("program", StaffLinks(tmp_path), clock, staff_from)
    assert status(gate, await asking(peer, through=through, token="program")) == (200 if served else 403)
    assert status(gate, await asking(peer, through=through, token="wrong")) == (401 if served else 403)


async def test_when_no_token_for_programs_is_set_then_an_empty_one_opens_nothing(
    tmp_path: Path, clock: TestClock
) -> None:
    request = await asking("127.0.0.1")
    assert status(Gate("", StaffLinks(tmp_path), clock), request) == 401


def test_when_a_link_is_asked_for_on_the_command_line_then_it_opens_the_running_service_once(
    tmp_path: Path, clock: TestClock, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "warmline.toml"
    file.write_text(f'data_dir = "{tmp_path}/data"\n')
    assert main(["staff-link", "--config", str(file)]) == 1
    assert "No service runs on data_dir" in capsys.readouterr().err
    links = StaffLinks(tmp_path / "data")
    links.serve_at("https://support.example.com")
    before = os.umask(0)
    try:
        assert main(["staff-link", "--config", str(file)]) == 0
        assert main(["staff-link", "--config", str(file)]) == 0
    finally:
        os.umask(before)
    one, other = capsys.readouterr().out.split()
    assert one != other
    assert one.startswith("https://support.example.com/desk?token=")
    token, now_s = one.partition("token=")[2], datetime.now(UTC).timestamp()
    assert links.use(token, now_s)
    assert not links.use(token, now_s)
    assert all(not path.stat().st_mode & 0o077 for path in (tmp_path / "data" / "staff").rglob("*"))
    StaffLinks(tmp_path / "data").closed()  # another process on the same folder stops
    assert links.served_at() == "https://support.example.com"
    links.closed()
    assert main(["staff-link", "--config", str(file)]) == 1
