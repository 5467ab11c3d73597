"""The calls that the acceptance tests look at. Each is placed once a session, whatever number of tests look at it."""

from __future__ import annotations

import asyncio
import csv
import shutil
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from calls.audio import Samples
from knowledge.articles import DEFAULT_FOLDER
from tests.acceptance.callers import (
    RATE_HZ,
    Baresip,
    Caller,
    is_bot_turn,
    is_caller_turn,
    is_masked_turn,
    is_type,
    recorded,
    speech,
)
from tests.acceptance.running import Body, RunningService, open_sip, programs_missing, sdp
from tests.fakes.real_engines import SHARED

QUESTION = "Why is my bill higher than usual this month?"
HELLO = "Good morning to you."
GOES_ON_AFTER_MS = 700
"""Longer than it takes to find that a turn is over, shorter than a listener who has nothing to say waits."""
WANTS_PERSON = "I would like to speak to a person, please."
CARD = "My card number is four six seven six, nine seven three nine, three one six one, seven eight one eight."
INTERRUPTS = "No, wait, stop. That is not what I wanted to know. Stop it, please."
NO_RECORDING = "Please don't record me."
PET_AND_QUESTION = "My cat is called Bartholomew. " + QUESTION
REFUND = "Where is my refund?"
WIFI = "I forgot the password of my wireless network."
SAID = (QUESTION, HELLO, WANTS_PERSON, CARD, INTERRUPTS, NO_RECORDING, PET_AND_QUESTION, REFUND, WIFI)
"""Everything that callers with a made-up voice say; it is made before the first call."""
ENGLISH_CLIP = "telephone-en/WUWII00129_009.flac"
SPANISH_CLIP = "prompts-es/queue-youarenext.flac"

ARTICLES = ("bill-higher-than-usual", "refund-status", "wifi-password", "power-outage-report")

DIAL_PLAN = """\
[[number]]
called = "slow"
language = "en"
ring_ms = 5000

[[number]]
called = "espanol"
language = "es"

[[number]]
called = "bot"
language = "en"
"""
NEW_NUMBER = """
[[number]]
called = "added"
language = "en"
greeting = "Good day, this is the new line."
"""


def make_voices() -> None:
    """Make all that will be said; a call does not wait for it then."""
    for text in SAID:
        speech(text)


class LeftOutError(Exception):
    """A call that cannot be placed here; the text says why."""


@dataclass
class Played:
    """One call after it was placed."""

    service: RunningService
    call_id: str = ""
    number: str = ""
    events: list[Body] = field(default_factory=list)
    heard: Samples = field(default_factory=lambda: np.zeros(0, np.int16))
    """What the caller heard from the answer on, 8 kHz."""
    said: Samples = field(default_factory=lambda: np.zeros(0, np.int16))
    text: str = ""
    """What the caller said, by the manifest or by the script."""
    notes: dict[str, Any] = field(default_factory=dict)

    def of(self, kind: str) -> list[Body]:
        """Return the facts of one kind."""
        return [body for body in self.events if body["type"] == kind]

    def turns(self, speaker: str) -> list[Body]:
        """Return the turns of one side, without those that were taken back."""
        void = {body["turn_id"] for body in self.of("turn_reopened")}
        turns = [body for body in self.of("turn_ended") if body["turn_id"] not in void]
        return [body for body in turns if body["speaker"] == speaker]

    @property
    def recording(self) -> Path:
        """Where its recording lies, or would."""
        return self.service.data_dir / "recordings" / f"{self.call_id}.wav"


@dataclass
class Houses:
    """The services of a session."""

    main: RunningService
    """Recording is announced, and staying agrees."""
    asking: RunningService
    """Recording needs a yes; this one is killed and stopped in calls."""
    folder: Path
    main_up: asyncio.Event = field(default_factory=asyncio.Event)


Scenario = Callable[[Houses], Awaitable[Played]]


def _clip(name: str) -> tuple[Samples, str]:
    manifest = SHARED / "data" / "asr" / "manifest.csv"
    if not manifest.exists():
        raise LeftOutError(f"no recorded speech at {manifest}; set WARMLINE_SHARED")
    with manifest.open(encoding="utf-8") as file:
        row = next(row for row in csv.DictReader(file) if row["path"] == name)
    return recorded(manifest.parent / name), row["text"]


