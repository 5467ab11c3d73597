"""A visitor calls from the page in a real browser; staff watch the call and replay it."""

from __future__ import annotations

import re
import shutil
import time
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soxr
from playwright.sync_api import Browser, Page, Playwright, expect

from tests.fakes.real_engines import espeak
from tests.service_process import ServiceProcess
from tests.waiting import soon

CHROMIUM = shutil.which("chromium")
pytestmark = [pytest.mark.peer, pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")]

FLAGS = (
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",
)
SAYS = "Hello. I want to speak to a person, please."
QUIET_S = (20.0, 30.0)
"""Silence before and after: the bot's notice comes first, and the answer needs its time."""
WAIT_MS = 45_000
"""What takes 3 s on two idle cores."""

LOUDEST = """
() => new Promise((done) => {
  const stream = document.querySelector("audio").srcObject;
  const context = new AudioContext();
  const meter = new AnalyserNode(context, { fftSize: 2048 });
  context.createMediaStreamSource(stream).connect(meter);
  const samples = new Float32Array(2048);
  let loudest = 0;
  const began = performance.now();
  const timer = setInterval(() => {
    meter.getFloatTimeDomainData(samples);
    for (const value of samples) loudest = Math.max(loudest, Math.abs(value));
    if (loudest < 0.03 && performance.now() - began < 20000) return;
    clearInterval(timer);
    done(loudest);
  }, 50);
})
"""
"""The loudest sample that comes back from the line, looked for until speech is found."""


@dataclass
class Visit:
    """What was seen while a visitor called."""

    call_id: str = ""
    errors: list[str] = field(default_factory=list)
    notes: str = ""
    loudest: float = 0.0
    captions: str = ""
    desk_row: str = ""
    live_transcript: str = ""
    keys_shown: str = ""
    muted: str = ""
    status_at_the_end: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)


def write_microphone(path: Path) -> None:
    """Write what the visitor says at 48 kHz."""
    spoken = soxr.resample(espeak(SAYS, "en-us", 150), 16_000, 48_000).astype(np.int16)
    before, after = (np.zeros(int(seconds * 48_000), dtype=np.int16) for seconds in QUIET_S)
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(48_000)
        sound.writeframes(np.concatenate([before, spoken, after]).tobytes())


