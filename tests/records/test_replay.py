"""The annotated call for the terminal."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from calls import codec
from calls.events import Event
from records.replay import WIDTH, render_call, render_list
from records.rows import StreamInfo

GOLDEN = Path(__file__).parent.parent / "data" / "golden_logs"


def read_log(name: str) -> list[Event]:
    lines = (GOLDEN / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [codec.event_from_json(json.loads(line)) for line in lines]


def test_when_a_call_is_replayed_then_words_feelings_acts_and_brief_are_in_order() -> None:
    text = render_call(read_log("outage-es"))
    wanted = [
        "Call call-outage-es",
        "Ana Ruiz +34600123456 → bot",
        "ended: callback (caller_hung_up)",
        "0:00.1  BOT       Hola, soy el asistente automático de Lumina.",
        "0:06.9  CALLER    se ha ido la luz",
        "anger 0.22 (estimate: louder than start, faster than start)",
        "topic found: power-outage power-outage:es  score 0.81",
        "act decided: answer topic:power-outage",
        "✂ interrupted",
        "barged in  after 3.5 s",
        "slot filled: account_number 48210930",
        "escalation requested: caller_asked",
        "| matter: Avería: sin luz en casa",
        "callback booked",
        "call ended: callback caller_hung_up",
        "6 caller turns, 7 bot turns",
    ]
    at = 0
    for part in wanted:
        found = text.find(part, at)
        assert found >= 0, part
        at = found
    assert text.count("se ha ido la luz en toda la casa") == 1


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.jsonl")), ids=lambda path: path.stem)
def test_when_any_call_is_replayed_at_any_moment_then_it_fits_the_terminal(path: Path) -> None:
    events = read_log(path.stem)
    for n in range(len(events) + 1):
        assert all(len(line) <= WIDTH + 20 for line in render_call(events[:n]).splitlines())


def test_when_speech_belongs_to_no_turn_yet_then_it_is_shown_as_well() -> None:
    events = [event for event in read_log("killed-es") if event.body.type != "turn_ended"]
    assert "CALLER    no me llega el internet" in render_call(events)


def test_when_calls_are_listed_then_each_has_a_line() -> None:
    at = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
    info = StreamInfo(
        kind="call", stream_id="c1", subject="call:c1", last_seq=12, owner=None, opened_at_utc=at, closed_at_utc=None
    )
    assert render_list([info]).split() == ["c1", "2026-11-22", "09:00:00", "12", "facts", "going", "on"]
    assert render_list([]) == "No calls yet."
