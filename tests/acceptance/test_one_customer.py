"""One customer on two channels: chat, then a call; a mail, then a call. What the bot says of it, what the agent sees.

Chromium chats and is the agent's desk, baresip calls, Dovecot and Exim carry the mail; the service is the whole one.
"""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.acceptance.callers import is_bot_turn, is_type, speech
from tests.acceptance.desk_page import StaffPage, browser_with, staff_page
from tests.acceptance.people_phones import Handset
from tests.acceptance.running import TOKEN, Body, RunningService
from tests.acceptance.staff_accounts import hire
from tests.mail_servers import JOHN, PASSWORD, SUPPORT, MailServers, mail_servers, missing
from tests.service_process import articles_of_tests
from tests.waiting import eventually
from tests.web.test_pages import CHROMIUM, WAIT_MS

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.peer,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
    pytest.mark.skipif(shutil.which("baresip") is None, reason="baresip is not installed"),
]

ANA, ACCOUNT = "Xaveria Quintana", "40217300"
BEN = "Zebulon Hathaway"
EXPLAINS, OFFERS = "Understanding your bill", "note your bill for a review"
BILL = "Can you explain my bill please"
ANSWERED_S = 240.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def mails() -> AsyncIterator[MailServers]:
    """Real mail servers."""
    with mail_servers() as servers:
        if servers is None:
            pytest.skip(f"needs mail servers (apt-get install {missing()})")
        yield servers


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(tmp_path_factory: pytest.TempPathFactory, mails: MailServers) -> AsyncIterator[RunningService]:
    """One service for both journeys, with few articles and a mailbox."""
    folder = tmp_path_factory.mktemp("one-customer")
    articles_of_tests(folder / "articles")
    made = RunningService(
        folder,
        '[speech]\nvoice_en = "espeak"\nvoice_es = "espeak"\nrender_ahead = false\n[dial_plan]\nlanguage = "en"\n'
        f'[knowledge]\ndir = "{folder / "articles"}"\n'
        f'[channels.mailboxes.support]\naddress = "{SUPPORT}"\nimap_host = "localhost"\nimap_port = {mails.imaps}\n'
        f'smtp_port = {mails.smtp}\npassword = "{PASSWORD}"\nca_file = "{mails.ca}"\nanswers = "sure"\npoll_s = 1\n',
    )
    await made.start()
    await asyncio.to_thread(hire, made.config, luz="agent", mar="agent")
    yield made
    await made.stop()


async def known(service: RunningService, name: str, **identifiers: str) -> str:
    """Have a customer in the records, as the company's own program adds them; return the id."""
    headers = {"authorization": f"Bearer {TOKEN}"}
    body = {"name": name, "identifiers": [{"kind": kind, "value": value} for kind, value in identifiers.items()]}
    async with httpx.AsyncClient(base_url=service.base_url, headers=headers, trust_env=False) as program:
        return str((await program.post("/api/customers", json=body)).raise_for_status().json()["customer_id"])


@asynccontextmanager
async def at_the_desk(browser: Browser, service: RunningService, name: str) -> AsyncIterator[StaffPage]:
    """An agent who takes what comes, until the block ends."""
    agent = await staff_page(browser, service.base_url, name)
    await agent.come_to_work()
    yield agent
    await agent.done()
    assert agent.errors == []


async def chats_about_the_bill(browser: Browser, service: RunningService) -> Page:
    """Ask in the chat, say the account number, have the bill noted for a review; return the page."""
    page = await (await browser.new_context(locale="en-GB")).new_page()
    page.set_default_timeout(WAIT_MS)
    await page.goto(f"{service.base_url}/chat")
    bot = page.locator("warmline-chat .message.bot p")
    for words, answer in (
        ("Can you explain my bill?", OFFERS),
        ("yes please", "account number"),
        (ACCOUNT, "total of the bill"),
        ("60.50", "I understood"),
        ("yes", "a review of a bill"),
        ("yes", "reference number"),
    ):
        await page.get_by_label(re.compile("Your message")).fill(words)
        await page.keyboard.press("Enter")
        await expect(bot.last).to_contain_text(answer)
    return page


async def calls_from_the_chat(page: Page) -> str:
    """Call by the button of the chat, and return the call."""
    async with page.expect_popup() as opened:
        await page.get_by_role("button", name="Call us").click()
    call = await opened.value
    async with call.expect_response("**/api/web-calls") as answered:
        await call.get_by_role("button", name="Call", exact=True).click()
    call_id = str((await (await answered.value).json())["call_id"])
    await expect(call.get_by_role("heading", name="Connected")).to_be_visible()
    await call.get_by_role("button", name="Hang up").click()
    return call_id


async def keys(phone: Handset, digits: str) -> None:
    for digit in digits:
        await phone.press(digit)


async def confirming(phone: Handset, words: str) -> Body:
    """Agree by key to what is read back, until the bot says these words; return that turn."""
    while True:
        turn = await phone.until(is_bot_turn)
        if words in turn["text"]:
            return turn
        if "Is that right" in turn["text"]:
            await phone.press("1")