async def _recorded_by_baresip(houses: Houses, clip: str, user: str) -> Played:
    if programs_missing(["baresip"]):
        raise LeftOutError("baresip is not installed (apt-get install baresip-core)")
    said, text = await asyncio.to_thread(_clip, clip)
    phone = Baresip(houses.main, houses.folder / f"baresip-{user}")
    try:
        await phone.dial(user)
        await phone.until(is_bot_turn, most_s=150)
        await phone.play(said)
        await asyncio.sleep(said.size / RATE_HZ)
        await phone.until(is_caller_turn)
        # A caller who pauses and goes on interrupts the answer; the one worth hearing is the one that is finished.
        await phone.until(lambda body: is_bot_turn(body) and not body["interrupted"], most_s=90)
        await asyncio.sleep(1.0)
        events = await phone.hang_up()
    finally:
        await phone.close()
    return Played(houses.main, phone.call_id or "", phone.number, events, heard=phone.heard(), said=said, text=text)


async def recorded_english(houses: Houses) -> Played:
    """Baresip plays a recorded American on a landline."""
    return await _recorded_by_baresip(houses, ENGLISH_CLIP, "bot")


async def recorded_spanish(houses: Houses) -> Played:
    """Baresip plays a recorded Spanish speaker to the Spanish line."""
    return await _recorded_by_baresip(houses, SPANISH_CLIP, "espanol")


def _played(caller: Caller, events: list[Body], text: str = "", **notes: Any) -> Played:
    return Played(
        caller.service, caller.call_id or "", caller.number, events, heard=caller.heard(), text=text, notes=notes
    )


async def person_asked(houses: Houses) -> Played:
    """A question, its answer, and the wish for a person."""
    caller = Caller(houses.main)
    await caller.dial()
    try:
        await caller.hear_greeting()
        await caller.tell(QUESTION)
        await caller.until(is_bot_turn)
        await caller.tell(WANTS_PERSON)
        await caller.until(is_type("callback_offered"))
        await caller.until(is_bot_turn)
        await asyncio.sleep(0.5)
        events = await caller.hang_up()
    finally:
        await caller.phone.close()
    return _played(caller, events, QUESTION)


