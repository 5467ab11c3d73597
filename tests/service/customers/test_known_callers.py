"""A real call to the real service by a number that a record holds: recognised, met in their language, told nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from service.phone import Phone
from tests.service_process import ServiceProcess
from tests.waiting import eventually

KNOWN, UNKNOWN = "+34600777888", "+34600777999"


class Staff:
    """A program with the token of staff."""

    def __init__(self, service: ServiceProcess) -> None:
        headers = {"Authorization": f"Bearer {service.staff_token}"}
        self._http = httpx.Client(base_url=service.base_url, headers=headers, timeout=30, trust_env=False)

    def see(self, path: str) -> Any:
        return self._http.get(path).raise_for_status().json()

    def send(self, method: str, path: str, body: dict[str, Any]) -> Any:
        return self._http.request(method, path, json=body).raise_for_status().json()

    def close(self) -> None:
        self._http.close()


@pytest.fixture
def staff(running_service: ServiceProcess) -> Iterator[Staff]:
    made = Staff(running_service)
    yield made
    made.close()


@pytest_asyncio.fixture
async def phone() -> AsyncIterator[Phone]:
    made = Phone()
    yield made
    await made.close()


def newest_call_of(staff: Staff, number: str) -> dict[str, Any] | None:
    for row in staff.see("/api/calls"):
        if row["live"]["caller"] == number:
            found: dict[str, Any] = staff.see(f"/api/calls/{row['call_id']}")
            return found
    return None


def bodies(call: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [event["body"] for event in call["events"] if event["body"]["type"] == kind]


async def test_when_a_known_number_calls_then_it_is_linked_and_greeted_in_its_language_without_a_word_of_the_record(
    running_service: ServiceProcess, staff: Staff, phone: Phone
) -> None:
    identifiers = [{"kind": "phone", "value": KNOWN}]
    ana = staff.send("POST", "/api/customers", {"name": "Xaveria Quintana", "identifiers": identifiers})
    customer_id = ana["customer_id"]
    staff.send("PUT", f"/api/customers/{customer_id}/preferences/language", {"value": "es"})
    staff.send("POST", f"/api/customers/{customer_id}/notes", {"text": "zygomorphic garden"})
    await phone.dial(f"sip:bot@127.0.0.1:{running_service.sip_port}", caller=KNOWN)
    assert await phone.wait_for_quiet(1500, 60)

    def heard() -> dict[str, Any] | None:
        call = newest_call_of(staff, KNOWN)
        return call if call is not None and bodies(call, "turn_ended") else None

    await eventually(heard, most_s=60, every_s=0.2)
    call = heard()
    assert call is not None
    chosen = bodies(call, "language_chosen")
    assert [(body["language"], body["how"]) for body in chosen] == [("es", "preference")]
    said = " ".join(body["text"] for body in bodies(call, "turn_ended"))
    assert not any(word in said.lower() for word in ("xaveria", "quintana", "zygomorphic", "garden"))
    seen = staff.see(f"/api/calls/{call['call_id']}/customer")
    assert seen["linked"] == {"customer_id": customer_id, "confidence": 0.4, "level": "caller_id"}
    assert [item["kind"] for item in seen["customer"]["timeline"]["items"]] == ["call", "note"]


async def test_when_an_unknown_number_calls_then_a_record_is_opened_when_the_call_is_over(
    running_service: ServiceProcess, staff: Staff, phone: Phone
) -> None:
    await phone.dial(f"sip:bot@127.0.0.1:{running_service.sip_port}", caller=UNKNOWN)
    await phone.wait_for_quiet(500, 60)
    await phone.close()

    def linked() -> dict[str, Any] | None:
        call = newest_call_of(staff, UNKNOWN)
        seen: dict[str, Any] = staff.see(f"/api/calls/{call['call_id']}/customer") if call is not None else {}
        return seen if seen.get("linked") else None

    await eventually(linked, most_s=60, every_s=0.2)
    seen = linked()
    assert seen is not None
    assert [(i["kind"], i["value"], i["evidence"]) for i in seen["customer"]["identifiers"]] == [
        ("phone", UNKNOWN, "presented")
    ]
    assert staff.see("/api/openapi.json")["paths"]["/api/customers/find"]
