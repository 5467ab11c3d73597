"""A phone of our own, for `warmline call`, the demo and the benches: calls, speaks, listens, presses keys."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections import deque
from pathlib import Path

import numpy as np

from calls.audio import FRAME_MS, AudioFrame, Samples, level_dbfs, silence
from calls.errors import CallCentreError
from calls.ports import LegEnded, LegEvent
from service.clock import SystemClock
from telephony.gateway import SipGateway
from telephony.media_settings import MediaSettings
from telephony.net.addresses import local_address_facing
from telephony.net.rtp_leg import RtpLeg, RtpMediaFactory
from telephony.net.ticker import Ticker
from telephony.net.tls_contexts import TlsSettings
from telephony.sip.grammar import SipSyntaxError
from telephony.sip.uri import SipUri, parse_uri
from telephony.sip_leg import SipLeg
from telephony.sip_settings import SipSettings

logger = logging.getLogger(__name__)

RATE_HZ = 8_000
LOUD_DBFS = -45.0
"""A frame above this is speech. Source: the line of `bench latency`; comfort noise lies below -50 dBFS."""

REACH_S = 8.0
"""How long nothing at all may come back. Source: INVITE is then sent five times, at 0, 0.5, 1.5, 3.5 and 7.5 s."""


class Phone:
    """One line. What is said is queued; what is heard is kept with the time at which each frame came."""

    def __init__(
        self,
        *,
        ports: tuple[int, int] = (31_000, 31_999),
        host: str = "127.0.0.1",
        reach_s: float = REACH_S,
        tls_ca: str = "",
    ) -> None:
        """Nothing is opened before `dial`.

        Args:
            ports: First and last UDP port of the media.
            host: Our address; it must face the party that is called.
            reach_s: How long the other side may stay mute before `dial` gives up.
            tls_ca: PEM file of issuers that a TLS server is verified against; empty: those of the system.
        """
        self.clock = SystemClock()
        self._ticker = Ticker()
        media = MediaSettings(bind_host=host, port_min=ports[0], port_max=ports[1])
        settings = SipSettings(
            listen=f"[{host}]:0" if ":" in host else f"{host}:0",
            reach_ms=round(reach_s * 1000),
            codecs=("PCMU", "PCMA"),
            tls=TlsSettings(ca=tls_ca),
        )
        self._gateway = SipGateway(settings, self.clock, RtpMediaFactory(media, self.clock), _refuse)
        self._leg: SipLeg | None = None
        self._to_say: deque[Samples] = deque()
        self._end_tick: object = None
        self.heard: list[Samples] = []
        """Frames as they came, one a tick, at 8 kHz."""
        self.ended = asyncio.Event()
        self.said_out = asyncio.Event()
        self.frames_sent = 0
        """Frames that went out, silence included."""
        self.heard_loud_at_ms: list[int] = []
        """Wall clock of each loud frame that came."""
        self._t_ms = 0

    async def dial(self, uri: str, *, caller: str = "+34600123456") -> None:
        """Call, and return when it is answered.

        Raises:
            CallCentreError: as `SipGateway.place_call`.
        """
        await self._gateway.start()
        self._ticker.start()
        try:
            self._leg = await self._gateway.place_call(uri, caller=caller)
        except BaseException:
            await self.close()
            raise
        self._leg.on_event(self._on_event)
        self._end_tick = self._ticker.add(self._tick)

    def say(self, samples: Samples) -> None:
        """Queue speech at 8 kHz."""
        frame = RATE_HZ * FRAME_MS // 1000
        padded = np.concatenate([samples, np.zeros(-samples.size % frame, dtype=np.int16)])
        self._to_say.extend(padded.reshape(-1, frame))
        self.said_out.clear()

    async def say_and_wait(self, samples: Samples) -> None:
        """Say it and return when its last frame was sent, or the call ended."""
        self.say(samples)
        await self._first(self.said_out.wait())

    async def wait_for_quiet(self, quiet_ms: int, most_s: float) -> bool:
        """Return when the other side spoke and has then been quiet for `quiet_ms`; False at `most_s` or at the end."""
        began = self.clock.now_ms()
        while self.clock.now_ms() - began < most_s * 1000 and not self.ended.is_set():
            await asyncio.sleep(0.02)
            loud = [at for at in self.heard_loud_at_ms[-1:] if at >= began]
            if loud and self.clock.now_ms() - loud[-1] >= quiet_ms:
                return True
        return False

    async def wait(self, seconds: float) -> None:
        """Keep the line open, at the longest until the other side hangs up."""
        await self._first(asyncio.sleep(seconds))

    def press(self, digit: str) -> None:
        """Press one key."""
        if self._leg is not None and isinstance(self._leg.media, RtpLeg):
            self._leg.media.send_digit(digit)

    async def close(self) -> None:
        """Hang up and release everything. Idempotent."""
        if self._leg is not None:
            await self._leg.hang_up()
            self._leg = None
        self._ticker.stop()
        await self._gateway.stop()

    async def _first(self, work) -> None:  # type: ignore[no-untyped-def]
        tasks = [asyncio.ensure_future(work), asyncio.ensure_future(self.ended.wait())]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()

    def _on_event(self, event: LegEvent) -> None:
        if isinstance(event, LegEnded):
            self.ended.set()

    def _tick(self) -> None:
        leg = self._leg
        if leg is None:
            return
        now_ms = self.clock.now_ms()
        heard = leg.read(self._t_ms)
        samples = silence(RATE_HZ) if heard is None else heard.samples
        self.heard.append(samples)
        if level_dbfs(samples) > LOUD_DBFS:
            self.heard_loud_at_ms.append(now_ms)
        said = self._to_say.popleft() if self._to_say else silence(RATE_HZ)
        leg.write(AudioFrame(samples=said, rate_hz=RATE_HZ, t_ms=self._t_ms))
        if not self._to_say:
            self.said_out.set()
        self.frames_sent += 1
        self._t_ms += FRAME_MS


def _refuse(incoming) -> None:  # type: ignore[no-untyped-def]
    incoming.reject(480, "Temporarily Unavailable")


_ANYWHERE = "192.0.2.1"
"""Some address of the network outside. Source: RFC 5737."""


async def _host_facing(uri: str) -> str:
    """Return the address of ours that faces the party called; loopback for one that cannot be called at all."""
    try:
        target = parse_uri(uri)
        if isinstance(target, SipUri):
            try:
                found = await asyncio.get_running_loop().getaddrinfo(target.host.strip("[]"), None)
            except (OSError, UnicodeError):  # the name may have servers all the same (SRV)
                return local_address_facing(_ANYWHERE)
            return local_address_facing(str(found[0][4][0]))
    except SipSyntaxError:
        pass  # dialling says what is wrong
    return "127.0.0.1"


def read_wav(path: Path) -> Samples:
    """Return a sound file as 8 kHz mono.

    Raises:
        CallCentreError: `call.bad_file`.
    """
    import soundfile
    import soxr

    if not path.is_file():
        why = "is a folder" if path.is_dir() else "does not exist"
        raise CallCentreError("call.bad_file", f"The sound file {path} {why}.", fault="user")
    try:
        sound, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        sentence = f"The sound file {path} is none that can be read ({error.error_string.rstrip('.')}); use a WAV file."
        raise CallCentreError("call.bad_file", sentence, fault="user") from error
    except (OSError, RuntimeError) as error:
        raise CallCentreError(
            "call.bad_file", f"The sound file {path} cannot be read: {error}.", fault="user"
        ) from error
    if not sound.size:
        raise CallCentreError("call.bad_file", f"The sound file {path} holds no sound.", fault="user")
    narrow = soxr.resample(sound.mean(axis=1), rate_hz, RATE_HZ)
    samples: Samples = (np.clip(narrow, -1, 1) * 32767).astype(np.int16)
    return samples


def write_wav(path: Path, frames: list[Samples]) -> None:
    """Keep what was heard."""
    import soundfile

    soundfile.write(path, np.concatenate(frames) if frames else silence(RATE_HZ), RATE_HZ)


def place(
    uri: str,
    play: Path | None,
    keep: Path | None,
    digits: str,
    *,
    seconds: float,
    reach_s: float = REACH_S,
    tls_ca: str = "",
) -> int:
    """Run `warmline call`; return the exit code."""
    speech = read_wav(play) if play is not None else None
    return asyncio.run(_place(uri, speech, keep, digits, seconds, reach_s, tls_ca))


async def _place(
    uri: str, speech: Samples | None, keep: Path | None, digits: str, seconds: float, reach_s: float, tls_ca: str
) -> int:
    phone = Phone(host=await _host_facing(uri), reach_s=reach_s, tls_ca=tls_ca)
    print(f"calling {uri} …", file=sys.stderr)
    await phone.dial(uri)
    print("answered", file=sys.stderr)
    try:
        async with asyncio.timeout(seconds):
            await phone.wait_for_quiet(700, seconds)
            if speech is not None:
                await phone.say_and_wait(speech)
            for digit in digits:
                phone.press(digit)
                await phone.wait(0.25)
            await phone.wait(seconds)
    except TimeoutError:
        pass
    await phone.close()
    if keep is not None:
        write_wav(keep, phone.heard)
        print(f"{len(phone.heard) * FRAME_MS / 1000:.1f} s kept in {keep}", file=sys.stderr)
    return 0
