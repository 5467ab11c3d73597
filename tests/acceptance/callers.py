"""Callers: our own phone, timed by what the log says, and baresip; what they say is made by Kokoro or recorded."""

from __future__ import annotations

import asyncio
import functools
import itertools
import json
import time
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
import soxr

from calls.audio import Samples
from calls.ids import Language
from service.phone import Phone
from tests.acceptance.running import Body, NotSeenError, RunningService
from tests.fakes.real_engines import caller_says
from tests.ports import free_port, free_ports

RATE_HZ = 8_000
HEARS_S = 60.0
"""How long a caller waits for something that takes 2 s on an idle machine."""

_numbers = itertools.count(1)


def new_number() -> str:
    """Return a telephone number that no other call of this run has; looking for it finds the call and its leaks."""
    return f"+3460077{next(_numbers):04d}"


@functools.lru_cache
def speech(text: str, language: Language = "en") -> Samples:
    """Return `text` at 8 kHz, in a clear voice that is not the bot's. Takes seconds the first time."""
    out: Samples = soxr.resample(caller_says(text, language), 16_000, RATE_HZ).astype(np.int16)
    return out


def recorded(path: Path) -> Samples:
    """Return a recording at 8 kHz."""
    sound, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    out: Samples = (np.clip(soxr.resample(sound.mean(axis=1), rate_hz, RATE_HZ), -1, 1) * 32_000).astype(np.int16)
    return out


def is_bot_turn(body: Body) -> bool:
    """The bot finished a turn."""
    return bool(body["type"] == "turn_ended" and body["speaker"] == "bot")


def is_caller_turn(body: Body) -> bool:
    """The caller finished a turn."""
    return bool(body["type"] == "turn_ended" and body["speaker"] == "caller")


def is_masked_turn(body: Body) -> bool:
    """The caller finished a turn in which something secret was said."""
    return is_caller_turn(body) and "***" in body["text"]


def is_repair(body: Body) -> bool:
    """The bot did not understand."""
    return bool(body["type"] == "act_decided" and body["detail"].startswith("repair"))


def is_type(name: str) -> Callable[[Body], bool]:
    """Return a test for one kind of fact."""
    return lambda body: bool(body["type"] == name)


class Watched:
    """One call as its log shows it while it goes on. Each `until` looks at what came after the last one."""

    def __init__(self, service: RunningService, number: str) -> None:
        """Follow the newest call of `number`."""
        self.service = service
        self.number = number
        self.call_id: str | None = None
        self._seen = 0

    async def events(self) -> list[Body]:
        """Return everything in the log now."""
        if self.call_id is None:
            self.call_id = await self.service.call_id(self.number)
        return [] if self.call_id is None else await self.service.events_of(self.call_id)

    async def until(self, *wanted: Callable[[Body], bool], most_s: float = HEARS_S) -> Body:
        """Return the first new fact for which one of `wanted` holds.

        Raises:
            NotSeenError: it did not come, or the call ended before.
        """
        deadline = time.monotonic() + most_s
        while True:
            events = await self.events()
            for at in range(self._seen, len(events)):
                if any(want(events[at]) for want in wanted):
                    self._seen = at + 1
                    return events[at]
            if time.monotonic() > deadline or (events and events[-1]["type"] == "call_ended"):
                tail = "\n".join(str({k: v for k, v in body.items() if k != "words"}) for body in events[-12:])
                raise NotSeenError(f"not seen within {most_s:.0f} s in call {self.call_id}; the log ends with\n{tail}")
            await asyncio.sleep(0.25)


class Caller(Watched):
    """A person with our own phone."""

    def __init__(self, service: RunningService) -> None:
        """Nothing rings yet."""
        super().__init__(service, new_number())
        first = free_ports(20)
        self.phone = Phone(ports=(first, first + 19))

    async def dial(self, user: str = "bot") -> None:
        """Call and be answered."""
        await self.phone.dial(self.service.uri(user), caller=self.number)

    async def hear_greeting(self) -> Body:
        """Listen until the bot has said all of its greeting."""
        return await self.until(is_bot_turn, most_s=120)

    async def say(self, text: str, language: Language = "en") -> None:
        """Say it, heard or not."""
        await self.phone.say_and_wait(await asyncio.to_thread(speech, text, language))

    async def tell(
        self, text: str, language: Language = "en", understood: Callable[[Body], bool] = is_caller_turn
    ) -> Body:
        """Say it, up to three times if it was not heard, as people do; return the turn that shows that it was."""
        for _ in range(3):
            await self.say(text, language)
            heard = await self.until(understood, is_repair)
            if understood(heard):
                return heard
            await self.until(is_bot_turn)
        raise NotSeenError(f"three times not heard: {text}")

    async def hears_sound(self, seconds: float, most_s: float = HEARS_S) -> None:
        """Return when so much of the bot's voice was heard from now on."""
        before = len(self.phone.heard_loud_at_ms)
        deadline = time.monotonic() + most_s
        while (len(self.phone.heard_loud_at_ms) - before) * 0.02 < seconds:
            if time.monotonic() > deadline:
                raise NotSeenError(f"{seconds} s of the bot's voice were not heard within {most_s:.0f} s")
            await asyncio.sleep(0.02)

    async def hang_up(self) -> list[Body]:
        """End the call; return its whole log."""
        await self.phone.close()
        await self.ended()
        return await self.events()

    async def ended(self) -> Body:
        """Wait for the last fact."""
        return await self.until(is_type("call_ended"))

    def heard(self) -> Samples:
        """Everything that was heard since the answer."""
        return np.concatenate(self.phone.heard) if self.phone.heard else np.zeros(0, np.int16)


