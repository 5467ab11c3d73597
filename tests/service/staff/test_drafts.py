"""Notes that are being written outlive the tab, and nobody else reads them."""

from __future__ import annotations

import sqlalchemy as sa

from records.store import EventStore
from service.staff.drafts import KEPT, Draft, Drafts, forget_drafts
from tests.service.staff.conftest import ToldClock
from tests.staff_office import Office


def test_when_a_draft_is_kept_then_it_is_the_writers_sealed_and_gone_after_a_week(
    store: EventStore, clock: ToldClock
) -> None:
    kept = Drafts(store, clock)
    draft = Draft(summary="Wants the bill explained", follow_ups=["send the PDF"])
    kept.keep("ben", "c1", Draft(summary="first"))
    kept.keep("ben", "c1", draft)
    kept.keep("ben", "c2", draft)
    assert kept.read("ben", "c1") == draft
    assert kept.read("ada", "c1") is None
    with store.engine.connect() as connection:
        assert "bill" not in str(connection.execute(sa.text("SELECT * FROM staff_drafts")).all())
    kept.keep("ben", "c2", None)
    assert kept.read("ben", "c2") is None
    clock.ms += int(KEPT.total_seconds() * 1000) + 1
    kept.keep("ada", "c3", draft)
    assert kept.read("ben", "c1") is None
    with store.engine.execution_options(writes=True).begin() as connection:
        forget_drafts(connection, ["call:c3"])
    assert kept.read("ada", "c3") is None


def test_when_a_page_keeps_notes_then_another_page_of_the_same_member_has_them(office: Office) -> None:
    with office.signed_in("ben") as one, office.signed_in("ben") as other, office.signed_in("sue") as somebody:
        given = {
            "disposition": "solved",
            "summary": "All is well",
            "follow_ups": ["call on Monday"],
            "reply": "",
            "pieces": {"note:k1": "prefers the afternoon"},
        }
        assert one.put("/api/staff/drafts/k1", json=given).status_code == 204
        assert other.get("/api/staff/drafts/k1").json() == {"draft": given}
        assert somebody.get("/api/staff/drafts/k1").json() == {"draft": None}
        assert one.put("/api/staff/drafts/k1", json={"summary": "x" * 2_001}).status_code == 422
        assert other.delete("/api/staff/drafts/k1").status_code == 204
        assert one.get("/api/staff/drafts/k1").json() == {"draft": None}
