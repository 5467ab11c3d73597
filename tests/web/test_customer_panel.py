"""The customer's panel on an agent's page, in a real browser on the real service, by keyboard, in both languages."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.staff_office import Office
from tests.web.axe import violations
from tests.web.office_pages import CHROMIUM, at_work, call_waits, looks, page_of

pytestmark = [pytest.mark.peer, pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")]

PHONE = "+34600123456"
NUMBERS = itertools.count(200_000, 7)
WORDS: dict[str, dict[str, str]] = {
    "en": {
        "customer": "Customer",
        "needs": "Needs and wishes",
        "change": "Change needs and wishes",
        "slower": "Speak slowly",
        "keypad": "Keypad instead of speech",
        "avoid": "Do not contact",
        "channel": "Preferred channel",
        "chat": "Chat",
        "hours": "When to reach them",
        "keep": "Keep",
        "kept": "Needs and wishes are kept.",
        "long": "Say the hours in at most 120 characters.",
        "pairs": "Perhaps the same person",
        "reason": "Same telephone number, which several people may share",
        "join": "Same person: join",
        "joined": "The records are joined; it can be taken back.",
        "apart": "Not the same person",
        "noted": "Noted: two persons.",
        "both": "Joined records",
        "part": "Part the records",
        "why": "Why they are two persons",
        "parted": "The records are two persons again.",
        "open": "Open a case",
        "about": "What it is about",
        "about_first": "Say what the case is about first.",
        "opened": "The case is open.",
        "here": "this contact",
        "stands": "How it stands",
        "set": "Set",
        "solved": "solved",
        "is_solved": "The case is: solved.",
        "case_note": "Note on the case",
        "write": "Write it down",
        "written": "It is written down.",
        "note": "Note about the customer",
        "first": "Write something first.",
        "cases": "Cases",
        "notes": "Notes",
        "nobody": "Nobody that is known yet.",
        "new": "Open a new record",
        "new_name": "Name of the customer",
        "is_open": "The record is open.",
        "not": "It is somebody else",
        "free": "This contact is nobody's again.",
        "find": "Look for a customer",
        "find_label": "Number, address, name or words",
        "linked": "The contact is theirs now.",
        "is": "It is",
        "others": "Somebody else has decided this meanwhile",
        "end": "End work",
    },
    "es": {
        "customer": "Cliente",
        "needs": "Necesidades y preferencias",
        "change": "Cambiar necesidades y preferencias",
        "slower": "Hablar despacio",
        "keypad": "Teclado en vez de voz",
        "avoid": "No contactar",
        "channel": "Canal preferido",
        "chat": "Chat",
        "hours": "Cuándo se le encuentra",
        "keep": "Guardar",
        "kept": "Necesidades y preferencias guardadas.",
        "long": "Diga el horario en 120 caracteres como mucho.",
        "pairs": "Quizá la misma persona",
        "reason": "Mismo teléfono, que pueden compartir varias personas",
        "join": "Misma persona: unir",
        "joined": "Fichas unidas; se puede deshacer.",
        "apart": "No es la misma persona",
        "noted": "Anotado: dos personas.",
        "both": "Fichas unidas",
        "part": "Separar las fichas",
        "why": "Por qué son dos personas",
        "parted": "Las fichas vuelven a ser de dos personas.",
        "open": "Abrir un asunto",
        "about": "De qué trata",
        "about_first": "Diga primero de qué trata el asunto.",
        "opened": "El asunto está abierto.",
        "here": "este contacto",
        "stands": "Cómo está",
        "set": "Cambiar",
        "solved": "resuelto",
        "is_solved": "El asunto está: resuelto.",
        "case_note": "Nota del asunto",
        "write": "Anotar",
        "written": "Anotado.",
        "note": "Nota sobre el cliente",
        "first": "Escriba algo primero.",
        "cases": "Asuntos",
        "notes": "Notas",
        "nobody": "Todavía nadie conocido.",
        "new": "Crear una ficha",
        "new_name": "Nombre del cliente",
        "is_open": "La ficha está creada.",
        "not": "Es otra persona",
        "free": "Este contacto vuelve a no ser de nadie.",
        "find": "Buscar un cliente",
        "find_label": "Número, dirección, nombre o palabras",
        "linked": "El contacto ya es suyo.",
        "is": "Es",
        "others": "Mientras tanto lo ha decidido otra persona",
        "end": "Terminar",
    },
}


@pytest.fixture
def ben(office: Office) -> Iterator[httpx.Client]:
    with office.signed_in("ben") as client:
        yield client


def nobodys_phone() -> str:
    """Return a number that no customer has yet: what a test leaves behind is not in the way of one that is repeated."""
    return f"+34600{next(NUMBERS)}"


def new_customer(ben: httpx.Client, name: str, phone: str) -> str:
    body = {"name": name, "identifiers": [{"kind": "phone", "value": phone}]}
    answer = ben.post("/api/customers", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["customer_id"])


def link(ben: httpx.Client, customer: str, call_id: str) -> None:
    answer = ben.put(f"/api/customers/{customer}/contacts", json={"kind": "call", "id": call_id})
    assert answer.status_code == 200, answer.text


def with_caller(browser: Browser, office: Office, call_id: str, language: str) -> Page:
    """Return the desk of ben, who has a caller in hand."""
    page = at_work(browser, office, "ben", language)
    call_waits(office, call_id)
    expect(page.locator(".offer")).to_be_visible()
    page.keyboard.press("Alt+Shift+A")
    expect(page.locator(".customer")).to_be_visible()
    return page


def let_go(page: Page, office: Office, call_id: str, words: dict[str, str]) -> None:
    def over() -> None:
        office.service.house.desk.work_over("ben", call_id)
        office.service.house.desk.wrap_up_done("ben", call_id, "call", disposition="solved")

    office.run(over)
    page.get_by_role("button", name=words["end"]).click()
    page.context.close()


def open_(page: Page, summary: Locator) -> None:
    """Open what is folded, by keyboard."""
    summary.focus()
    page.keyboard.press("Enter")


def press(page: Page, button: Locator) -> None:
    button.focus()
    page.keyboard.press("Enter")


def kept(ben: httpx.Client, customer: str) -> dict[str, Any]:
    answer = ben.get(f"/api/customers/{customer}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.mark.parametrize("language", ["en", "es"])
def test_when_needs_are_changed_in_the_panel_then_they_are_kept_and_what_is_wrong_is_said(
    browser: Browser, office: Office, ben: httpx.Client, language: str
) -> None:
    words, call = WORDS[language], f"needs-{language}"
    ana = new_customer(ben, "Ana Ruiz", nobodys_phone())
    page = with_caller(browser, office, call, language)
    link(ben, ana, call)
    page.clock.install()
    page.reload()
    panel = page.locator(".customer")
    expect(panel.get_by_role("heading", name="Ana Ruiz")).to_be_visible()
    open_(page, panel.get_by_text(words["change"], exact=True))
    form = panel.get_by_role("form", name=words["change"])
    for need in ("slower", "keypad", "avoid"):
        form.get_by_label(words[need]).focus()
        page.keyboard.press("Space")
    form.get_by_label(words["channel"]).select_option(label=words["chat"])
    form.get_by_label(words["hours"]).fill("x" * 121)
    press(page, form.get_by_role("button", name=words["keep"]))
    expect(panel.locator(".outcome").get_by_role("alert")).to_have_text(words["long"])
    expect(form.get_by_label(words["hours"])).to_be_focused()
    assert ben.post(f"/api/customers/{ana}/notes", json={"text": "Prefiere la tarde"}).status_code == 201
    page.clock.fast_forward(16_000)  # the panel is read again: what is being typed stays
    expect(panel).to_contain_text("Prefiere la tarde")
    expect(form.get_by_label(words["hours"])).to_have_value("x" * 121)
    form.get_by_label(words["hours"]).fill("9–14")
    page.keyboard.press("Enter")
    expect(panel.locator(".outcome").get_by_role("status")).to_contain_text(words["kept"])
    needs = panel.get_by_role("region", name=words["needs"])
    expect(needs).to_contain_text(words["keypad"])
    looks(page, f"panel-needs-{language}")
    values = {wish["name"]: wish["value"] for wish in kept(ben, ana)["preferences"] if wish["value"]}
    assert values == {"slower": "yes", "keypad": "yes", "do_not_contact": "yes", "channel": "chat", "hours": "9–14"}
    assert {wish["by"] for wish in kept(ben, ana)["preferences"]} == {"ben"}
    form.get_by_label(words["avoid"]).focus()
    page.keyboard.press("Space")
    press(page, form.get_by_role("button", name=words["keep"]))
    expect(needs.locator("ul.needs")).not_to_contain_text(words["avoid"])
    assert not kept(ben, ana)["do_not_contact"]
    let_go(page, office, call, words)


@pytest.mark.parametrize("language", ["en", "es"])
def test_when_records_look_alike_then_people_join_part_and_tell_them_apart_and_who_is_second_is_told(
    browser: Browser, office: Office, ben: httpx.Client, language: str
) -> None:
    words, call = WORDS[language], f"pairs-{language}"
    phone = nobodys_phone()
    one, other = new_customer(ben, "Eva Sanz", phone), new_customer(ben, "Eva Sanz", phone)
    page = with_caller(browser, office, call, language)
    link(ben, one, call)
    page.reload()
    panel = page.locator(".customer")
    proposals = panel.get_by_role("region", name=words["pairs"])
    expect(proposals).to_contain_text(words["reason"])
    looks(page, f"panel-pair-{language}")
    press(page, proposals.get_by_role("button", name=words["join"]))
    expect(panel.locator(".outcome").get_by_role("status")).to_have_text(words["joined"])
    expect(proposals).to_have_count(0)
    assert kept(ben, one)["customer_ids"] == kept(ben, other)["customer_ids"]
    both = panel.get_by_role("region", name=words["both"])
    open_(page, both.locator("summary"))
    both.get_by_label(words["why"]).fill("Madre e hija")
    looks(page, f"panel-joined-{language}")
    page.keyboard.press("Enter")
    expect(panel.locator(".outcome").get_by_role("status")).to_have_text(words["parted"])
    expect(both).to_have_count(0)
    assert kept(ben, one)["customer_ids"] == [one]

    new_customer(ben, "Eva Sanz", phone)
    page.reload()
    expect(proposals).to_be_visible()
    (pair,) = [pair for pair in kept(ben, one)["pairs"] if pair["state"] == "proposed"]
    with office.signed_in("sue") as sue:
        assert sue.post(f"/api/customers/pairs/{pair['join_id']}/dismiss", json={}).status_code == 204
    press(page, proposals.get_by_role("button", name=words["apart"]))
    expect(panel.locator(".outcome").get_by_role("alert")).to_contain_text(words["others"])
    expect(proposals).to_have_count(0)
    assert violations(page) == []
    let_go(page, office, call, words)


@pytest.mark.parametrize("language", ["en", "es"])
def test_when_a_case_is_opened_from_the_panel_then_the_call_is_part_of_it_and_it_is_gone_on_with(
    browser: Browser, office: Office, ben: httpx.Client, language: str
) -> None:
    words, call = WORDS[language], f"case-{language}"
    ana = new_customer(ben, "Ada Gil", nobodys_phone())
    page = with_caller(browser, office, call, language)
    link(ben, ana, call)
    page.reload()
    panel = page.locator(".customer")
    cases = panel.get_by_role("region", name=words["cases"], exact=True)
    open_(page, cases.get_by_text(words["open"], exact=True).first)
    new = cases.get_by_role("form", name=words["open"])
    press(page, new.get_by_role("button", name=words["open"]))
    expect(panel.locator(".outcome").get_by_role("alert")).to_have_text(words["about_first"])
    expect(new.get_by_label(words["about"])).to_be_focused()
    page.keyboard.type("Factura de octubre")
    page.keyboard.press("Enter")
    expect(panel.locator(".outcome").get_by_role("status")).to_have_text(words["opened"])
    one = cases.locator("details.case")
    expect(one).to_contain_text(words["here"])
    open_(page, one.locator("summary"))
    press(page, one.get_by_role("button", name=words["write"]))
    expect(panel.locator(".outcome").get_by_role("alert")).to_have_text(words["first"])
    one.get_by_label(words["case_note"]).fill("Leer el contador")
    press(page, one.get_by_role("button", name=words["write"]))
    expect(panel.locator(".outcome").get_by_role("status")).to_have_text(words["written"])
    expect(one).to_contain_text("Leer el contador")
    one.get_by_role("combobox", name=words["stands"]).select_option(label=words["solved"])
    press(page, one.get_by_role("button", name=words["set"]))
    expect(panel.locator(".outcome").get_by_role("status")).to_have_text(words["is_solved"])
    notes = panel.get_by_role("region", name=words["notes"], exact=True)
    notes.get_by_label(words["note"]).fill("Prefiere la tarde")
    press(page, notes.get_by_role("button", name=words["write"]))
    expect(notes).to_contain_text("Prefiere la tarde")
    looks(page, f"panel-case-{language}")
    (case,) = kept(ben, ana)["cases"]
    assert (case["status"], [(c["kind"], c["id"]) for c in case["contacts"]]) == ("solved", [("call", call)])
    assert [note["by"] for note in case["notes"]] == ["ben"]
    let_go(page, office, call, words)


@pytest.mark.parametrize("language", ["en", "es"])
def test_when_nobody_is_known_then_a_record_is_opened_or_found_and_a_wrong_one_is_taken_back(
    browser: Browser, office: Office, ben: httpx.Client, language: str
) -> None:
    words, call = WORDS[language], f"nobody-{language}"
    page = with_caller(browser, office, call, language)
    panel = page.locator(".customer")
    expect(panel).to_contain_text(words["nobody"])
    looks(page, f"panel-nobody-{language}")
    name = f"Nora {language}"
    open_(page, panel.get_by_text(words["new"], exact=True).first)
    panel.get_by_label(words["new_name"]).fill(name)
    page.keyboard.press("Enter")
    expect(panel.get_by_role("heading", name=name)).to_be_visible()
    expect(panel.locator(".outcome").get_by_role("status")).to_have_text(words["is_open"])
    press(page, panel.get_by_role("button", name=words["not"]))
    expect(panel.locator(".outcome").get_by_role("status")).to_have_text(words["free"])
    open_(page, panel.get_by_text(words["find"], exact=True))
    panel.get_by_label(words["find_label"]).fill(name)
    page.keyboard.press("Enter")
    found = panel.locator(".find").get_by_role("button", name=f"{words['is']} {name}")
    expect(found).to_be_visible()
    looks(page, f"panel-find-{language}")
    press(page, found)
    expect(panel.get_by_role("heading", name=name)).to_be_visible()
    expect(panel.locator(".outcome").get_by_role("status")).to_have_text(words["linked"])
    let_go(page, office, call, words)


@pytest.mark.parametrize(("language", "title"), [("en", "Customers"), ("es", "Clientes")])
def test_when_customers_are_looked_for_on_their_page_then_record_and_case_open_there(
    browser: Browser, office: Office, ben: httpx.Client, language: str, title: str
) -> None:
    words = WORDS[language]
    phone = nobodys_phone()
    ivan, _ = new_customer(ben, "Iván Ros", phone), new_customer(ben, "Iván Ros", phone)
    case = ben.post(f"/api/customers/{ivan}/cases", json={"subject": "Contador roto"}).json()["case_id"]
    page = page_of(browser, office, "ben", "/desk/customers", language)
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    page.get_by_label(words["find_label"]).fill(phone)
    page.keyboard.press("Enter")
    expect(page.locator(".found li")).to_have_count(2)
    expect(page.locator(".proposals > li").filter(has_text="Iván Ros").filter(has_text=phone[-3:])).to_have_count(1)
    looks(page, f"customers-{language}")
    page.goto(f"{office.base_url}/desk/cases/{case}")
    expect(page.get_by_role("heading", name="Iván Ros")).to_be_visible()
    expect(page.locator("details.case[open]")).to_contain_text("Contador roto")
    looks(page, f"customer-{language}")
    page.goto(f"{office.base_url}/desk/customers/nobody-there")
    expect(page.locator(".empty-state")).to_be_visible()
    assert violations(page) == []
    page.context.close()


def test_when_who_may_not_or_another_site_changes_a_record_then_it_is_refused_and_nothing_is_kept(
    office: Office, ben: httpx.Client
) -> None:
    ana = new_customer(ben, "Ana Vidal", nobodys_phone())
    path, wanted = f"/api/customers/{ana}/preferences", {"values": {"slower": "yes"}}
    with office.signed_in("quinn") as quality:
        assert quality.put(path, json=wanted).json()["code"] == "staff.role"
        assert quality.post(f"/api/customers/{ana}/notes", json={"text": "x"}).status_code == 403
    elsewhere = {"origin": "https://elsewhere.example"}
    assert ben.put(path, json=wanted, headers=elsewhere).json()["code"] == "staff.other_site"
    with office.signed_in("ben") as bare:
        del bare.headers["x-warmline"]
        assert bare.put(path, json=wanted).json()["code"] == "staff.other_site"
    assert kept(ben, ana)["preferences"] == []
    assert ben.put(path, json=wanted).status_code == 200
    with office.signed_in("ada") as admin:
        seen = admin.get("/api/staff/audit").text
    assert ana in seen, "who looked at whose record is written down"
