"""One-time codes: where they go, what they prove, and what they do not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from calls.customer_events import IdentifierEvidence
from calls.errors import CallCentreError
from calls.ids import CustomerId, Language
from customers.store import NewIdentifier
from customers.verification import CODE_ATTEMPTS, CODES_AN_HOUR
from records.store import EventStore
from service.call_store import open_store
from service.clock import SystemClock
from service.config import Config
from service.customers.part import Customers
from service.customers.view import level_of

MAIL = "ana@example.com"


class Mailbox:
    """Keeps what was sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, Language]] = []

    async def send_code(self, address: str, code: str, language: Language) -> None:
        self.sent.append((address, code, language))


class Desk:
    def __init__(self, folder: Path) -> None:
        config = Config(data_dir=str(folder))
        self.facts: EventStore = open_store(config)
        self.part = Customers(config, self.facts, SystemClock())
        self.mailbox = Mailbox()
        self.part.code_senders["email"] = self.mailbox

    def customer(self, evidence: IdentifierEvidence, contact_id: str = "") -> CustomerId:
        mail = NewIdentifier(kind="email", value=MAIL, evidence=evidence, contact_id=contact_id)
        return self.part.store.open("staff", name="Ana", identifiers=[mail], by="x")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = Desk(tmp_path / "data")
    yield opened
    opened.facts.close()


async def test_when_the_code_comes_back_then_the_contact_is_verified_by_it(desk: Desk) -> None:
    ana = desk.customer("imported")
    desk.part.store.link_contact(ana, "call", "k1", evidence="presented", by="x")
    sent = await desk.part.codes.send(ana, "call", "k1", "es")
    ((address, code, language),) = desk.mailbox.sent
    assert (sent.address, address, language, len(code)) == ("a…@example.com", MAIL, "es", 6)
    wrong = "000000" if code != "000000" else "111111"
    assert await desk.part.codes.check("call", "k1", wrong) == "wrong"
    assert level_of(desk.part.store, ana, "call", "k1") == "caller_id"
    assert await desk.part.codes.check("call", "k1", f"{code[:2]} {code[2:]}") == "right"
    assert level_of(desk.part.store, ana, "call", "k1") == "one_time_code"
    assert level_of(desk.part.store, ana, "call", "another") == "none"
    person = desk.part.store.person(ana)
    assert person is not None
    assert [(v.passed, v.how) for v in person.verifications] == [(False, "one_time_code"), (True, "one_time_code")]


@pytest.mark.parametrize("evidence", ["presented", "said", "written", "confirmed"])
async def test_when_an_address_was_only_said_then_no_code_goes_there(desk: Desk, evidence: IdentifierEvidence) -> None:
    ana = desk.customer(evidence)
    with pytest.raises(CallCentreError, match="no address"):
        await desk.part.codes.send(ana, "call", "k1", "es")
    assert desk.mailbox.sent == []


async def test_when_an_address_was_learned_in_the_contact_itself_then_it_proves_nothing(desk: Desk) -> None:
    ana = desk.customer("by_staff", contact_id="k1")
    with pytest.raises(CallCentreError, match="no address"):
        await desk.part.codes.send(ana, "call", "k1", "es")
    assert (await desk.part.codes.send(ana, "call", "k2", "es")).channel == "email"


async def test_when_somebody_guesses_or_asks_for_more_and_more_codes_then_there_is_an_end_to_it(desk: Desk) -> None:
    ana = desk.customer("imported")
    for _ in range(CODES_AN_HOUR):
        await desk.part.codes.send(ana, "call", "k1", "es")
    with pytest.raises(CallCentreError, match="as many codes"):
        await desk.part.codes.send(ana, "call", "k2", "es")
    code = desk.mailbox.sent[-1][1]
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(CODE_ATTEMPTS):
        assert await desk.part.codes.check("call", "k1", wrong) == "wrong"
    assert await desk.part.codes.check("call", "k1", code) == "void"
    with pytest.raises(CallCentreError, match="No code was sent"):
        await desk.part.codes.check("call", "k9", code)
