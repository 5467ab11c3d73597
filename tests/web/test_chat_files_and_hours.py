"""A visitor writes to people who are not in, and sends files; staff read, answer and keep them: in a real browser."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import httpx
import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from calls.errors import CallCentreError
from calls.events import CallAnswered, CallEnded, CallOffered, NewEvent, RelatedFact, StreamKind
from service.channels import text_runner
from service.desk.queue_hours import HoursNow
from tests.staff_office import Office, opened_office
from tests.web.axe import violations
from tests.web.office_pages import BRIEF, CHROMIUM, page_of, shoot
from tests.web.test_chat import WAIT_MS, bot_messages, new_page, say

pytestmark = [pytest.mark.peer, pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")]

BILL = b"%PDF-1.7 " + b"la factura " * 40_000
"""440 kB: it comes in several pieces."""
WORDS = {
    "en": {
        "person": "I want to talk to a person",
        "meanwhile": "Meanwhile the automatic assistant answers, and you can leave them a message.",
        "unsure": "slow.pdf was not here yet when the page was loaded again; choose it again.",
        "closed": "our colleagues are not in at this hour",
        "back": r"Our colleagues are back on \w+ at 9:00\.",
        "call": "Would you like us to call you back as well?",
        "attach": "Attach files",
        "files": "Files that go with your message",
        "bad": "tool.exe cannot be sent. These files can, if they are what they say: csv, docx",
        "lies": "photo.png cannot be sent.",
        "large": "large.pdf is larger than 1 MB.",
        "out": "Leave out {}",
        "ready": "bill.pdf: ready to send",
        "noted": "Thank you, the file is here.",
        "save": "Save bill.pdf",
    },
    "es": {
        "person": "Quiero hablar con una persona",
        "meanwhile": "Mientras tanto contesta el asistente automático, y puede dejarles un mensaje.",
        "unsure": "slow.pdf no había llegado cuando se volvió a cargar la página; elíjalo otra vez.",
        "closed": "a esta hora no están nuestros compañeros",
        "back": r"Nuestros compañeros vuelven el \w+ a las 9:00\.",
        "call": "¿Quiere que además le llamemos?",
        "attach": "Adjuntar archivos",
        "files": "Archivos que van con su mensaje",
        "bad": "tool.exe no se puede enviar. Estos archivos sí, si son lo que dicen: csv, docx",
        "lies": "photo.png no se puede enviar.",
        "large": "large.pdf tiene más de 1 MB.",
        "out": "Quitar {}",
        "ready": "bill.pdf: listo para enviar",
        "noted": "Gracias, el archivo ha llegado.",
        "save": "Guardar bill.pdf",
    },
}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The web side of a service whose people of the web are at home for three days more."""
    today = datetime.now(UTC).date()
    web = {
        "name": "web",
        "hours": dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), "09:00-18:00"),
        "holidays": [today + timedelta(days=ahead) for ahead in (-1, 0, 1, 2)],
    }
    chat = {"queue": "web", "file_mb": 1, "files_per_hour": 30}
    with opened_office(tmp_path_factory.mktemp("office"), chat=chat, desk={"queue": [web]}) as opened:
        yield opened


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, office: Office) -> None:
    """Nobody waits for the workers, which are closed here: what is wanted stands in the words, and no article is there."""
    monkeypatch.setattr(text_runner, "THINK_S", 0.2)
    monkeypatch.setattr(office.service.house.knowledge, "titles", lambda _language: {})


def payload(name: str, content: bytes) -> FilePayload:
    return FilePayload(name=name, mimeType="application/octet-stream", buffer=content)