def says(words: str) -> Any:
    """Return a test for a turn of the bot with these words."""
    return lambda body: is_bot_turn(body) and words in body["text"]


def said_by_bot(events: list[Body]) -> str:
    return " ".join(body["text"] for body in events if is_bot_turn(body))


async def seen_by(agent: StaffPage, call_id: str) -> dict[str, Any]:
    """Return what the agent's page gets of who calls, once that is known."""
    for _ in range(100):
        answer = await agent.page.request.get(f"{agent.base_url}/api/calls/{call_id}/customer")
        assert answer.ok
        seen = dict(await answer.json())
        if seen["linked"]:
            return seen
        await asyncio.sleep(0.2)
    pytest.fail(f"nobody knows whose call {call_id} is")


def one_matter(seen: dict[str, Any], *channels: str) -> dict[str, Any]:
    """Check that there is one case, which the contacts on these channels are all about; return it."""
    (case,) = seen["customer"]["cases"]
    contacts = [item["contact"]["channel"] for item in seen["customer"]["timeline"]["items"] if item["contact"]]
    assert sorted(contacts) == sorted(channels)
    assert len(case["contacts"]) == len(channels)
    assert seen["case_ids"] == [case["case_id"]]
    return dict(case)


async def test_when_who_chatted_calls_and_proves_who_they_are_then_the_bot_knows_it_and_the_agent_sees_one_matter(
    service: RunningService, tmp_path: Path
) -> None:
    phone = Handset(service, tmp_path / "phone")
    ana = await known(service, ANA, phone=phone.number, account=ACCOUNT)
    async with browser_with() as browser:
        chat = await chats_about_the_bill(browser, service)
        async with at_the_desk(browser, service, "luz") as luz:
            try:
                await phone.dial("bot")
                await phone.until(is_bot_turn, most_s=120)
                await phone.press("3")
                await phone.until(says(OFFERS))
                before_proof = said_by_bot(await phone.events())
                await phone.press("1")
                await phone.until(says("account number"))
                await keys(phone, ACCOUNT + "#")
                await confirming(phone, "total of the bill")
                await keys(phone, "60#")
                mentioned = await confirming(phone, "you contacted us earlier today")
                await phone.press("0")
                await phone.until(is_type("handover_offered"))
                await luz.click("Accept")
                await phone.until(is_type("handover_completed"))
                await expect(luz.page.get_by_text(ANA).first).to_be_visible()
                await expect(luz.page.get_by_text(EXPLAINS).first).to_be_visible()
                seen = await seen_by(luz, phone.call_id or "")
                events = await phone.hang_up()
            finally:
                await phone.close()
            from_the_chat = await seen_by(luz, await calls_from_the_chat(chat))
    assert "contacted us" not in before_proof
    assert EXPLAINS in mentioned["text"]
    assert seen["linked"]["customer_id"] == ana
    assert seen["linked"]["level"] == "knowledge"
    one_matter(seen, "chat", "phone")
    assert from_the_chat["linked"]["customer_id"] == ana
    assert from_the_chat["linked"]["level"] == "caller_id", "whoever sits at that browser may press the button"
    brief = [body for body in events if body["type"] == "brief_prepared"][-1]
    assert [fact for fact in brief["related"] if fact["text"].startswith("Chat of today")]


async def test_when_who_wrote_a_mail_calls_from_a_known_number_then_the_agent_sees_one_matter_and_the_bot_says_nothing(
    service: RunningService, mails: MailServers, tmp_path: Path
) -> None:
    phone = Handset(service, tmp_path / "phone")
    await asyncio.to_thread(speech, BILL)
    ben = await known(service, BEN, phone=phone.number, email=JOHN)
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"], mail["Message-ID"] = JOHN, SUPPORT, "My bill", "<ben@example.net>"
    mail.set_content("Can you explain my bill, please?")
    await asyncio.to_thread(mails.deliver, JOHN, SUPPORT, mail.as_bytes())
    await eventually(lambda: mails.mails(JOHN), mails.log(), ANSWERED_S, 0.5)
    async with browser_with() as browser, at_the_desk(browser, service, "mar") as mar:
        try:
            await phone.dial("bot")
            await phone.until(is_bot_turn, most_s=120)
            await phone.play(speech(BILL))
            await phone.until(is_type("topic_found"))
            await phone.until(says(OFFERS), most_s=90)
            await phone.press("0")
            await phone.until(is_type("handover_offered"))
            await mar.click("Accept")
            await phone.until(is_type("handover_completed"))
            await expect(mar.page.get_by_text(BEN).first).to_be_visible()
            seen = await seen_by(mar, phone.call_id or "")
            events = await phone.hang_up()
        finally:
            await phone.close()
    told = said_by_bot(events)
    assert not [word for word in (*BEN.split(), "contacted us", JOHN) if word in told], "a number can be forged"
    assert seen["linked"]["customer_id"] == ben
    assert seen["linked"]["level"] == "caller_id"
    one_matter(seen, "email", "phone")
    brief = [body for body in events if body["type"] == "brief_prepared"][-1]
    assert [fact for fact in brief["related"] if fact["text"].startswith("E-mail of today")]