@pytest.fixture(scope="module")
def browser(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    microphone = tmp_path_factory.mktemp("microphone") / "says.wav"
    write_microphone(microphone)
    opened = playwright.chromium.launch(
        executable_path=CHROMIUM, args=[*FLAGS, f"--use-file-for-fake-audio-capture={microphone}%noloop"]
    )
    yield opened
    opened.close()


def new_page(browser: Browser, errors: list[str], **settings: Any) -> Page:
    """Open a page of its own; what it complains of, the policy on scripts included, is kept."""
    page = browser.new_context(**{"locale": "en-GB", **settings}).new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.set_default_timeout(WAIT_MS)
    return page


def desk(browser: Browser, service: ServiceProcess, errors: list[str], path: str = "/desk") -> Page:
    page = new_page(browser, errors)
    page.goto(service.staff_link(path))
    return page


@pytest.fixture(scope="module")
def visit(browser: Browser, running_service: ServiceProcess) -> Visit:
    """One call from the page, from the button to the end, watched at the desk."""
    seen = Visit()
    staff = desk(browser, running_service, seen.errors)
    visitor = new_page(browser, seen.errors)
    visitor.goto(f"{running_service.base_url}/call")
    seen.notes = visitor.locator(".notes").inner_text()
    with visitor.expect_response("**/api/web-calls") as answered:
        visitor.get_by_role("button", name="Call").click()
    seen.call_id = answered.value.json()["call_id"]
    expect(visitor.get_by_role("heading", name="Connected")).to_be_visible(timeout=WAIT_MS)
    seen.loudest = visitor.evaluate(LOUDEST)

    row = staff.locator("tr.talking")
    row.wait_for()
    seen.desk_row = row.inner_text()
    staff.get_by_role("link", name="Visitor of the web page").first.click()
    visitor.locator(".bubble.caller:not(.live)", has_text="person").first.wait_for()
    seen.captions = visitor.locator(".captions").inner_text()
    staff.locator(".turn.caller", has_text="person").first.wait_for()
    seen.live_transcript = staff.locator(".transcript").inner_text()

    visitor.get_by_role("button", name="Mute").click()
    seen.muted = visitor.get_by_role("status").inner_text()
    visitor.get_by_role("button", name="Keypad").click()
    visitor.get_by_role("button", name="4", exact=True).click()
    for key in "271":
        visitor.keyboard.press(key)
    seen.keys_shown = visitor.locator(".keypad output").inner_text()
    visitor.keyboard.press("Escape")
    expect(visitor.locator(".keypad")).to_have_count(0)
    visitor.wait_for_timeout(1_500)  # keys that are pressed together are written together
    visitor.get_by_role("button", name="Hang up").click()
    expect(visitor.get_by_role("heading", name="The call has ended")).to_be_visible()
    expect(visitor.get_by_role("button", name="Call again")).to_be_focused()
    seen.status_at_the_end = visitor.get_by_role("status").inner_text()
    running_service.settle()
    seen.events = [event["body"] for event in running_service.get(f"/api/calls/{seen.call_id}")["events"]]
    staff.context.close()
    visitor.context.close()
    return seen


def bodies(visit: Visit, kind: str) -> list[dict[str, Any]]:
    return [body for body in visit.events if body["type"] == kind]


def test_when_a_visitor_opens_the_page_then_it_says_honestly_what_happens(visit: Visit) -> None:
    assert "automatic assistant" in visit.notes
    assert "recorded" in visit.notes
    assert "estimate" in visit.notes


def test_when_a_visitor_calls_then_the_bot_is_heard_in_the_browser(visit: Visit) -> None:
    assert visit.loudest > 0.03


def test_when_a_visitor_speaks_then_the_words_and_the_bots_appear_as_captions(visit: Visit) -> None:
    assert "person" in visit.captions
    assert "automatic assistant" in visit.captions
    assert visit.captions.index("automatic") < visit.captions.index("person")


def test_when_a_call_goes_on_then_staff_see_it_in_the_list_and_follow_its_words(visit: Visit) -> None:
    assert "Visitor of the web page" in visit.desk_row
    assert "In progress" in visit.desk_row
    assert "person" in visit.live_transcript


def test_when_keys_are_pressed_fast_then_they_are_shown_and_in_the_log_in_their_order(visit: Visit) -> None:
    assert visit.keys_shown == "Pressed: 4271"
    assert "".join(body["digits"] for body in bodies(visit, "digits_pressed")) == "4271"


def test_when_the_visitor_mutes_then_the_page_says_so(visit: Visit) -> None:
    assert "nobody hears you" in visit.muted


def test_when_the_visitor_hangs_up_then_the_call_ends_in_the_log(visit: Visit) -> None:
    (ended,) = bodies(visit, "call_ended")
    assert ended["reason"] == "caller_hung_up"
    assert bodies(visit, "call_offered")[0]["transport"] == "webrtc"
    assert "It lasted" in visit.status_at_the_end


def test_when_the_pages_run_then_the_browser_has_nothing_to_complain_of(visit: Visit) -> None:
    assert visit.errors == []


@pytest.fixture
def replay(browser: Browser, running_service: ServiceProcess, visit: Visit) -> Iterator[Page]:
    errors: list[str] = []
    page = desk(browser, running_service, errors, f"/desk/calls/{visit.call_id}")
    expect(page.get_by_role("button", name="Play")).to_be_enabled(timeout=WAIT_MS)
    yield page
    page.context.close()
    assert errors == []


def position_s(page: Page) -> float:
    minutes, seconds = page.locator(".position").inner_text().split(":")
    return int(minutes) * 60 + float(seconds)


def test_when_staff_press_space_then_the_replay_plays_and_stops(replay: Page) -> None:
    assert position_s(replay) == 0
    replay.keyboard.press(" ")
    soon(lambda: position_s(replay) > 0.5, "moving the position")
    replay.keyboard.press(" ")
    expect(replay.get_by_role("button", name="Play")).to_be_visible()
    stopped = position_s(replay)
    replay.wait_for_timeout(400)
    assert position_s(replay) == stopped


def test_when_staff_click_a_word_then_the_replay_goes_there_and_the_word_is_marked(replay: Page) -> None:
    word = replay.locator(".word", has_text=re.compile("person")).first
    start_ms = float(word.get_attribute("data-start") or "nan")
    word.click()
    assert position_s(replay) == pytest.approx(start_ms / 1000, abs=0.11)
    expect(word).to_have_class(re.compile(r"\bnow\b"))
    expect(replay.locator(".turn.now")).to_contain_text("person")


def test_when_staff_use_the_arrows_and_j_and_k_then_the_replay_moves(replay: Page) -> None:
    replay.keyboard.press("ArrowRight")
    assert position_s(replay) == 5.0
    replay.keyboard.press("ArrowLeft")
    assert position_s(replay) == 0.0
    marked = replay.locator(".events li[data-now]")
    texts = []
    for key in ("j", "j", "k"):
        replay.keyboard.press(key)
        expect(marked).to_have_count(1)
        texts.append(marked.inner_text())
    assert texts[0] == texts[2] != texts[1]


def test_when_staff_click_a_statement_of_the_brief_then_the_replay_goes_to_its_proof(
    replay: Page, visit: Visit
) -> None:
    (brief,) = bodies(visit, "brief_prepared")
    assert brief["matter"] in replay.locator(".brief").inner_text()
    fact = (*brief["facts"], *brief["tried"], *brief["open_questions"])[0]
    replay.locator(".facts button").first.click()
    assert position_s(replay) == pytest.approx(fact["t_ms"] / 1000, abs=0.11)


def test_when_staff_switch_to_spanish_then_the_page_is_spanish_and_stays_so(replay: Page) -> None:
    replay.get_by_role("button", name="Español").click()
    expect(replay.get_by_role("heading", name="Transcripción")).to_be_visible()
    assert replay.locator("html").get_attribute("lang") == "es"
    replay.reload()
    expect(replay.get_by_role("heading", name="Transcripción")).to_be_visible()


def test_when_staff_search_then_only_calls_that_match_are_listed(
    browser: Browser, running_service: ServiceProcess, visit: Visit
) -> None:
    page = desk(browser, running_service, [])
    link = page.locator(f'a[href="/desk/calls/{visit.call_id}"]')
    expect(link).to_be_visible()
    page.get_by_role("searchbox").fill("PERSON")
    expect(link).to_be_visible()
    page.get_by_role("searchbox").fill("zebra")
    expect(link).to_have_count(0)
    page.get_by_role("button", name="Clear search and filter").click()
    expect(link).to_be_visible()
    page.get_by_role("button", name="In progress").click()
    expect(link).to_have_count(0)
    page.context.close()


def test_when_the_desk_is_opened_without_the_token_then_it_says_how_to_get_in(
    browser: Browser, running_service: ServiceProcess
) -> None:
    page = new_page(browser, [])
    page.goto(f"{running_service.base_url}/desk")
    expect(page.get_by_role("heading", name="Nobody has an account yet")).to_be_visible()
    expect(page.get_by_text("warmline staff-link")).to_be_visible()
    page.context.close()


def test_when_the_microphone_is_forbidden_then_the_page_says_what_to_do(
    playwright: Playwright, running_service: ServiceProcess
) -> None:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--deny-permission-prompts"])
    page = new_page(browser, [], locale="es-ES")
    page.goto(f"{running_service.base_url}/call")
    page.get_by_role("button", name="Llamar").click()
    expect(page.get_by_role("alert")).to_contain_text("micrófono")
    expect(page.get_by_role("alert")).to_contain_text("vuelva a llamar")
    expect(page.get_by_role("button", name="Llamar")).to_be_visible()
    browser.close()


@pytest.mark.parametrize(
    ("status", "code", "sentence"),
    [
        (503, "call.refused", "All lines are busy."),
        (500, "webrtc.full", "All lines are busy."),
        (429, "", "There are several calls from your connection already."),
        (400, "webrtc.bad_offer", "The call could not be started."),
    ],
)
def test_when_a_call_is_not_taken_then_the_page_says_why_in_plain_words(
    browser: Browser, running_service: ServiceProcess, status: int, code: str, sentence: str
) -> None:
    page = new_page(browser, [])
    page.route("**/api/web-calls", lambda route: route.fulfill(status=status, json={"code": code}))
    page.goto(f"{running_service.base_url}/call")
    page.get_by_role("button", name="Call").click()
    expect(page.get_by_role("alert")).to_contain_text(sentence)
    expect(page.get_by_role("button", name="Call")).to_be_visible()
    page.context.close()


def test_when_the_service_cannot_be_reached_then_the_page_says_so(
    browser: Browser, running_service: ServiceProcess
) -> None:
    page = new_page(browser, [])
    page.route("**/api/web-calls", lambda route: route.abort())
    page.goto(f"{running_service.base_url}/call")
    page.get_by_role("button", name="Call").click()
    expect(page.get_by_role("alert")).to_contain_text("We cannot be reached.")
    page.context.close()


def test_when_only_the_keyboard_is_used_then_a_call_is_placed_and_when_the_page_closes_it_ends(
    browser: Browser, running_service: ServiceProcess
) -> None:
    page = new_page(browser, [])
    page.goto(f"{running_service.base_url}/call")
    button = page.get_by_role("button", name="Call")
    expect(button).to_be_visible()
    for _ in range(5):
        page.keyboard.press("Tab")
        if button.evaluate("element => element === document.activeElement"):
            break
    with page.expect_response("**/api/web-calls") as answered:
        page.keyboard.press("Enter")
    call_id = answered.value.json()["call_id"]
    expect(page.get_by_role("heading", name="Connected")).to_be_visible()
    expect(page.get_by_role("button", name="Hang up")).to_be_focused()

    page.route("**/digits", lambda route: route.abort())
    page.get_by_role("button", name="Keypad").click()
    page.keyboard.press("5")
    expect(page.locator(".keypad output")).to_have_text("The key did not get through; press it again.")
    page.close(run_before_unload=False)
    running_service.settle(10)
    events = [event["body"] for event in running_service.get(f"/api/calls/{call_id}")["events"]]
    assert events[-1]["type"] == "call_ended"
    assert events[-1]["reason"] == "caller_hung_up"
    page.context.close()


@pytest.mark.parametrize("path", ["/call", "/desk", "/desk/callbacks", "/desk/calls/{call_id}"])
def test_when_the_screen_is_narrow_then_nothing_sticks_out(
    browser: Browser, running_service: ServiceProcess, visit: Visit, path: str
) -> None:
    page = new_page(browser, [], viewport={"width": 320, "height": 640}, locale="es-ES")
    page.goto(running_service.staff_link())
    page.goto(running_service.base_url + path.format(call_id=visit.call_id))
    page.locator("h1").first.wait_for(state="attached")
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    for badge in page.locator(".badge").all():  # a box that scrolls inside hides what sticks out of it
        box = badge.bounding_box()
        assert box is None or box["x"] + box["width"] <= 320
    page.context.close()
