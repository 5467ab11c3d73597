"""baresip, a real phone: it calls and is called, holds and resumes, with our RTP legs carrying its sound both ways."""

from __future__ import annotations

import asyncio
import json
import math
import shutil
import struct
import wave
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from calls.audio import FRAME_MS
from calls.ports import IncomingCall, LegEnded, LegEvent
from telephony.gateway import SipGateway
from telephony.media_settings import MediaSettings
from telephony.net.rtp_leg import RtpMediaFactory
from telephony.sip_leg import SipLeg
from telephony.sip_settings import SipSettings
from tests.telephony.sip_fakes import TestClock, free_udp_port

pytestmark = pytest.mark.peer

TONE_HZ = 440


def write_tone(path: Path, seconds: float) -> None:
    """Write a tone, 8 kHz mono."""
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        samples = [int(8000 * math.sin(2 * math.pi * TONE_HZ * n / 8000)) for n in range(int(8000 * seconds))]
        sound.writeframes(struct.pack(f"<{len(samples)}h", *samples))


def tone_share(path: Path) -> float:
    """Return how much of the loudest second of a recording lies at the tone's frequency, 0 to 1."""
    with wave.open(str(path), "rb") as sound:
        samples = np.frombuffer(sound.readframes(sound.getnframes()), dtype="<i2").astype(np.float64)
    seconds = [samples[at : at + 8000] for at in range(0, max(1, samples.size - 8000), 2000)]
    loudest = max(seconds, key=lambda part: float(np.sum(part**2)))
    power = np.abs(np.fft.rfft(loudest)) ** 2
    hz = np.fft.rfftfreq(loudest.size, 1 / 8000)
    return float(power[np.abs(hz - TONE_HZ) < 10].sum() / max(power.sum(), 1.0))


class EchoHouse:
    """A gateway with real RTP legs that answers every call and says back what it hears."""

    def __init__(self) -> None:
        clock = TestClock()
        first = 40_000 + free_udp_port() % 10_000
        self.factory = RtpMediaFactory(MediaSettings(bind_host="127.0.0.1", port_min=first, port_max=first + 40), clock)
        self.gateway = SipGateway(SipSettings(listen="127.0.0.1:0"), clock, self.factory, self._take)
        self.legs: list[SipLeg] = []
        self.events: list[LegEvent] = []
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def uri(self) -> str:
        return f"sip:bot@127.0.0.1:{self.gateway.listen_address[1]}"

    def follow(self, leg: SipLeg) -> None:
        """Echo the leg from now on."""
        self.legs.append(leg)
        leg.on_event(self.events.append)
        self._tasks.append(asyncio.create_task(self._echo(leg)))

    def _take(self, call: IncomingCall) -> None:
        self._tasks.append(asyncio.create_task(self._answer(call)))

    async def _answer(self, call: IncomingCall) -> None:
        leg = await call.answer()
        assert isinstance(leg, SipLeg)
        self.follow(leg)

    async def _echo(self, leg: SipLeg) -> None:
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        for tick in range(1_000):
            frame = leg.read(tick * FRAME_MS)
            if frame is not None:
                leg.write(frame)
            due_s += FRAME_MS / 1000
            await asyncio.sleep(max(0.0, due_s - loop.time()))

    async def close(self) -> None:
        await self.gateway.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        assert self.factory.open_legs == 0


@pytest_asyncio.fixture
async def house() -> AsyncIterator[EchoHouse]:
    made = EchoHouse()
    await made.gateway.start()
    yield made
    await made.close()


