"""SIPVicious against a gateway that sees it as a stranger: it learns nothing, is slowed down and banned."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from telephony.sip.source_guard import BURST, SourceGuard
from tests.ports import free_port
from tests.telephony.baresip import EchoHouse, phone
from tests.waiting import eventually

pytestmark = pytest.mark.peer


async def _scan(folder: Path, name: str, *arguments: str) -> str:
    """Run one of the tools until it is done, and return what it printed.

    It has a port of its own: at 5060, where it is by default, it would hear what other tests say there, and give up.
    """
    program = shutil.which(name)
    if program is None:
        pytest.skip(f"{name} is not installed (apt-get install sipvicious)")
    process = await asyncio.create_subprocess_exec(
        *(program, "-P", str(free_port()), *arguments),
        cwd=folder,
        env={"HOME": str(folder), "PATH": "/usr/bin:/bin"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(40):
            output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    return output.decode(errors="replace")


async def _house(*, accept_unknown: bool) -> EchoHouse:
    """Return a gateway for which loopback is as strange as the rest of the world."""
    house = EchoHouse()
    house.gateway.guard = SourceGuard(accept_unknown=accept_unknown, is_near=lambda address: False)
    await house.gateway.start()
    return house


async def test_when_svmap_looks_for_us_and_strangers_are_ignored_then_it_finds_nothing(tmp_path: Path) -> None:
    house = await _house(accept_unknown=False)
    try:
        port = str(house.gateway.listen_address[1])
        for method in ("OPTIONS", "INVITE", "REGISTER"):
            said = await _scan(tmp_path, "svmap", "-p", port, "-m", method, "-b", "127.0.0.1", "127.0.0.1")
            assert "Warmline" not in said, said
            assert f"127.0.0.1:{port}" not in said, said
    finally:
        await house.close()


async def test_when_svmap_looks_at_loopback_as_it_is_then_it_is_answered(tmp_path: Path) -> None:
    house = EchoHouse()
    await house.gateway.start()
    try:
        port = str(house.gateway.listen_address[1])
        said = await _scan(tmp_path, "svmap", "-p", port, "-b", "127.0.0.1", "127.0.0.1")
        assert f"127.0.0.1:{port}" in said, said
    finally:
        await house.close()


async def test_when_svwar_tries_users_then_none_differs_from_another_and_it_is_banned(tmp_path: Path) -> None:
    house = await _house(accept_unknown=True)
    try:
        port = str(house.gateway.listen_address[1])
        arguments = ("-p", port, "-m", "OPTIONS", "-e100-400", "-b", "127.0.0.1", "127.0.0.1", "--force")
        said = await _scan(tmp_path, "svwar", *arguments)
        found = [line for line in said.splitlines() if line.startswith(("| 1", "| 2", "| 3", "| 4"))]
        assert len(found) <= BURST + 10, said
        assert house.gateway.guard.is_banned("127.0.0.1", house.gateway._clock.now_ms()), said
        assert house.legs == []
    finally:
        await house.close()


async def test_when_svcrack_tries_passwords_then_it_cracks_nothing(tmp_path: Path) -> None:
    house = await _house(accept_unknown=True)
    try:
        port = str(house.gateway.listen_address[1])
        said = await _scan(tmp_path, "svcrack", "-p", port, "-u", "100", "-r1-300", "-b", "127.0.0.1", "127.0.0.1")
        assert "| 100" not in said, said
    finally:
        await house.close()


async def test_when_a_scanner_was_banned_then_a_phone_on_loopback_still_gets_through(tmp_path: Path) -> None:
    house = EchoHouse()
    await house.gateway.start()
    try:
        port = str(house.gateway.listen_address[1])
        await _scan(tmp_path, "svwar", "-p", port, "-m", "OPTIONS", "-e100-400", "-b", "127.0.0.1", "127.0.0.1")
        async with phone(tmp_path, dial=house.uri):
            await eventually(lambda: len(house.legs) == 1)
    finally:
        await house.close()
