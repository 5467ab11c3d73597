"""The REST API of customer records, asked over HTTP by a client, on a real database."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from fastapi.testclient import TestClient

from calls.conversation_events import MessageReceived
from calls.errors import CallCentreError
from calls.events import CallEnded, CallOffered, EventBody, NewEvent, RecordingStarted, TopicFound, TurnEnded
from calls.ids import MessageId, TurnId
from records.store import EventStore
from service.call_store import open_store
from service.channels.files import MessageFiles, NewFile
from service.clock import SystemClock
from service.config import Config
from service.customers.api import customer_routes
from service.customers.part import Customers

PHONE = "+34600123456"
AT = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)


class Desk:
    """The API over a data folder."""

    def __init__(self, folder: Path) -> None:
        self.config = Config(data_dir=str(folder))
        self.facts: EventStore = open_store(self.config, to_serve=True)
        self.part = Customers(self.config, self.facts, SystemClock())
        app = FastAPI()
        app.include_router(customer_routes(self.part, []))

        @app.exception_handler(CallCentreError)
        async def plain(_request: Request, error: CallCentreError) -> JSONResponse:
            return JSONResponse({"code": error.code}, 400)

        self.http = TestClient(app)

    def post(self, path: str, body: dict[str, Any] | None = None, wanted: int = 200) -> Any:
        answer = self.http.post(path, json=body)
        assert answer.status_code == wanted, answer.text
        return answer.json() if answer.content else None

    def put(self, path: str, body: dict[str, Any], wanted: int = 200) -> Any:
        answer = self.http.put(path, json=body)
        assert answer.status_code == wanted, answer.text
        return answer.json()

    def get(self, path: str) -> Any:
        answer = self.http.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def open(self, name: str, **identifiers: str) -> Any:
        items = [{"kind": kind, "value": value} for kind, value in identifiers.items()]
        return self.post("/api/customers", {"name": name, "identifiers": items}, 201)["customer_id"]

    def find(self, q: str) -> list[str]:
        return [line["name"] for line in self.post("/api/customers/find", {"q": q})]

    def write_call(self, call: str, *bodies: EventBody) -> None:
        self.facts.append(
            [NewEvent(stream_kind="call", stream_id=call, body=b, at_utc=AT, t_ms=0, source="x") for b in bodies]
        )


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = Desk(tmp_path / "data")
    yield opened
    opened.facts.close()


def a_call(file: str) -> tuple[EventBody, ...]:
    turn = TurnEnded(
        turn_id=TurnId("t1"),
        speaker="caller",
        text="my inverter is noisy",
        language="en",
        start_ms=0,
        end_ms=900,
        utterance_ids=(),
        interrupted=False,
    )
    return (
        CallOffered(transport="sip", caller=PHONE, caller_name="", called="bot", peer_call_id="x"),
        RecordingStarted(file=file, rate_hz=8000),
        turn,
        TopicFound(turn_id=TurnId("t1"), topic="solar", score=0.9, article_id=None),
        CallEnded(result="completed", reason="caller_hung_up"),
    )


def test_when_a_customer_is_looked_for_then_numbers_addresses_names_and_words_find_them(desk: Desk) -> None:
    ana = desk.open("Ana García", phone=PHONE, email="Ana@Example.com", account="LU 123-4567")
    desk.post(f"/api/customers/{ana}/notes", {"text": "asked about the solar panels"}, 201)
    for typed in ("600 12 34 56", "ana@example.com", "lu1234567", "garcia", "solar panel"):
        assert desk.find(typed) == ["Ana García"], typed
    assert desk.find("ben") == []
    exact = desk.post("/api/customers/find", {"kind": "phone", "value": "600123456"})
    assert [line["customer_id"] for line in exact] == [ana]


def test_when_a_call_is_linked_then_the_panel_gets_who_it_is_with_timeline_cases_and_what_it_continues(
    desk: Desk,
) -> None:
    ana = desk.open("Ana García", phone=PHONE)
    desk.write_call("k1", *a_call("k1.wav"))
    assert desk.get("/api/calls/k1/customer") == {
        "linked": None,
        "customer": None,
        "case_ids": [],
        "continues": None,
        "candidates": [],
    }
    desk.put(f"/api/customers/{ana}/contacts", {"kind": "call", "id": "k1"})
    case = desk.post(f"/api/customers/{ana}/cases", {"subject": "Noise", "topic": "solar"}, 201)["case_id"]
    desk.post(f"/api/cases/{case}/contacts", {"kind": "call", "id": "k1"}, 201)
    seen = desk.get("/api/calls/k1/customer")
    assert seen["linked"] == {"customer_id": ana, "confidence": 0.9, "level": "caller_id"}
    assert seen["case_ids"] == [case]
    assert seen["customer"]["name"] == "Ana García"
    assert [item["kind"] for item in seen["customer"]["timeline"]["items"]] == ["case_opened", "call"]
    assert seen["customer"]["timeline"]["items"][1]["contact"]["topics"] == ["solar"]
    continues = desk.get(f"/api/customers/{ana}/continues?topic=solar")
    assert (continues["case_id"], continues["how"]) == (case, "use")
    assert continues["en"] != continues["es"]
    assert desk.find("inverters") == ["Ana García"]
    assert desk.put(f"/api/cases/{case}/status", {"status": "solved"})["status"] == "solved"
    assert desk.post(f"/api/cases/{case}/notes", {"text": "replaced"}, 201)["notes"][0]["text"] == "replaced"


def test_when_two_people_share_the_number_then_both_are_candidates(desk: Desk) -> None:
    desk.open("Ana García", phone=PHONE)
    desk.open("Luis Gil", phone=PHONE)
    desk.write_call("k1", *a_call("k1.wav"))
    assert {line["name"] for line in desk.get("/api/calls/k1/customer")["candidates"]} == {"Ana García", "Luis Gil"}


def test_when_records_are_joined_and_parted_then_the_api_shows_both(desk: Desk) -> None:
    ana, again = desk.open("Ana García", phone=PHONE), desk.open("Ana Garcia", phone=PHONE)
    (pair,) = desk.get("/api/customers/pairs")
    assert {reason["code"] for reason in pair["reasons"]} == {"same_name", "same_phone"}
    assert all(reason["en"] != reason["es"] for reason in pair["reasons"])
    desk.post(f"/api/customers/pairs/{pair['join_id']}/accept")
    assert desk.get(f"/api/customers/{again}")["customer_ids"] == [ana, again]
    desk.post(f"/api/customers/pairs/{pair['join_id']}/part", {"reason": "sisters"}, 204)
    assert desk.get(f"/api/customers/{again}")["customer_ids"] == [again]
    joined = desk.post(f"/api/customers/{ana}/joins", {"other": again, "reason": "saw the card"}, 201)
    assert joined["customer_ids"] == [ana, again]


def test_when_a_proposal_is_dismissed_then_it_is_gone(desk: Desk) -> None:
    desk.open("Ana García", phone=PHONE), desk.open("Ana Garcia", phone=PHONE)
    (pair,) = desk.get("/api/customers/pairs")
    desk.post(f"/api/customers/pairs/{pair['join_id']}/dismiss", {"reason": "sisters"}, 204)
    assert desk.get("/api/customers/pairs") == []
    assert desk.http.post(f"/api/customers/pairs/{pair['join_id']}/dismiss", json={}).json()["code"] == "join.unknown"


def test_when_wishes_and_consent_are_set_then_they_are_kept(desk: Desk) -> None:
    ana = desk.open("Ana García")
    desk.put(f"/api/customers/{ana}/preferences/slower", {"value": "yes"})
    desk.put(f"/api/customers/{ana}/preferences/language", {"value": "es"})
    desk.put(f"/api/customers/{ana}/do-not-contact", {"value": True})
    body = {"purpose": "marketing", "channel": "any", "given": False, "how": "letter"}
    seen = desk.put(f"/api/customers/{ana}/consents", body)
    assert {item["name"]: item["value"] for item in seen["preferences"]} == {
        "slower": "yes",
        "language": "es",
        "do_not_contact": "yes",
    }
    assert seen["do_not_contact"]
    assert [(c["purpose"], c["given"]) for c in seen["consents"]] == [("marketing", False)]
    assert not desk.put(f"/api/customers/{ana}/do-not-contact", {"value": False})["do_not_contact"]


def test_when_several_wishes_are_kept_at_once_then_it_is_all_of_them_or_none(desk: Desk) -> None:
    ana = desk.open("Ana García")
    path = f"/api/customers/{ana}/preferences"
    desk.put(path, {"values": {"slower": "yes", "channel": "chat", "hours": "9-14"}})
    assert desk.http.put(path, json={"values": {"keypad": "yes", "channel": "pigeon"}}).status_code == 400
    assert desk.http.put(path, json={"values": {"shoe": "9"}}).status_code == 422
    seen = desk.put(path, {"values": {"slower": "", "large_text": "yes", "keypad": ""}})
    kept = {item["name"]: item["value"] for item in seen["preferences"] if item["value"]}
    assert kept == {"channel": "chat", "hours": "9-14", "large_text": "yes"}
    missing = desk.http.put("/api/customers/none/preferences", json={"values": {"slower": ""}})
    assert missing.json() == {"code": "customer.unknown"}


def test_when_a_case_is_opened_in_a_contact_then_the_contact_is_about_it(desk: Desk) -> None:
    ana = desk.open("Ana García", phone=PHONE)
    desk.write_call("k1", *a_call("k1.wav"))
    body = {"subject": "Noise", "contact": {"kind": "call", "id": "k1"}}
    case = desk.post(f"/api/customers/{ana}/cases", body, 201)
    assert [(contact["kind"], contact["id"]) for contact in case["contacts"]] == [("call", "k1")]
    desk.put(f"/api/customers/{ana}/contacts", {"kind": "call", "id": "k1"})
    assert desk.get("/api/calls/k1/customer")["case_ids"] == [case["case_id"]]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/api/customers", {"name": "x" * 201}, 422),
        ("POST", "/api/customers", {"surprise": 1}, 422),
        ("POST", "/api/customers", {"identifiers": [{"kind": "email", "value": "no"}]}, 400),
        ("POST", "/api/customers/find", {"q": "x" * 300}, 422),
        ("POST", "/api/customers/none/notes", {"text": "x"}, 400),
        ("POST", "/api/customers/none/notes", {"text": ""}, 422),
        ("GET", "/api/customers/none", None, 404),
        ("GET", "/api/customers/a%20b", None, 422),
        ("GET", "/api/cases/none", None, 404),
        ("PUT", "/api/customers/none/preferences/shoe", {"value": "9"}, 422),
        ("DELETE", "/api/customers/none", {"confirm": "yes"}, 422),
        ("DELETE", "/api/customers/none", {"confirm": "erase"}, 400),
    ],
)
def test_when_a_request_is_wrong_then_it_is_refused(
    desk: Desk, method: str, path: str, body: dict[str, Any] | None, status: int
) -> None:
    assert desk.http.request(method, path, json=body).status_code == status


def test_when_a_person_asks_for_what_is_kept_then_the_file_holds_all_of_it(desk: Desk) -> None:
    ana = desk.open("Ana García", phone=PHONE)
    desk.write_call("k1", *a_call("k1.wav"))
    (desk.config.recordings_path / "k1.wav").write_bytes(b"RIFF")
    desk.put(f"/api/customers/{ana}/contacts", {"kind": "call", "id": "k1"})
    case = desk.post(f"/api/customers/{ana}/cases", {"subject": "Noise"}, 201)["case_id"]
    bill = NewFile(name="bill.pdf", media_type="application/pdf", content=b"%PDF")
    (sent,) = MessageFiles(desk.config.data_path, desk.facts.master).keep([bill])
    body = MessageReceived(message_id=MessageId("1"), text="see my bill", attachments=(sent,), external_id="")
    desk.facts.append(
        [NewEvent(stream_kind="conversation", stream_id="m1", body=body, at_utc=AT, t_ms=None, source="x")]
    )
    desk.put(f"/api/customers/{ana}/contacts", {"kind": "conversation", "id": "m1"})
    data = desk.get(f"/api/customers/{ana}/export")
    assert data["person"]["name"] == "Ana García"
    assert "my inverter is noisy" in json.dumps(data["calls"]["k1"])
    assert "see my bill" in json.dumps(data["conversations"]["m1"])
    assert data["cases"][case][0]["body"]["subject"] == "Noise"
    answer = desk.http.get(f"/api/customers/{ana}/export?sound=true")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.read("recordings/k1.wav") == b"RIFF"
        assert archive.read(f"attachments/{sent.file}") == b"%PDF"
        assert json.loads(archive.read("person.json"))["person"]["customer_ids"] == [ana]


def test_when_a_person_is_erased_then_words_sound_and_record_are_gone_and_it_is_noted(desk: Desk) -> None:
    ana = desk.open("Ana García", phone=PHONE)
    desk.write_call("k1", *a_call("k1.wav"))
    sound = desk.config.recordings_path / "k1.wav"
    sound.write_bytes(b"RIFF")
    desk.put(f"/api/customers/{ana}/contacts", {"kind": "call", "id": "k1"})
    answer = desk.http.request("DELETE", f"/api/customers/{ana}", json={"confirm": "erase"})
    gone = answer.json()
    assert (gone["records"], gone["calls"], gone["recordings"]) == (1, 1, 1)
    assert not sound.exists()
    assert desk.http.get(f"/api/customers/{ana}").status_code == 404
    assert desk.find("inverter") == []
    words = [event.body.text for event in desk.facts.read("call", "k1") if isinstance(event.body, TurnEnded)]
    assert words == ["[erased]"]
    assert [event.body.type for event in desk.facts.scan(("person_erased",))] == ["person_erased"]


def test_when_a_page_of_the_timeline_is_asked_for_then_the_next_one_follows(desk: Desk) -> None:
    ana = desk.open("Ana García")
    for number in range(5):
        desk.post(f"/api/customers/{ana}/notes", {"text": f"note {number}"}, 201)
    first = desk.get(f"/api/customers/{ana}/timeline?limit=3")
    second = desk.http.get(f"/api/customers/{ana}/timeline", params={"limit": 3, "before": first["next"]}).json()
    assert [item["text"] for item in first["items"] + second["items"]] == [f"note {n}" for n in (4, 3, 2, 1, 0)]
    assert second["next"] == ""
