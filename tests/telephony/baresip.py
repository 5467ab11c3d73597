"""baresip, a real phone, and a gateway that says back what it hears: what tests with that peer share."""

from __future__ import annotations

import asyncio
import json
import shutil
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from calls.audio import FRAME_MS, AudioFrame, Samples
from calls.nonces import SharedNonces
from calls.phones import PhoneBindings
from calls.ports import IncomingCall, LegEvent
from telephony.gateway import SipGateway
from telephony.media_settings import MediaSettings
from telephony.net.rtp_leg import RtpMediaFactory
from telephony.sip_leg import SipLeg
from telephony.sip_settings import SipSettings
from tests.ports import free_port, free_ports
from tests.telephony.sip_fakes import TestClock

TONE_HZ = 440


def write_wav(path: Path, samples: Samples, rate_hz: int) -> None:
    """Write mono sound."""
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate_hz)
        sound.writeframes(samples.astype("<i2").tobytes())


def write_tone(path: Path, seconds: float) -> None:
    """Write a tone, 8 kHz mono."""
    write_wav(path, 8_000 * np.sin(2 * np.pi * TONE_HZ * np.arange(round(8_000 * seconds)) / 8_000), 8_000)


def read_wav(path: Path) -> tuple[Samples, int]:
    """Return the first channel of a recording and its rate."""
    with wave.open(str(path), "rb") as sound:
        samples = np.frombuffer(sound.readframes(sound.getnframes()), dtype="<i2")
        return samples[:: sound.getnchannels()].astype(np.int16), sound.getframerate()


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

    def __init__(
        self,
        settings: SipSettings | None = None,
        media: MediaSettings | None = None,
        bindings: PhoneBindings | None = None,
        owner: str = "alone",
        nonces: SharedNonces | None = None,
    ) -> None:
        clock = TestClock()
        first = free_ports(42)
        media = media or MediaSettings(bind_host="127.0.0.1", port_min=first, port_max=first + 40, echo_guard=False)
        self.factory = RtpMediaFactory(media, clock)
        wanted = settings or SipSettings(listen="127.0.0.1:0")
        self.gateway = SipGateway(
            wanted, clock, self.factory, self._take, bindings=bindings, nonces=nonces, owner=owner
        )
        self.legs: list[SipLeg] = []
        self.events: list[LegEvent] = []
        self.heard: list[AudioFrame] = []
        """What the first leg heard, silence left out."""
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
                if leg is self.legs[0]:
                    self.heard.append(frame)
            due_s += FRAME_MS / 1000
            await asyncio.sleep(max(0.0, due_s - loop.time()))

    async def close(self) -> None:
        await self.gateway.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        assert self.factory.open_legs == 0


@dataclass(frozen=True)
class PhoneLine:
    """How a phone speaks."""

    codec: str = "PCMU/8000/1"
    rate_hz: int = 8000
    modules: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    account: str = ""
    """More parameters of the account, each with a semicolon before it."""
    registers_at: str = ""
    """Who the phone is where it registers, `alice@127.0.0.1:5060;transport=tcp`; empty: it does not register."""
    lives_s: int = 20
    """After so long it ends by itself."""
    says: Samples | None = None
    """At `rate_hz`; None for a tone."""


class Phone:
    """One running baresip."""

    def __init__(self, folder: Path, answers: bool, line: PhoneLine) -> None:
        self.folder = folder
        self.sip_port = free_port()
        self.control_port = free_port()
        self.log = ""
        self.process: asyncio.subprocess.Process | None = None
        if line.says is None:
            write_tone(folder / "tone.wav", 12.0)
        else:
            write_wav(folder / "tone.wav", line.says, line.rate_hz)
        rtp = free_ports(22)
        lines = [
            f"sip_listen 127.0.0.1:{self.sip_port}",
            f"audio_source aufile,{folder}/tone.wav",
            f"audio_player aufile,{folder}/played.wav",
            f"audio_alert aufile,{folder}/alert.wav",
            *(f"ausrc_srate {line.rate_hz}", f"auplay_srate {line.rate_hz}", "ausrc_channels 1", "auplay_channels 1"),
            *("audio_buffer 20-160", "jitter_buffer_delay 2-10"),
            f"rtp_ports {rtp}-{rtp + 20}",
            *("net_interface 127.0.0.1", "module_path /usr/lib/baresip/modules", "poll_method epoll"),
            *(f"module {name}.so" for name in ("g711", *line.modules)),
            *line.settings,
            *("module aufile.so", "module sndfile.so", f"snd_path {folder}"),
            *("module_tmp uuid.so", "module_tmp account.so", "module_app menu.so", "module ctrl_tcp.so"),
            f"ctrl_tcp_listen 127.0.0.1:{self.control_port}",
        ]
        mode = ";answermode=auto" if answers else ""
        who = f"<sip:alice@127.0.0.1:{self.sip_port}>;regint=0"
        if line.registers_at:
            who = f"<sip:{line.registers_at}>;regint=60"
        (folder / "config").write_text("".join(line.replace(" ", "\t", 1) + "\n" for line in lines))
        (folder / "accounts").write_text(f"{who};audio_codecs={line.codec}{line.account}{mode}\n")
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
        """Return the recording of what the phone heard, of several calls the longest."""
        return max(self.folder.glob("dump*dec*"), key=lambda path: path.stat().st_size)


@asynccontextmanager
async def phone(
    folder: Path, *, dial: str = "", answers: bool = False, line: PhoneLine = PhoneLine()
) -> AsyncIterator[Phone]:
    """Run a baresip until the block ends; skips when it is not installed."""
    program = shutil.which("baresip")
    if program is None:
        pytest.skip("baresip is not installed (apt-get install baresip-core)")
    made = Phone(folder, answers, line)
    process = await asyncio.create_subprocess_exec(
        *(program, "-4", "-f", str(folder), "-t", str(line.lives_s), *(("-e", f"/dial {dial}") if dial else ())),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    made.process = process
    try:
        yield made
    except BaseException as error:
        error.add_note(f"What the phone said:\n{await _end(made, process)}")
        raise
    await _end(made, process)


async def _end(made: Phone, process: asyncio.subprocess.Process) -> str:
    """End the program; return what it printed, which its `log` has from now on."""
    if process.returncode is None:
        process.terminate()
    made.log = (await process.communicate())[0].decode(errors="replace")
    return made.log
