"""`warmline call` towards those who are not there."""

from __future__ import annotations

import asyncio
import socket
import time
from pathlib import Path

import pytest

from calls.ports import IncomingCall
from service.cli import main
from telephony.gateway import SipGateway
from telephony.sip_settings import SipSettings
from tests.ports import free_port
from tests.telephony.certificates import Authority
from tests.telephony.sip_fakes import EchoFactory, TestClock

pytestmark = pytest.mark.realtime


def test_when_nobody_listens_there_then_the_command_ends_at_once_with_a_sentence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    port = free_port()
    began_s = time.monotonic()
    assert main(["call", f"sip:bot@127.0.0.1:{port}"]) == 1
    assert time.monotonic() - began_s < 3
    assert f"warmline: Nothing takes SIP calls over UDP at 127.0.0.1:{port}, " in capsys.readouterr().err


def test_when_the_host_drops_every_packet_then_the_command_ends_after_its_timeout(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))
        began_s = time.monotonic()
        assert main(["call", f"sip:bot@127.0.0.1:{mute.getsockname()[1]}", "--timeout", "0.7"]) == 1
        assert 0.6 < time.monotonic() - began_s < 4
    assert "warmline: Nothing came back from 127.0.0.1:" in capsys.readouterr().err


@pytest.mark.parametrize("uri", ["bot@127.0.0.1", "tel:+34600", "sip:", "sip:bot@nobody.invalid"])
def test_when_the_target_cannot_be_called_then_a_sentence_says_so(uri: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["call", uri]) == 1
    assert "warmline: " in capsys.readouterr().err


def test_when_we_call_another_address_of_this_computer_then_the_phone_is_not_bound_to_loopback_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["call", f"sip:bot@[::1]:{free_port()}"]) == 1
    assert "warmline: Nothing takes SIP calls over UDP at [::1]:" in capsys.readouterr().err


async def test_when_a_line_over_tls_is_called_then_its_issuer_must_be_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    authority = Authority(tmp_path)
    media = EchoFactory()
    calls: asyncio.Queue[IncomingCall] = asyncio.Queue()
    settings = SipSettings(listen="127.0.0.1:0", tls_listen="127.0.0.1:0", tls=authority.issue("localhost"))
    line = SipGateway(settings, TestClock(), media, calls.put_nowait)
    await line.start()
    try:
        command = ["call", f"sips:bot@127.0.0.1:{line.tls_port}", "--seconds", "5"]
        assert await asyncio.to_thread(main, command) == 1
        assert "nobody that we trust signed its certificate" in capsys.readouterr().err
        calling = asyncio.create_task(asyncio.to_thread(main, [*command, "--tls-ca", authority.ca]))
        leg = await (await asyncio.wait_for(calls.get(), 5)).answer()
        await leg.hang_up()
        assert await calling == 0
    finally:
        await line.stop()