async def goes_on(houses: Houses) -> Played:
    """The caller says hello, pauses as people do, and asks before the answer comes."""
    caller = Caller(houses.main)
    await caller.dial()
    try:
        await caller.hear_greeting()
        hello, question = (speech(text) for text in (HELLO, QUESTION))
        pause = np.zeros(GOES_ON_AFTER_MS * RATE_HZ // 1000, dtype=np.int16)
        await caller.phone.say_and_wait(np.concatenate([hello, pause, question]))
        await caller.until(lambda body: body.get("act") == "answer")
        await caller.until(is_bot_turn)
        events = await caller.hang_up()
    finally:
        await caller.phone.close()
    return _played(caller, events, f"{HELLO} {QUESTION}")


async def topic_for_people(houses: Houses) -> Played:
    """A question that only people may answer, by the operator's choice."""
    caller = Caller(houses.main)
    await caller.dial()
    try:
        await caller.hear_greeting()
        await caller.tell(WIFI)
        await caller.until(is_type("callback_offered"), lambda body: body.get("act") == "answer")
        await caller.until(is_bot_turn)
        events = await caller.hang_up()
    finally:
        await caller.phone.close()
    return _played(caller, events, WIFI)


async def zero_pressed(houses: Houses) -> Played:
    """Key 0 while the greeting is being said, as RFC 4733 events."""
    caller = Caller(houses.main)
    await caller.dial()
    try:
        await caller.hears_sound(1.0)
        caller.phone.press("0")
        await caller.until(is_type("callback_offered"))
        await caller.until(is_type("brief_prepared"), is_bot_turn)
        await asyncio.sleep(4.5)
        events = await caller.hang_up()
    finally:
        await caller.phone.close()
    return _played(caller, events)


async def barged_in(houses: Houses) -> Played:
    """The caller talks over an answer."""
    caller = Caller(houses.main)
    await caller.dial()
    try:
        await caller.hear_greeting()
        await caller.tell(QUESTION)
        await caller.until(lambda body: body["type"] == "act_decided" and body["act"] == "answer")
        await caller.hears_sound(2.5)
        await caller.say(INTERRUPTS)
        await caller.until(is_type("barged_in"))
        await caller.until(is_bot_turn)
        events = await caller.hang_up()
    finally:
        await caller.phone.close()
    return _played(caller, events)


async def recording_refused(houses: Houses) -> Played:
    """The caller wants no recording, and goes on."""
    caller = Caller(houses.main)
    await caller.dial()
    try:
        await caller.hear_greeting()
        await caller.until(is_type("recording_started"), is_type("act_decided"))
        await asyncio.sleep(0.5)
        existed = caller.service.data_dir / "recordings" / f"{caller.call_id}.wav"
        was_there = existed.exists()
        for _ in range(3):
            await caller.say(NO_RECORDING)
            said = await caller.until(is_type("consent_refused"), lambda b: str(b.get("detail")).startswith("repair"))
            if said["type"] == "consent_refused":
                break
            await caller.until(is_bot_turn)
        await caller.phone.wait_for_quiet(1_500, 30)
        await caller.say(PET_AND_QUESTION)
        went_on = await caller.phone.wait_for_quiet(1_500, 30)
        events = await caller.hang_up()
    finally:
        await caller.phone.close()
    return _played(caller, events, was_there=was_there, went_on=went_on)


async def card_spoken(houses: Houses) -> Played:
    """The caller reads a card number aloud."""
    caller = Caller(houses.main)
    await caller.dial()
    try:
        await caller.hear_greeting()
        await caller.tell(CARD, understood=is_masked_turn)
        await caller.until(is_bot_turn)
        await asyncio.sleep(0.5)
        events = await caller.hang_up()
    finally:
        await caller.phone.close()
    return _played(caller, events, CARD)


GARBAGE = (
    b"",
    b"\x00" * 400,
    b"\xff\xfe\xfd" * 300,
    b"INVITE",
    b"INVITE sip:bot@127.0.0.1 SIP/2.0\r\nVia: nonsense\r\n\r\n",
    b"SIP/2.0 200 OK\r\n\r\n",
    b"BYE sip:bot@127.0.0.1 SIP/2.0\r\nContent-Length: -1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"\x80\x00" + b"\x01" * 30,
    b"\x80\x65\x00\x01" + b"\xff" * 8,
    b"\xaf" * 1400,
)


async def garbage_and_gone(houses: Houses) -> Played:
    """Garbage flies at all ports while the bot answers; then the caller is gone in the middle of the answer."""
    caller = Caller(houses.main)
    await caller.dial()
    garbage = await open_sip()
    try:
        await caller.hear_greeting()
        for data in GARBAGE:
            for port in (caller.service.sip_port, *caller.service.rtp_ports):
                garbage.send(data, port)
            await asyncio.sleep(0.05)
        await caller.tell(QUESTION)
        await caller.until(lambda body: body["type"] == "act_decided" and body["act"] == "answer")
        await caller.hears_sound(1.5)
        events = await caller.hang_up()
    finally:
        garbage.close()
        await caller.phone.close()
    ready = await houses.main.get("/readyz")
    return _played(caller, events, ready=ready.status_code)


async def cancelled(houses: Houses) -> Played:
    """CANCEL while it rings, written by hand."""
    sip, port = await open_sip(), houses.main.sip_port
    try:
        sip.request("INVITE", port, "slow", "cancelled", sdp=sdp(40_990, "0 PCMU/8000"))
        await sip.reply("180", "INVITE")
        sip.request("CANCEL", port, "slow", "cancelled")
        await sip.reply("200", "CANCEL")
        final = await sip.reply("487", "INVITE")
        sip.acknowledge(port, "slow", "cancelled", final)
        watched = Caller(houses.main)
        watched.number = "probe"
        await watched.ended()
        return Played(
            houses.main, watched.call_id or "", "probe", await watched.events(), notes={"replies": sip.replies}
        )
    finally:
        sip.close()


async def refused_offers(houses: Houses) -> Played:
    """An offer without a codec of ours, and a number that the dial plan does not have."""
    sip, port = await open_sip(), houses.main.sip_port
    notes: dict[str, Any] = {}
    try:
        sip.request("INVITE", port, "bot", "codec", sdp=sdp(40_992, "18 G729/8000", "97 iLBC/8000"))
        notes["codec"] = await sip.reply("4", "INVITE")
        sip.acknowledge(port, "bot", "codec", notes["codec"])
        sip.replies.clear()
        sip.request("INVITE", port, "nobody", "number", sdp=sdp(40_994, "0 PCMU/8000"))
        notes["number"] = await sip.reply("4", "INVITE")
        sip.acknowledge(port, "nobody", "number", notes["number"])
    finally:
        sip.close()
    return Played(houses.main, notes=notes)


async def reloaded(houses: Houses) -> Played:
    """Dial plan and an article change while a call goes on."""
    service = houses.main
    caller = Caller(service)
    await caller.dial()
    try:
        await caller.hear_greeting()
        logged = len(service.errors())
        with (service.folder / "dialplan.toml").open("a") as plan:
            plan.write(NEW_NUMBER)
        service.running.send_signal(signal.SIGHUP)  # look now; without it, it looks every few seconds
        await service.until_logged("the dial plan was read again", logged, 60)
        article = service.folder / "articles" / "en" / "refund-status.md"
        old = article.read_text(encoding="utf-8")
        sections = old.split("\n\n")
        coins = "Refunds are paid in chocolate coins."
        changed = [part if part.startswith(("---", "#", "- ")) else coins for part in sections]
        article.write_text("\n\n".join(changed) + "\n", encoding="utf-8")
        await service.until_logged("the articles were read again", logged, 120)
        await caller.tell(REFUND)
        answer = await caller.until(is_bot_turn)
        second = Caller(service)
        await second.dial("added")
        greeting = await second.hear_greeting()
        await second.hang_up()
        events = await caller.hang_up()
    finally:
        await caller.phone.close()
    return _played(caller, events, answer=answer["text"], greeting=greeting["text"])


async def consent_unanswered(houses: Houses) -> Played:
    """Asked for consent, the caller just asks the question."""
    caller = Caller(houses.asking)
    await caller.dial()
    try:
        await caller.phone.wait_for_quiet(2_000, 90)
        await caller.say(PET_AND_QUESTION)
        await caller.until(is_type("consent_refused"))
        before = len(caller.phone.heard_loud_at_ms)
        await caller.hears_sound(2.0)
        events = await caller.hang_up()
    finally:
        await caller.phone.close()
    return _played(caller, events, loud_frames=len(caller.phone.heard_loud_at_ms) - before)


async def killed(houses: Houses) -> Played:
    """Consent by key, a question, and the process dies in the answer; then it starts again."""
    service = houses.asking
    caller = Caller(service)
    await caller.dial()
    try:
        await caller.hears_sound(1.0)
        await caller.phone.wait_for_quiet(2_000, 90)
        caller.phone.press("1")
        await caller.until(is_type("recording_started"))
        await caller.until(is_bot_turn)
        await caller.tell(QUESTION)
        before = await caller.events()
        await caller.hears_sound(1.0)
        await service.kill()
    finally:
        await caller.phone.close()
    recording = service.data_dir / "recordings" / f"{caller.call_id}.wav"
    bytes_left = recording.stat().st_size
    await service.start()
    events = await service.events_of(caller.call_id or "")
    return _played(caller, events, QUESTION, before=before, bytes_left=bytes_left)


async def shut_down(houses: Houses) -> Played:
    """SIGTERM in a call: it hears a goodbye, and the exit code is 0."""
    service = houses.asking
    caller = Caller(service)
    await caller.dial()
    try:
        await caller.hears_sound(1.0)
        await caller.events()  # learns the id of the call
        stopping = asyncio.create_task(service.stop())
        before = len(caller.phone.heard)
        await asyncio.wait({asyncio.create_task(caller.phone.ended.wait())}, timeout=30)
        goodbye = np.concatenate([np.zeros(1, np.int16), *caller.phone.heard[before:]])
        code = await stopping
    finally:
        await caller.phone.close()
    return _played(caller, [], exit_code=code, goodbye=goodbye, ended=caller.phone.ended.is_set())


ON_MAIN: dict[str, Scenario] = {
    scenario.__name__: scenario
    for scenario in (
        refused_offers,
        cancelled,
        person_asked,
        goes_on,
        topic_for_people,
        recorded_english,
        recorded_spanish,
        card_spoken,
        barged_in,
        recording_refused,
        garbage_and_gone,
        zero_pressed,
        reloaded,
    )
}
"""Two at a time, in this order; what bends the service for the others comes last."""

ON_ASKING: dict[str, Scenario] = {scenario.__name__: scenario for scenario in (consent_unanswered, killed, shut_down)}
"""One after the other."""


def articles_copy(folder: Path) -> None:
    """Copy some of the built-in articles: a test changes one, and embedding all of them takes half a minute."""
    for language in ("es", "en"):
        (folder / language).mkdir(parents=True)
        for name in ARTICLES:
            shutil.copy(DEFAULT_FOLDER / language / f"{name}.md", folder / language)
    for extra in (path for path in DEFAULT_FOLDER.iterdir() if path.is_file()):
        shutil.copy(extra, folder)


def build_houses(folder: Path) -> Houses:
    """Describe both services."""
    main_dir = folder / "main"
    main_dir.mkdir()
    (main_dir / "dialplan.toml").write_text(DIAL_PLAN)
    articles_copy(main_dir / "articles")
    main = RunningService(
        main_dir,
        f'[dial_plan]\nlanguage = "en"\nfile = "{main_dir}/dialplan.toml"\n[knowledge]\ndir = "{main_dir}/articles"\n'
        '[speech]\nrender_ahead = false\n[dialog]\nhuman_topics = ["wifi-password"]\n',
    )
    asking = RunningService(
        folder / "asking",
        '[dial_plan]\nlanguage = "en"\n[privacy]\nrecording = "ask"\n[speech]\nrender_ahead = false\n'
        f'[knowledge]\ndir = "{main_dir}/articles"\n',
    )
    return Houses(main, asking, folder)
