"""An agent's line over several windows, and an agent without any, in a real browser on the real service."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from tests.staff_office import Office
from tests.web.axe import violations
from tests.web.office_pages import CHROMIUM, FLAGS, WAIT_MS, at_work, call_waits, looks, page_of

pytestmark = [pytest.mark.peer, pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")]

WORDS = {
    "en": {
        "elsewhere": "Your line is in another window of yours. Calls go on there.",
        "here": "Take the line here",
        "up": "Line connected",
        "none": "You have no line for calls: none is offered to you.",
        "microphone": "The microphone cannot be used.",
        "floor": "No line: no calls",
        "end": "End work",
    },
    "es": {
        "elsewhere": "Su línea está en otra ventana suya. Las llamadas siguen allí.",
        "here": "Traer la línea aquí",
        "up": "Línea conectada",
        "none": "No tiene línea para llamadas: no se le ofrece ninguna.",
        "microphone": "No se puede usar el micrófono.",
        "floor": "Sin línea: sin llamadas",
        "end": "Terminar",
    },
}


@pytest.fixture(scope="module")
def deaf(playwright: Playwright) -> Iterator[Browser]:
    """A browser that gives no microphone to anybody."""
    flags = [flag for flag in FLAGS if "media-stream" not in flag]
    opened = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
    yield opened
    opened.close()


@pytest.fixture
def lines(office: Office) -> Iterator[Office]:
    """The office, whose calls are offered only to agents with a line, as in a house that is open."""
    house = office.service.house
    house.desk.lines_needed, house.transfers.lines.on_state = True, house.desk.line_is
    office.run(house.ticker.start)
    yield office
    office.run(house.transfers.lines.of("ben").close)
    office.run(house.ticker.stop)
    house.desk.lines_needed = False


def another_window(page: Page, office: Office) -> Page:
    opened = page.context.new_page()
    opened.set_default_timeout(WAIT_MS)
    opened.goto(f"{office.base_url}/desk/work")
    return opened


def time_passes(page: Page, asked: list[str]) -> None:
    """Let 6 s pass in all windows of a browser, in which each looks whether the line is free; none asks for it."""
    asked.clear()
    page.clock.fast_forward(6_000)
    page.wait_for_timeout(500)
    assert not [url for url in asked if url.endswith("/api/desk/line")]


def has_line(page: Page, words: dict[str, str]) -> None:
    expect(page.locator(".line-status")).to_contain_text(words["up"])


def says_elsewhere(page: Page, words: dict[str, str]) -> None:
    expect(page.locator(".line-status").get_by_role("status")).to_have_text(words["elsewhere"])


@pytest.mark.parametrize("language", ["en", "es"])
def test_when_a_second_window_is_open_then_one_has_the_line_and_the_other_says_so_and_may_take_it(
    browser: Browser, lines: Office, language: str
) -> None:
    words = WORDS[language]
    one = at_work(browser, lines, "ben", language)
    one.clock.install()
    one.reload()
    has_line(one, words)
    asked: list[str] = []
    two = another_window(one, lines)
    says_elsewhere(two, words)
    looks(two, f"line-elsewhere-{language}")
    for window in (one, two):
        window.on("request", lambda request: asked.append(request.url))
    time_passes(one, asked)  # neither takes it from the other by itself
    has_line(one, words)
    says_elsewhere(two, words)
    button = two.get_by_role("button", name=words["here"])
    button.focus()
    two.keyboard.press("Enter")
    has_line(two, words)
    says_elsewhere(one, words)
    time_passes(two, asked)
    has_line(two, words)
    two.reload()
    has_line(two, words)
    two.close()
    expect(one.locator(".line-status")).to_contain_text(words["up"])  # its window is gone
    one.get_by_role("button", name=words["end"]).click()
    one.context.close()


@pytest.mark.parametrize("language", ["en", "es"])
def test_when_an_agent_has_no_line_then_calls_are_not_offered_and_desk_and_floor_say_so(
    browser: Browser, deaf: Browser, lines: Office, language: str
) -> None:
    words, call = WORDS[language], f"no-line-{language}"
    page = at_work(deaf, lines, "ben", language)
    expect(page.get_by_text(words["none"])).to_be_visible()
    expect(page.get_by_role("alert").filter(has_text=words["microphone"])).to_be_visible()
    call_waits(lines, call)
    page.wait_for_timeout(1_500)
    expect(page.locator(".offer")).to_have_count(0)
    looks(page, f"no-line-{language}")
    floor = page_of(browser, lines, "sue", "/desk/floor", language)
    row = floor.locator(".agents li", has_text="ben")
    expect(row).to_contain_text(words["floor"])
    assert violations(floor) == []
    looks(floor, f"floor-no-line-{language}")
    hearing = page_of(browser, lines, "ben", "/desk/work", language)
    expect(hearing.locator(".offer")).to_be_visible()
    expect(hearing.get_by_text(words["none"])).to_have_count(0)
    expect(row).not_to_contain_text(words["floor"])
    lines.run(lambda: lines.service.house.desk.gone(call, "abandoned"))
    hearing.get_by_role("button", name=words["end"]).click()
    for one in (hearing, floor, page):
        one.context.close()
