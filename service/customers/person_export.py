"""Everything that is kept of one person as one file, which they may ask for (GDPR articles 15 and 20). Blocking."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

from calls.codec import to_json
from calls.conversation_events import MessageReceived, MessageSent
from calls.errors import CallCentreError
from calls.events import RecordingStarted
from customers.store import CustomerStore
from records.attachments import FILE, attachments_beside, open_file
from records.keys import MasterKey
from records.store import EventStore

FORMAT = "warmline-person/1"


def export_person(facts: EventStore, store: CustomerStore, customer_id: str, now_utc: datetime) -> dict[str, Any]:
    """Return everything of a person as JSON data: the records with their history, contacts word for word, cases.

    Raises:
        CallCentreError: `customer.unknown`.
    """
    person = store.person(customer_id)
    if person is None:
        raise CallCentreError(
            "customer.unknown", "There is no such customer record, or the person was erased.", fault="user"
        )
    calls = [contact.id for contact in person.contacts if contact.kind == "call"]
    conversations = [contact.id for contact in person.contacts if contact.kind == "conversation"]
    cases = [case.case_id for case in store.cases(customer_id)]
    summary: dict[str, Any] = to_json(person)
    streams = {
        "records": facts.read_many("customer", person.customer_ids),
        "calls": facts.read_many("call", calls),
        "conversations": facts.read_many("conversation", conversations),
        "cases": facts.read_many("case", cases),
    }
    data: dict[str, Any] = {"format": FORMAT, "exported_at_utc": now_utc.isoformat(), "person": summary}
    for name, found in streams.items():
        data[name] = {stream_id: [to_json(event) for event in events] for stream_id, events in found.items()}
    data["recordings"] = sorted(
        event.body.file
        for events in streams["calls"].values()
        for event in events
        if isinstance(event.body, RecordingStarted)
    )
    data["attachments"] = sorted(
        attachment.file
        for events in streams["conversations"].values()
        for event in events
        if isinstance(event.body, MessageReceived | MessageSent)
        for attachment in event.body.attachments
    )
    return data


def as_text(data: dict[str, Any]) -> str:
    """Return the export as a JSON file."""
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def as_zip(data: dict[str, Any], recordings: Path, master: MasterKey) -> bytes:
    """Return the export as a ZIP file with the recordings and attachments that are still there, all readable."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("person.json", as_text(data))
        for name in data["recordings"]:
            path = recordings / Path(str(name)).name
            if path.is_file():
                archive.write(path, f"recordings/{path.name}")
        for file in _attached(data):
            path = attachments_beside(recordings) / file["file"]
            if FILE.fullmatch(file["file"]) and path.is_file():
                content = open_file(master, file["file"], file["seal"], path.read_bytes())
                archive.writestr(f"attachments/{file['file']}", content)
    return out.getvalue()


def _attached(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the files that messages of the export name, each once, in the order of their names."""
    bodies = (event["body"] for events in data["conversations"].values() for event in events)
    files = {file["file"]: file for body in bodies for file in body.get("attachments", ())}
    return [files[name] for name in sorted(files)]
