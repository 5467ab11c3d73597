"""A visitor chats in a real browser: on a site that embeds the script, and on the chat's own page."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, FilePayload, Locator, Page, Playwright, expect

from tests.ports import free_port
from tests.service_process import ServiceProcess
from tests.web.axe import violations

CHROMIUM = shutil.which("chromium")
pytestmark = [pytest.mark.peer, pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")]

WAIT_MS = 45_000
"""What takes 1 s on two idle cores."""
UGLY = "* { color: red !important; font-size: 7px !important; display: inline !important; all: unset !important }"


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the name of the base class)
        del format, args


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    opened = playwright.chromium.launch(
        executable_path=CHROMIUM, args=["--no-first-run", "--disable-gpu", "--disable-background-networking"]
    )
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, running_service: ServiceProcess) -> Iterator[str]:
    """Serve a page of another site, whose style would break anything that it reached."""
    folder = tmp_path_factory.mktemp("shop")
    script = f'<script src="{running_service.base_url}/chat.js" data-language="en" async></script>'
    (folder / "index.html").write_text(
        f"<!doctype html><html lang=en><title>Shop</title><style>{UGLY}</style><h1>Shop</h1>{script}</html>"
    )
    server = ThreadingHTTPServer(("127.0.0.1", free_port()), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def new_page(browser: Browser, errors: list[str], **settings: Any) -> Page:
    page = browser.new_context(**{"locale": "en-GB", **settings}).new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.set_default_timeout(WAIT_MS)
    return page


def say(page: Page, text: str) -> None:
    page.get_by_label(re.compile("Your message|Su mensaje")).fill(text)
    page.keyboard.press("Enter")


def bot_messages(page: Page) -> Locator:
    return page.locator("warmline-chat .message.bot p")


def test_when_visitors_chat_then_they_are_answered_in_both_languages_and_a_reload_goes_on(
    browser: Browser, running_service: ServiceProcess
) -> None:
    errors: list[str] = []
    page = new_page(browser, errors)
    page.goto(f"{running_service.base_url}/chat")
    expect(page.get_by_role("heading", name="Chat with Lumina")).to_be_visible(timeout=WAIT_MS)
    expect(page.locator("warmline-chat .notice")).to_contain_text("automatic assistant")
    say(page, "Can you explain my bill?")
    expect(bot_messages(page)).to_have_count(1, timeout=WAIT_MS)
    expect(bot_messages(page).first).to_contain_text("I'm an automatic assistant")
    say(page, "¿Y cuándo vuelve la luz si hay un corte en mi calle?")
    expect(bot_messages(page)).to_have_count(2, timeout=WAIT_MS)
    expect(bot_messages(page).nth(1)).to_contain_text(re.compile("corte|luz|avería"))
    before = page.locator("warmline-chat .message p").all_inner_texts()
    page.reload()
    expect(bot_messages(page)).to_have_count(2, timeout=WAIT_MS)
    assert page.locator("warmline-chat .message p").all_inner_texts() == before
    say(page, "Quiero hablar con una persona")
    expect(bot_messages(page)).to_have_count(3, timeout=WAIT_MS)
    expect(bot_messages(page).nth(2)).to_contain_text("Un compañero leerá esto")
    assert errors == []


def test_when_the_connection_breaks_then_what_is_written_is_sent_once_after_it(
    browser: Browser, running_service: ServiceProcess
) -> None:
    errors: list[str] = []
    page = new_page(browser, errors)
    page.goto(f"{running_service.base_url}/chat")
    say(page, "Hello, what can you do?")
    expect(bot_messages(page)).to_have_count(1, timeout=WAIT_MS)
    blocked = page.context.new_page()  # another tab of the same visitor
    blocked.set_default_timeout(WAIT_MS)
    blocked.route_web_socket("**/api/chat", lambda socket: socket.close())
    blocked.goto(f"{running_service.base_url}/chat")
    say(blocked, "Can you explain my bill?")
    expect(blocked.locator("warmline-chat .unsent")).to_have_count(1)
    expect(blocked.locator("warmline-chat .broken")).to_contain_text("No connection")
    blocked.close()
    page.reload()  # the message was kept by the browser, and is sent by whichever page comes next
    expect(page.locator("warmline-chat .message.customer p")).to_have_count(2, timeout=WAIT_MS)
    expect(page.locator("warmline-chat .unsent")).to_have_count(0, timeout=WAIT_MS)
    expect(bot_messages(page)).to_have_count(2, timeout=WAIT_MS)


def test_when_another_site_embeds_the_script_then_its_style_does_not_reach_the_chat_and_keys_are_enough(
    browser: Browser, shop: str, running_service: ServiceProcess
) -> None:
    del running_service
    errors: list[str] = []
    page = new_page(browser, errors)
    page.goto(shop)
    launcher = page.get_by_role("button", name="Chat with us")
    expect(launcher).to_be_visible(timeout=WAIT_MS)
    assert launcher.evaluate("(e) => getComputedStyle(e).color") != "rgb(255, 0, 0)"
    assert launcher.evaluate("(e) => getComputedStyle(e).fontSize") == "15px"
    launcher.focus()
    page.keyboard.press("Enter")
    panel = page.get_by_role("dialog")
    expect(panel).to_be_visible()
    expect(page.locator("warmline-chat .status")).to_contain_text("not available on this page", timeout=WAIT_MS)
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(launcher).to_be_focused()


def test_when_text_shall_be_large_then_it_is_and_stays_so(browser: Browser, running_service: ServiceProcess) -> None:
    page = new_page(browser, [])
    page.goto(f"{running_service.base_url}/chat")
    large = page.get_by_role("button", name="Large text")
    large.click()
    assert large.get_attribute("aria-pressed") == "true"
    size = "(e) => getComputedStyle(e).fontSize"
    assert page.locator("warmline-chat .chat").evaluate(size) == "20px"
    page.reload()
    expect(page.get_by_role("button", name="Large text")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Español").click()
    expect(page.get_by_role("button", name="Texto grande")).to_be_visible()


def test_when_the_visitor_wants_to_call_then_the_call_page_opens_with_a_pass_out_of_the_servers_sight(
    browser: Browser, running_service: ServiceProcess, tmp_path: Path
) -> None:
    page = new_page(browser, [])
    page.goto(f"{running_service.base_url}/chat")
    call = page.get_by_role("button", name="Call us")
    expect(call).to_be_visible(timeout=WAIT_MS)
    with page.expect_popup() as opened:
        call.click()
    opened.value.wait_for_url("**/call?lang=en#from=*", timeout=WAIT_MS)
    expect(opened.value.get_by_role("button", name="Call")).to_be_visible(timeout=WAIT_MS)
    page.screenshot(path=tmp_path / "chat.png")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_when_the_chat_is_held_against_wcag_then_nothing_is_found(
    browser: Browser, running_service: ServiceProcess, scheme: str
) -> None:
    page = new_page(browser, [], color_scheme=scheme)
    page.goto(f"{running_service.base_url}/chat")
    say(page, "Can you explain my bill?")
    expect(bot_messages(page)).to_have_count(1, timeout=WAIT_MS)
    assert violations(page) == []


def test_when_a_person_is_wanted_then_staff_find_the_conversation_and_answer_and_the_visitor_reads_it(
    browser: Browser, running_service: ServiceProcess, tmp_path: Path
) -> None:
    errors: list[str] = []
    visitor = new_page(browser, errors, locale="es-ES")
    visitor.goto(f"{running_service.base_url}/chat")
    say(visitor, "Quiero hablar con una persona de mi factura 2026-77")
    expect(bot_messages(visitor)).to_have_count(1, timeout=WAIT_MS)
    staff = new_page(browser, errors, bypass_csp=True)
    staff.goto(running_service.staff_link("/desk/conversations"))
    staff.locator(".inbox-row", has_text="2026-77").click()
    thread = staff.locator(".thread")
    expect(thread).to_contain_text("Quiero hablar con una persona de mi factura 2026-77", timeout=WAIT_MS)
    staff.get_by_label("Your answer to the customer").fill("Hola, soy Ada. Ya lo estoy mirando.")
    staff.get_by_role("button", name="Send").click()
    answer = visitor.locator("warmline-chat .message.agent p")
    expect(answer).to_have_text("Hola, soy Ada. Ya lo estoy mirando.", timeout=WAIT_MS)
    program = FilePayload(name="factura.pdf", mimeType="application/pdf", buffer=b"MZ not what it says")
    staff.get_by_label("Attach files").set_input_files(program)
    expect(staff.get_by_role("alert").filter(has_text="no file that can be sent")).to_be_visible(timeout=WAIT_MS)
    errors[:] = [error for error in errors if "400" not in error]
    staff.get_by_label("Attach files").set_input_files(
        FilePayload(name="factura.pdf", mimeType="application/pdf", buffer=b"%PDF-1.7 la factura")
    )
    expect(staff.get_by_role("list", name="Files that go with the answer")).to_contain_text("factura.pdf")
    assert violations(staff) == []
    staff.get_by_role("button", name="Send").click()
    link = visitor.get_by_role("link", name="Guardar factura.pdf")
    expect(link).to_be_visible(timeout=WAIT_MS)
    with visitor.expect_download() as saved:
        link.click()
    assert saved.value.path().read_bytes() == b"%PDF-1.7 la factura"
    say(visitor, "Gracias, Ada")
    expect(thread).to_contain_text("Gracias, Ada", timeout=WAIT_MS)
    expect(bot_messages(visitor)).to_have_count(1)
    assert violations(staff) == []
    staff.screenshot(path=tmp_path / "desk.png", full_page=True)
    staff.get_by_role("button", name="Close: it is done").click()
    expect(visitor.locator("warmline-chat .note").last).to_contain_text("ha terminado", timeout=WAIT_MS)
    assert errors == []
