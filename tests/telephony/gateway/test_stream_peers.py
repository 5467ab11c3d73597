"""Real peers over TCP and TLS: baresip with sound both ways, sipp and sipsak; connections cut under a call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from calls.errors import CallCentreError
from calls.ports import LegEnded
from telephony.sip_settings import SipSettings
from tests.ports import free_port
from tests.telephony.baresip import EchoHouse, PhoneLine, phone, tone_share
from tests.telephony.certificates import Authority
from tests.telephony.sipp_peer import Desk, callee, outcome, run, run_sipp, sipp, start, until_listening
from tests.waiting import eventually

pytestmark = pytest.mark.peer


@asynccontextmanager
async def house(authority: Authority | None = None) -> AsyncIterator[EchoHouse]:
    """Run an echoing gateway, with TLS when there is an issuer."""
    settings = SipSettings(listen="127.0.0.1:0")
    if authority is not None:
        settings = SipSettings(listen="127.0.0.1:0", tls_listen="127.0.0.1:0", tls=authority.issue("localhost"))
    made = EchoHouse(settings)
    await made.gateway.start()
    try:
        yield made
    finally:
        await made.close()


def tls_phone(authority: Authority, name: str = "localhost") -> PhoneLine:
    """Return how a phone speaks that has a certificate of its own and trusts the issuer."""
    tls = authority.issue(name)
    both = Path(tls.certificate).with_suffix(".both.pem")
    both.write_bytes(Path(tls.certificate).read_bytes() + Path(tls.key).read_bytes())
    return PhoneLine(settings=(f"sip_certificate {both}", f"sip_cafile {authority.ca}"))


async def test_when_a_phone_calls_over_tcp_then_its_own_tone_comes_back(tmp_path: Path) -> None:
    async with house() as made:
        async with phone(tmp_path, dial=f"{made.uri};transport=tcp") as alice:
            await eventually(lambda: len(made.legs) == 1)
            assert made.gateway.open_connections == 1
            await asyncio.sleep(2.0)
            await made.legs[0].hang_up()
            await eventually(lambda: made.gateway.open_calls == 0)
        assert made.events == [LegEnded(reason="local")]
    assert tone_share(alice.decoded()) > 0.8, alice.log


@pytest.mark.parametrize("ends", ["phone", "gateway"])
async def test_when_a_phones_connection_is_cut_in_a_call_then_sound_goes_on_and_a_new_one_carries_the_end(
    tmp_path: Path, ends: str
) -> None:
    async with house() as made:
        async with phone(tmp_path, dial=f"{made.uri};transport=tcp") as alice:
            await eventually(lambda: len(made.legs) == 1)
            await asyncio.sleep(0.5)
            made.gateway._bound._pool.abort_all()
            await eventually(lambda: made.gateway.open_connections == 0)
            await asyncio.sleep(1.5)
            assert made.events == []
            if ends == "phone":
                await alice.command("hangup")
                await eventually(lambda: made.events == [LegEnded(reason="hung_up")])
            else:
                await made.legs[0].hang_up()
            await eventually(lambda: made.gateway.open_calls == 0)
            assert made.gateway.open_connections == 1
            await asyncio.sleep(0.2)
        assert "terminated" in alice.log.lower() or "closed" in alice.log.lower(), alice.log
    assert tone_share(alice.decoded()) > 0.8, alice.log


async def test_when_we_call_a_phone_over_tcp_then_it_hears_its_tone_and_one_connection_carries_it_all(
    tmp_path: Path,
) -> None:
    async with house() as made, phone(tmp_path, answers=True) as alice:
        await until_listening(alice.sip_port)
        leg = await made.gateway.place_call(f"sip:alice@127.0.0.1:{alice.sip_port};transport=tcp", caller="bot")
        made.follow(leg)
        await asyncio.sleep(1.5)
        assert made.gateway.open_connections == 1
        await leg.hang_up()
        await eventually(lambda: made.gateway.open_calls == 0)
        assert made.gateway.open_connections == 1
    assert tone_share(alice.decoded()) > 0.8, alice.log


async def test_when_a_phone_calls_over_tls_then_its_own_tone_comes_back_and_our_bye_takes_the_same_connection(
    tmp_path: Path,
) -> None:
    authority = Authority(tmp_path)
    async with house(authority) as made:
        uri = f"sip:bot@127.0.0.1:{made.gateway.tls_port};transport=tls"
        async with phone(tmp_path, dial=uri, line=tls_phone(authority)) as alice:
            await eventually(lambda: len(made.legs) == 1)
            assert made.gateway.open_connections == 1
            await asyncio.sleep(1.5)
            await made.legs[0].hang_up()
            await eventually(lambda: made.gateway.open_calls == 0)
            assert made.gateway.open_connections == 1
    assert tone_share(alice.decoded()) > 0.8, alice.log


async def test_when_we_call_a_phone_over_tls_then_it_hears_its_tone_unless_its_certificate_is_anothers(
    tmp_path: Path,
) -> None:
    authority = Authority(tmp_path)
    (tmp_path / "right").mkdir()
    (tmp_path / "wrong").mkdir()
    async with house(authority) as made:
        async with phone(tmp_path / "right", answers=True, line=tls_phone(authority)) as alice:
            await until_listening(alice.sip_port + 1)
            leg = await made.gateway.place_call(f"sip:alice@localhost:{alice.sip_port + 1};transport=tls")
            made.follow(leg)
            await asyncio.sleep(1.5)
            await leg.hang_up()
            await eventually(lambda: made.gateway.open_calls == 0)
        async with phone(tmp_path / "wrong", answers=True, line=tls_phone(authority, "mallory.example")) as mallory:
            await until_listening(mallory.sip_port + 1)
            with pytest.raises(CallCentreError, match=r"its certificate is not for localhost\. Call it by a name"):
                await made.gateway.place_call(f"sip:alice@localhost:{mallory.sip_port + 1};transport=tls")
    assert tone_share(alice.decoded()) > 0.8, alice.log


@pytest.mark.parametrize(("transport", "connections"), [("t1", 1), ("tn", 20)])
async def test_when_sipp_makes_twenty_calls_over_tcp_then_each_step_of_each_is_answered(
    desk: Desk, tmp_path: Path, transport: str, connections: int
) -> None:
    most = 0

    async def count() -> None:
        nonlocal most
        while True:
            most = max(most, desk.gateway.open_connections)
            await asyncio.sleep(0.01)

    counting = asyncio.create_task(count())
    for _ in range(3):
        before = len(desk.legs)
        code, output = await run_sipp(
            "caller", "bot", desk.address, tmp_path, "-t", transport, "-max_socket", "100", calls=20
        )
        # After half a second without an ACK we repeat a 200 over TCP too (RFC 3261, 13.3.1.4); a sipp that stood still
        # for so long, as it says then itself, takes the repeated one for the answer to its next request.
        if code == 0 or "watchdog timer" not in output:
            break
    counting.cancel()
    assert code == 0, output
    assert len(desk.legs) - before == 20
    assert desk.gateway.open_calls == 0
    assert 1 <= most <= connections


async def test_when_we_call_sipp_over_tcp_then_it_answers_and_our_bye_is_confirmed(desk: Desk, tmp_path: Path) -> None:
    port = free_port()
    process = await start(*sipp("uas", port, "-m", "1", "-t", "t1"), folder=tmp_path)
    await until_listening(port)
    leg = await desk.gateway.place_call(f"sip:service@127.0.0.1:{port};transport=tcp")
    await leg.hang_up()
    code, output = await outcome(process, tmp_path)
    assert code == 0, output


async def test_when_a_long_request_goes_to_a_peer_without_tcp_then_it_takes_the_datagram(
    desk: Desk, tmp_path: Path
) -> None:
    process, port = await callee("uas", tmp_path)
    leg = await desk.gateway.place_call(f"sip:service@127.0.0.1:{port}", caller_name="long " * 260)
    await leg.hang_up()
    code, output = await outcome(process, tmp_path)
    assert code == 0, output


async def test_when_sipsak_asks_over_tcp_then_it_gets_200(desk: Desk, tmp_path: Path) -> None:
    code, output = await run("sipsak", "-v", "-E", "tcp", "-s", f"sip:bot@{desk.address}", folder=tmp_path)
    assert code == 0, output
    assert "200" in output


async def test_when_sipp_calls_over_ipv6_then_it_is_answered(tmp_path: Path) -> None:
    desk = Desk(SipSettings(listen="127.0.0.1:0, [::1]:0"))
    await desk.gateway.start()
    try:
        address = f"[::1]:{desk.gateway.listen_address[1]}"
        command = sipp("uac", free_port(), "-s", "bot", "-m", "1", address, host="::1")
        code, output = await run(*command, folder=tmp_path)
        assert code == 0, output
        assert desk.calls[0].offer.remote.startswith("[::1]:")
        assert desk.media.legs[0].connections[0][0] == "::1"
    finally:
        await desk.gateway.stop()
