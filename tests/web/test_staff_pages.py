"""Staff sign in, look after accounts and read who did what, in a real browser, in both languages, by keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.staff_office import PASSWORD, Office
from tests.web.axe import violations
from tests.web.office_pages import CHROMIUM, new_page, page_of, shoot

pytestmark = [pytest.mark.peer, pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")]
@pytest.fixture
def empty_office(tmp_path: Path) -> Iterator[Office]:
    """An office where nobody has an account."""
    opened = Office(tmp_path)
    opened.start()
    yield opened
    opened.stop()


@pytest.mark.parametrize(
    ("language", "labels"),
    [
        ("en", ("Name", "Password", "Sign in", "do not belong together", "Account of Ben")),
        ("es", ("Nombre de usuario", "Contraseña", "Iniciar sesión", "no corresponden", "Cuenta de Ben")),
    ],
)
def test_when_somebody_signs_in_by_keyboard_then_wrong_words_are_told_and_right_ones_open_the_desk(
    browser: Browser, office: Office, language: str, labels: tuple[str, ...]
) -> None:
    name, password, button, wrong, account = labels
    page = new_page(browser, language)
    page.goto(f"{office.base_url}/desk/account")
    expect(page.get_by_role("heading", name=button)).to_be_visible()
    assert violations(page) == []
    shoot(page, f"sign-in-{language}")
    expect(page.get_by_label(name)).to_have_attribute("autocomplete", "username")
    page.get_by_label(name).focus()
    page.keyboard.type("ben")
    page.keyboard.press("Tab")
    page.keyboard.type("not the password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text(wrong)
    expect(page.get_by_label(name)).to_be_focused()
    assert violations(page) == []
    shoot(page, f"sign-in-wrong-{language}")
    page.keyboard.press("Tab")
    expect(page.get_by_label(password, exact=True)).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=account)).to_be_visible()
    assert violations(page) == []
    shoot(page, f"account-{language}")
    page.reload()
    expect(page.get_by_role("heading", name=account)).to_be_visible()
    page.context.close()


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("ada", "/desk/people"),
        ("ada", "/desk/audit"),
        ("sue", "/desk/people"),
        ("sue", "/desk/floor"),
        ("ben", "/desk/work"),
        ("ben", "/desk"),
        ("quinn", "/desk/callbacks"),
        ("", "/call"),
        ("", "/chat"),
    ],
)
def test_when_axe_looks_at_a_page_then_it_finds_nothing_and_nothing_sticks_out(
    browser: Browser, office: Office, name: str, path: str, language: str
) -> None:
    if name:
        page = page_of(browser, office, name, path, language)
    else:
        page = new_page(browser, language)
        page.goto(office.base_url + path)
    page.wait_for_timeout(500)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert violations(page) == [], scheme
    shoot(page, f"{name or 'caller'}{path.replace('/', '-')}-{language}")
    page.set_viewport_size({"width": 320, "height": 640})
    page.wait_for_timeout(200)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert violations(page) == []
    page.context.close()


def test_when_an_admin_makes_an_account_then_its_password_is_shown_once_and_has_to_be_changed(
    browser: Browser, office: Office
) -> None:
    page = page_of(browser, office, "ada", "/desk/people")
    add = page.get_by_role("region", name="Add somebody")
    add.get_by_label("Name", exact=True).fill("zoe")
    add.get_by_label("Name that others see").fill("Zoë K.")
    add.get_by_label("Spanish").check()
    add.get_by_label("Skills").fill("billing, outages")
    add.get_by_role("button", name="Make the account").click()
    once = page.locator(".once code")
    expect(once).to_be_visible()
    assert violations(page) == []
    shoot(page, "people-once")
    password = once.inner_text()
    expect(page.get_by_role("heading", name="Zoë K.")).to_be_visible()
    page.get_by_role("button", name="Close").click()
    expect(once).to_have_count(0)
    page.context.close()

    page = new_page(browser, "es")
    page.goto(f"{office.base_url}/desk")
    page.get_by_label("Nombre de usuario").fill("zoe")
    page.get_by_label("Contraseña", exact=True).fill(password)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Elija su propia contraseña")).to_be_visible()
    assert violations(page) == []
    shoot(page, "must-change-es")
    page.get_by_label("Contraseña actual").fill(password)
    page.get_by_label("Contraseña nueva", exact=True).fill("un río de teteras")
    page.get_by_label("Contraseña nueva otra vez").fill("un río de teteras")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Cuenta")).to_be_visible()
    page.context.close()


def test_when_somebody_is_removed_then_their_page_is_locked(browser: Browser, office: Office) -> None:
    with office.signed_in("ada") as admin:
        admin.post("/api/staff/members", json={"name": "max", "role": "qa", "display_name": "Max"})
    office.accounts.set_password("max", "a river of kettles", "ada")
    page = page_of(browser, office, "max", "/desk")
    expect(page.get_by_role("link", name="Account")).to_be_visible()
    expect(page.get_by_role("link", name="People")).to_have_count(0)
    office.accounts.remove("max", "ada")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.context.close()


def test_when_nobody_has_an_account_then_the_page_says_how_and_a_link_leads_to_the_first(
    browser: Browser, empty_office: Office
) -> None:
    page = new_page(browser, "en")
    page.goto(f"{empty_office.base_url}/desk")
    expect(page.get_by_text("warmline staff add NAME --role admin")).to_be_visible()
    assert violations(page) == []
    shoot(page, "nobody")
    page.goto(f"{empty_office.base_url}/desk?token={empty_office.service.gate.new_link()}")
    page.get_by_role("link", name="Make the first account").click()
    page.get_by_label("Name", exact=True).fill("ada")
    page.get_by_label("Name that others see").fill("Ada")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("New password again").fill(PASSWORD)
    assert violations(page) == []
    shoot(page, "first")
    page.get_by_role("button", name="Make the account and sign in").click()
    expect(page.get_by_role("heading", name="Account of Ada")).to_be_visible()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.context.close()