def choose(page: Page, label: str, *files: FilePayload) -> None:
    """Open the picker by keyboard, and choose."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name=label).press("Enter")
    chooser.value.set_files([*files])


@pytest.mark.parametrize("language", ["en", "es"])
def test_when_people_are_not_in_then_visitors_are_told_when_they_are_and_may_leave_files(
    browser: Browser, office: Office, language: str
) -> None:
    words, errors = WORDS[language], list[str]()
    page = new_page(browser, errors, locale={"en": "en-GB", "es": "es-ES"}[language], viewport=PHONE)
    page.goto(f"{office.base_url}/chat")
    head = page.locator("warmline-chat .status")
    expect(head).to_contain_text(re.compile(words["back"]), timeout=WAIT_MS)
    expect(head).to_contain_text(words["meanwhile"])
    assert bot_messages(page).count() == 0, "nothing was written yet"
    assert violations(page) == []
    shoot(page, f"chat-out-{language}")
    say(page, words["person"])
    answer = bot_messages(page).first
    expect(answer).to_contain_text(words["closed"], timeout=WAIT_MS)
    expect(answer).to_contain_text(re.compile(words["back"]))
    expect(answer).to_contain_text(words["call"])

    wrong = (payload("tool.exe", b"MZ"), payload("photo.png", b"MZ"), payload("large.pdf", b"%PDF-" + bytes(1_000_000)))
    choose(page, words["attach"], *wrong)
    chosen = page.get_by_role("list", name=words["files"]).get_by_role("listitem")
    for number, sentence in enumerate((words["bad"], words["lies"], words["large"])):
        expect(chosen.nth(number)).to_contain_text(sentence, timeout=WAIT_MS)
    choose(page, words["attach"], payload("bill.pdf", BILL))
    expect(chosen.nth(3)).to_contain_text(words["ready"], timeout=WAIT_MS)
    assert violations(page) == []
    shoot(page, f"chat-files-{language}")
    for name in ("tool.exe", "photo.png", "large.pdf"):
        page.get_by_role("button", name=words["out"].format(name)).press("Enter")
    expect(chosen).to_have_count(1)
    page.get_by_label(re.compile("Your message|Su mensaje")).press("Enter")
    saved = page.get_by_role("link", name=words["save"])
    expect(saved).to_be_visible(timeout=WAIT_MS)
    expect(chosen).to_have_count(0)
    expect(bot_messages(page).nth(1)).to_contain_text(words["noted"], timeout=WAIT_MS)
    with page.expect_download() as download:
        saved.press("Enter")
    assert download.value.path().read_bytes() == BILL
    page.reload()
    expect(saved).to_be_visible(timeout=WAIT_MS)
    assert violations(page) == []
    shoot(page, f"chat-file-sent-{language}")
    assert errors == []
    page.context.close()


PHONE = {"width": 420, "height": 760}


def test_when_people_come_or_go_while_the_page_is_open_then_its_head_follows(
    browser: Browser, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = new_page(browser, [], viewport=PHONE)
    page.goto(f"{office.base_url}/chat")
    head = page.locator("warmline-chat .status")
    expect(head).to_contain_text("Our colleagues are back", timeout=WAIT_MS)
    conversations = office.service.house.conversations
    open_now = HoursNow(now_local=datetime.now(UTC), open=True)
    monkeypatch.setattr(conversations, "hours_of", lambda _queue, _language: open_now)
    page.get_by_label("Your message").press_sequentially("a")  # a sign of life, as each page sends every 20 s
    expect(head).to_have_text("", timeout=WAIT_MS)
    page.context.close()


@pytest.mark.parametrize("language", ["en", "es"])
def test_when_the_page_is_loaded_again_before_a_message_is_sent_then_its_words_and_files_are_there_or_missed_aloud(
    browser: Browser, office: Office, language: str
) -> None:
    words, errors = WORDS[language], list[str]()
    page = new_page(browser, errors, locale={"en": "en-GB", "es": "es-ES"}[language], viewport=PHONE)
    page.goto(f"{office.base_url}/chat")
    box = page.get_by_label(re.compile("Your message|Su mensaje"))
    box.fill("Here is my bill, and")
    choose(page, words["attach"], payload("bill.pdf", BILL))
    chosen = page.get_by_role("list", name=words["files"]).get_by_role("listitem")
    expect(chosen.first).to_contain_text(words["ready"], timeout=WAIT_MS)
    stop = "() => { const send = WebSocket.prototype.send; WebSocket.prototype.send = function (it) "
    page.evaluate(stop + "{ if (typeof it === 'string') send.call(this, it); }; }")  # bytes of files never leave
    choose(page, words["attach"], payload("slow.pdf", BILL))
    expect(chosen).to_have_count(2)
    page.reload()
    expect(box).to_have_value("Here is my bill, and", timeout=WAIT_MS)
    expect(chosen.nth(0)).to_contain_text(words["ready"])
    expect(chosen.nth(1)).to_contain_text(words["unsure"])
    assert violations(page) == []
    shoot(page, f"chat-reloaded-{language}")
    page.get_by_role("button", name=words["out"].format("slow.pdf")).press("Enter")
    box.press("End")
    box.press_sequentially(" thanks.")
    box.press("Enter")
    expect(page.get_by_role("link", name=words["save"])).to_be_visible(timeout=WAIT_MS)
    expect(page.locator("warmline-chat .message.customer p").first).to_have_text("Here is my bill, and thanks.")
    with page.expect_download() as download:
        page.get_by_role("link", name=words["save"]).press("Enter")
    assert download.value.path().read_bytes() == BILL
    page.reload()
    expect(page.get_by_role("link", name=words["save"])).to_be_visible(timeout=WAIT_MS)
    expect(box).to_have_value("")
    expect(chosen).to_have_count(0)
    assert errors == []
    page.context.close()


def conversation_of(ben: httpx.Client, file: str) -> str:
    rows = ben.get("/api/conversations?only=owed").json()
    return next(str(row["conversation_id"]) for row in rows if row["last"] == file)


def attachments(office: Office) -> list[Path]:
    return [path for path in (office.service.config.data_path / "attachments").rglob("*") if path.is_file()]


def test_when_a_visitor_sends_a_file_then_staff_save_it_and_it_goes_with_the_customer(
    browser: Browser, office: Office
) -> None:
    errors: list[str] = []
    before = set(attachments(office))
    visitor = new_page(browser, errors, locale="es-ES")
    visitor.goto(f"{office.base_url}/chat")
    say(visitor, WORDS["es"]["person"])
    expect(bot_messages(visitor)).to_have_count(1, timeout=WAIT_MS)
    choose(visitor, WORDS["es"]["attach"], payload("contador.pdf", BILL))
    expect(visitor.locator("warmline-chat .chosen .ready")).to_have_count(1, timeout=WAIT_MS)
    visitor.get_by_role("button", name="Enviar", exact=True).click()
    expect(visitor.get_by_role("link", name="Guardar contador.pdf")).to_be_visible(timeout=WAIT_MS)
    (stored,) = set(attachments(office)) - before
    assert b"factura" not in stored.read_bytes(), "what is on the disk is encrypted"

    with office.signed_in("ben") as ben, office.signed_in("ada") as ada:
        contact = conversation_of(ben, "contador.pdf")
        detail = ben.get(f"/api/conversations/{contact}").json()
        assert detail["state"]["queue"] == "web"
        (file,) = detail["messages"][-2]["attachments"] or detail["messages"][-1]["attachments"]
        answer = ben.get(f"/api/conversations/{contact}/files/{file['file']}")
        assert answer.content == BILL
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"].startswith("attachment")
        assert "sandbox" in answer.headers["content-security-policy"]

        staff = page_of(browser, office, "ben", f"/desk/conversations/{contact}", bypass_csp=True)
        link = staff.get_by_role("log").get_by_role("link", name="contador.pdf")
        expect(link).to_be_visible(timeout=WAIT_MS)
        with staff.expect_download() as download:
            link.press("Enter")
        assert download.value.path().read_bytes() == BILL

        reply = staff.get_by_label("Your answer to the customer")
        with staff.expect_response(lambda answer: "/api/staff/drafts/" in answer.url and answer.request.method == "PUT"):
            reply.fill("Hola, ya tengo el contador y lo")
        staff.reload()
        expect(reply).to_have_value("Hola, ya tengo el contador y lo", timeout=WAIT_MS)
        assert violations(staff) == []
        shoot(staff, "thread-with-file")
        reply.press("End")
        reply.press_sequentially(" estoy mirando.")
        staff.get_by_role("button", name="Send").click()
        answered = visitor.locator("warmline-chat .message.agent p")
        expect(answered).to_have_text("Hola, ya tengo el contador y lo estoy mirando.", timeout=WAIT_MS)
        expect(reply).to_have_value("")

        customer = ben.post("/api/customers", json={"name": "Ana Ruiz", "identifiers": []}).json()["customer_id"]
        linked = ben.put(f"/api/customers/{customer}/contacts", json={"kind": "conversation", "id": contact})
        assert linked.status_code == 200, linked.text
        staff.goto(f"{office.base_url}/desk/customers/{customer}")
        timeline = staff.get_by_role("region", name="Contacts so far")
        expect(timeline.get_by_role("link", name="contador.pdf")).to_be_visible(timeout=WAIT_MS)
        assert violations(staff) == []
        shoot(staff, "timeline-with-file")

        assert ben.get(f"/api/customers/{customer}/changes").status_code == 403
        expect(staff.get_by_text("What was changed")).to_have_count(0)
        lead = page_of(browser, office, "sue", f"/desk/customers/{customer}", bypass_csp=True)
        lead.get_by_text("What was changed").press("Enter")
        rows = lead.get_by_role("region", name="What was changed").get_by_role("row")
        expect(rows.nth(1)).to_contain_text(re.compile(r"ben.*Contact linked · conversation"), timeout=WAIT_MS)
        expect(rows.nth(2)).to_contain_text(re.compile(r"ben.*Record opened · Ana Ruiz"))
        expect(rows.nth(1).get_by_role("link", name="conversation")).to_be_visible()
        for number in range(60):
            ben.post(f"/api/customers/{customer}/notes", json={"text": f"note {number}"})
        lead.reload()
        lead.get_by_text("What was changed").press("Enter")
        expect(rows).to_have_count(1 + 50, timeout=WAIT_MS)
        lead.get_by_role("button", name="Older changes").press("Enter")
        expect(rows).to_have_count(1 + 62, timeout=WAIT_MS)
        expect(rows.nth(51)).to_be_focused()
        expect(rows.last).to_contain_text("Record opened · Ana Ruiz")
        expect(lead.get_by_role("button", name="Older changes")).to_have_count(0)
        assert violations(lead) == []
        shoot(lead, "changes")
        lead.context.close()

        export = ada.get(f"/api/customers/{customer}/export?sound=true")
        with ZipFile(BytesIO(export.content)) as archive:
            assert archive.read(f"attachments/{file['file']}") == BILL
        erased = ada.request("DELETE", f"/api/customers/{customer}", json={"confirm": "erase"})
        assert erased.status_code in (200, 204), erased.text
        assert not stored.exists()
    assert errors == []
    for page in (visitor, staff):
        page.context.close()


def call_told_of(office: Office, call_id: str, *related: tuple[StreamKind, str, str]) -> None:
    """Write a call that has ended, whose brief speaks of something else."""
    at = datetime.now(UTC)
    lines = tuple(
        RelatedFact(text=text, quote="", stream_kind=kind, stream_id=name, event_seq=1, at_utc=at.isoformat())
        for kind, name, text in related
    )
    offered = CallOffered(caller="+34600123456", caller_name="", called="web", transport="sip", peer_call_id="x")
    ended = CallEnded(result="completed", reason="caller_hung_up")
    bodies = (offered, CallAnswered(language="en", flow=""), replace(BRIEF, related=lines), ended)
    new = [NewEvent(stream_kind="call", stream_id=call_id, body=b, at_utc=at, t_ms=0, source="call") for b in bodies]
    office.service.house.store.append(new)


def test_when_quality_reads_along_then_nothing_is_offered_that_its_role_may_not(
    browser: Browser, office: Office
) -> None:
    visitor = new_page(browser, [], locale="en-GB")
    visitor.goto(f"{office.base_url}/chat")
    say(visitor, "I want to talk to a person about meter 4711")
    expect(bot_messages(visitor)).to_have_count(1, timeout=WAIT_MS)
    page = page_of(browser, office, "quinn", "/desk/conversations", bypass_csp=True)
    refused: list[str] = []
    page.on("response", lambda answer: refused.append(answer.url) if answer.status in (401, 403, 404) else None)
    page.locator(".inbox-row", has_text="4711").click()
    expect(page.get_by_role("log")).to_contain_text("meter 4711", timeout=WAIT_MS)
    expect(page.get_by_label("Your answer to the customer")).to_have_count(0)
    expect(page.get_by_role("heading", name="Customer")).to_have_count(0)
    assert violations(page) == []
    for place in page.locator("a[href^='/desk']").evaluate_all("(all) => all.map((a) => a.getAttribute('href'))"):
        page.goto(office.base_url + place)
        expect(page.locator("main h1").first).to_be_visible(timeout=WAIT_MS)
        expect(page.get_by_text("not for your role")).to_have_count(0)
    with office.signed_in("quinn") as quinn:
        contact = conversation_of(quinn, "I want to talk to a person about meter 4711")
    call_told_of(office, "of-quality", ("case", "case-7", "A case about meters"), ("conversation", contact, "A chat"))
    page.goto(f"{office.base_url}/desk/calls/of-quality")
    brief = page.get_by_role("region", name="Brief")
    expect(brief.get_by_role("link", name="A chat")).to_be_visible(timeout=WAIT_MS)
    expect(brief.get_by_text("A case about meters")).to_be_visible()
    expect(brief.get_by_role("link", name="A case about meters")).to_have_count(0)
    assert refused == []
    page.goto(f"{office.base_url}/desk/customers")
    expect(page.get_by_text("This page is not for your role.")).to_be_visible(timeout=WAIT_MS)
    assert violations(page) == []
    shoot(page, "not-your-page")
    for each in (page, visitor):
        each.context.close()