class Baresip(Watched):
    """A running baresip; it listens to silence until `play`."""

    def __init__(self, service: RunningService, folder: Path) -> None:
        """Write its configuration into `folder`."""
        super().__init__(service, new_number())
        self.folder = folder
        self.lives_s = 280
        """After so long it ends by itself."""
        self._process: asyncio.subprocess.Process | None = None
        self._sip_port = free_port()
        self._control_port = free_port()
        folder.mkdir(parents=True)
        self._write("silence.wav", np.zeros(RATE_HZ * 300, np.int16))
        rtp = free_ports(22)
        modules = next(p for p in Path("/usr/lib").glob("**/baresip/modules") if p.is_dir())
        lines = [
            f"sip_listen 127.0.0.1:{self._sip_port}",
            f"audio_source aufile,{folder}/silence.wav",
            f"audio_player aufile,{folder}/played.wav",
            f"audio_alert aufile,{folder}/alert.wav",
            *("ausrc_srate 8000", "auplay_srate 8000", "ausrc_channels 1", "auplay_channels 1"),
            *("audio_buffer 20-160", "jitter_buffer_delay 2-10"),
            f"rtp_ports {rtp}-{rtp + 18}",
            *("net_interface 127.0.0.1", f"module_path {modules}", "poll_method epoll"),
            *("module g711.so", "module aufile.so", "module sndfile.so", f"snd_path {folder}"),
            *("module_tmp uuid.so", "module_tmp account.so", "module_app menu.so", "module ctrl_tcp.so"),
            f"ctrl_tcp_listen 127.0.0.1:{self._control_port}",
        ]
        (folder / "config").write_text("".join(line.replace(" ", "\t", 1) + "\n" for line in lines))
        (folder / "accounts").write_text(
            f"<sip:{self.number}@127.0.0.1:{self._sip_port}>;regint=0;audio_codecs=PCMU/8000/1\n"
        )
        (folder / "contacts").write_text("")

    def _write(self, name: str, samples: Samples) -> Path:
        path = self.folder / name
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE_HZ)
            file.writeframes(samples.tobytes())
        return path

    async def dial(self, user: str) -> None:
        """Start it with a call to `user`."""
        with (self.folder / "output.txt").open("wb") as output:
            self._process = await asyncio.create_subprocess_exec(
                *("baresip", "-4", "-f", str(self.folder), "-t", str(self.lives_s)),
                *("-e", f"/dial {self.service.uri(user)}"),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    async def play(self, samples: Samples) -> None:
        """Say it now, then be silent."""
        padded = np.concatenate([samples, np.zeros(RATE_HZ * 200, np.int16)])
        await self._command("ausrc", f"aufile,{self._write('speech.wav', padded)}")

    async def hang_up(self) -> list[Body]:
        """Hang up, end the program; return the whole log of the call."""
        await self._command("hangup", "")
        await self.until(is_type("call_ended"))
        await self.close()
        return await self.events()

    async def close(self) -> None:
        """End the program."""
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()

    async def _command(self, name: str, params: str) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._control_port)
        text = json.dumps({"command": name, "params": params, "token": "t"}).encode()
        writer.write(str(len(text)).encode() + b":" + text + b",")
        await writer.drain()
        async with asyncio.timeout(10):
            await reader.read(64)
        writer.close()
        await writer.wait_closed()

    def recordings(self) -> list[Path]:
        """Return its recordings of what came from the other side, one a call."""
        return [path for path in self.folder.glob("dump-*-dec.wav") if path.stat().st_size > 44]

    def heard(self) -> Samples:
        """Return its recording of what came from the bot, from the answer on; of several calls that of the newest."""
        path = max(self.recordings(), key=lambda path: path.stat().st_mtime_ns)
        raw = path.read_bytes()[44:]
        out: Samples = np.frombuffer(raw[: len(raw) // 2 * 2], dtype=np.int16)
        return out