class Phone:
    """One running baresip."""

    def __init__(self, folder: Path, answers: bool) -> None:
        self.folder = folder
        self.sip_port = free_udp_port()
        self.control_port = free_udp_port()
        self.log = ""
        write_tone(folder / "tone.wav", 12.0)
        rtp = 30_000 + self.sip_port % 5_000 * 2
        lines = [
            f"sip_listen 127.0.0.1:{self.sip_port}",
            f"audio_source aufile,{folder}/tone.wav",
            f"audio_player aufile,{folder}/played.wav",
            f"audio_alert aufile,{folder}/alert.wav",
            *("ausrc_srate 8000", "auplay_srate 8000", "ausrc_channels 1", "auplay_channels 1"),
            *("audio_buffer 20-160", "jitter_buffer_delay 2-10"),
            f"rtp_ports {rtp}-{rtp + 20}",
            *("net_interface 127.0.0.1", "module_path /usr/lib/baresip/modules", "poll_method epoll"),
            *("module g711.so", "module aufile.so", "module sndfile.so", f"snd_path {folder}"),
            *("module_tmp uuid.so", "module_tmp account.so", "module_app menu.so", "module ctrl_tcp.so"),
            f"ctrl_tcp_listen 127.0.0.1:{self.control_port}",
        ]
        mode = ";answermode=auto" if answers else ""
        (folder / "config").write_text("".join(line.replace(" ", "\t", 1) + "\n" for line in lines))
        (folder / "accounts").write_text(
            f"<sip:alice@127.0.0.1:{self.sip_port}>;regint=0;audio_codecs=PCMU/8000/1{mode}\n"
        )
        (folder / "contacts").write_text("")

    async def command(self, name: str, params: str = "") -> None:
        """Give one command over the control port (netstring JSON)."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.control_port)
        text = json.dumps({"command": name, "params": params, "token": "t"}).encode()
        writer.write(str(len(text)).encode() + b":" + text + b",")
        await writer.drain()
        async with asyncio.timeout(3):
            await reader.read(64)
        writer.close()
        await writer.wait_closed()

    def decoded(self) -> Path:
        """Return the recording of what the phone heard."""
        return next(path for path in self.folder.iterdir() if path.name.startswith("dump") and "dec" in path.name)


@asynccontextmanager
async def phone(folder: Path, *, dial: str = "", answers: bool = False) -> AsyncIterator[Phone]:
    """Run a baresip until the block ends; skips when it is not installed."""
    program = shutil.which("baresip")
    if program is None:
        pytest.skip("baresip is not installed (apt-get install baresip-core)")
    made = Phone(folder, answers)
    process = await asyncio.create_subprocess_exec(
        *(program, "-4", "-f", str(folder), "-t", "20", *(("-e", f"/dial {dial}") if dial else ())),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield made
    finally:
        if process.returncode is None:
            process.terminate()
        output, _ = await process.communicate()
        made.log = output.decode(errors="replace")


async def eventually(condition: Callable[[], bool]) -> None:
    """Look every 20 ms for at most 8 s."""
    for _ in range(400):
        if condition():
            return
        await asyncio.sleep(0.02)
    pytest.fail("it did not happen within 8 s")


async def test_when_a_phone_calls_holds_and_resumes_then_its_own_tone_comes_back_and_our_bye_ends_it(
    house: EchoHouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with phone(tmp_path, dial=house.uri) as alice:
        await eventually(lambda: len(house.legs) == 1)
        directions: list[str] = []
        monkeypatch.setattr(house.legs[0].media, "set_direction", directions.append)
        await asyncio.sleep(1.5)
        await alice.command("hold")
        await eventually(lambda: directions == ["recvonly"])
        await alice.command("resume")
        await eventually(lambda: directions == ["recvonly", "sendrecv"])
        await asyncio.sleep(1.0)
        assert house.events == []
        await house.legs[0].hang_up()
        await eventually(lambda: house.gateway.open_calls == 0)
        assert house.events == [LegEnded(reason="local")]
    assert tone_share(alice.decoded()) > 0.8, alice.log


async def test_when_a_phone_hangs_up_then_the_leg_ends(house: EchoHouse, tmp_path: Path) -> None:
    async with phone(tmp_path, dial=house.uri) as alice:
        await eventually(lambda: len(house.legs) == 1)
        await asyncio.sleep(0.3)
        await alice.command("hangup")
        await eventually(lambda: house.events == [LegEnded(reason="hung_up")])


async def test_when_we_call_a_phone_then_it_answers_and_hears_its_tone(house: EchoHouse, tmp_path: Path) -> None:
    async with phone(tmp_path, answers=True) as alice:
        await asyncio.sleep(0.5)
        leg = await house.gateway.place_call(f"sip:alice@127.0.0.1:{alice.sip_port}", caller="bot")
        house.follow(leg)
        await asyncio.sleep(2.0)
        await leg.hang_up()
        await eventually(lambda: house.gateway.open_calls == 0)
    assert tone_share(alice.decoded()) > 0.8, alice.log


async def test_when_we_give_up_before_a_phone_answers_then_it_stops_ringing(house: EchoHouse, tmp_path: Path) -> None:
    async with phone(tmp_path) as alice:
        await asyncio.sleep(0.5)
        dialling = asyncio.create_task(house.gateway.place_call(f"sip:alice@127.0.0.1:{alice.sip_port}"))
        await asyncio.sleep(0.4)
        dialling.cancel()
        await asyncio.gather(dialling, return_exceptions=True)
        await eventually(lambda: house.gateway.open_calls == 0)
    assert house.events == []
