"""The demo's judgement: it is satisfied by a call that did everything, and by none that left a thing out."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from service.demo import LEAST_BYTES, WANTED, Seen, write_report
from service.demo_screen import Screen

LOG = Path(__file__).parents[1] / "data" / "golden_logs" / "outage-es.jsonl"

PARTIAL = {
    "kind": "signal",
    "name": "hypothesis",
    "data": {"utterance_id": "u1", "revision": 1, "committed": "No tengo", "tentative": "luz"},
}
REPLY = {"kind": "signal", "name": "reply", "data": {"reply_ms": 640, "cached": True, "language": "es"}}

POINT_OF = {
    "utterance_heard": "final words",
    "emotion_estimated": "emotion estimate",
    "topic_found": "answer from an article",
    "escalation_requested": "escalation on request",
    "brief_prepared": "brief",
    "callback_offered": "callback offered",
    "recording_started": "recording on disk",
    "call_ended": "call ended",
    "hypothesis": "partial words",
}


def messages(*, without: str = "") -> list[dict[str, Any]]:
    """Return what the live feed tells of a whole call, without one kind of event or signal."""
    events = [json.loads(line) for line in LOG.read_text(encoding="utf-8").splitlines()]
    told = [{"kind": "event", "event": event} for event in events if event["body"]["type"] != without]
    signals = [signal for signal in (PARTIAL, REPLY) if signal["name"] != without]
    return [{"kind": "snapshot", "calls": []}, *told[:5], *signals, *told[5:]]


def seen(folder: Path, *, without: str = "", recorded_bytes: int = LEAST_BYTES + 1) -> Seen:
    """Return what the demo has seen of the call in the golden log."""
    watched = Seen()
    for message in messages(without=without):
        watched.take(message)
    started = [e["event"]["body"] for e in messages() if e["kind"] == "event"]
    (file,) = (body["file"] for body in started if body["type"] == "recording_started")
    (folder / file).write_bytes(bytes(recorded_bytes))
    watched.look_for_recording(folder)
    return watched


def test_when_a_call_did_everything_then_all_nine_points_are_there(tmp_path: Path) -> None:
    watched = seen(tmp_path)
    assert watched.done == dict.fromkeys(WANTED, True)
    assert len(WANTED) == 9
    assert watched.booked
    assert watched.replies_ms == [640]
    assert watched.call_id == "call-outage-es"


@pytest.mark.parametrize(("left_out", "point"), POINT_OF.items())
def test_when_one_thing_did_not_happen_then_its_point_alone_is_missing(
    tmp_path: Path, left_out: str, point: str
) -> None:
    assert [name for name, ok in seen(tmp_path, without=left_out).done.items() if not ok] == [point]


def test_when_the_recording_is_empty_then_it_does_not_count(tmp_path: Path) -> None:
    assert not seen(tmp_path, recorded_bytes=44).done["recording on disk"]


def test_when_every_point_is_named_then_none_can_be_left_untested() -> None:
    assert set(POINT_OF.values()) == set(WANTED)


def test_when_a_report_is_written_then_it_reads_back_as_what_was_seen(tmp_path: Path) -> None:
    watched = seen(tmp_path, without="brief_prepared")
    write_report(tmp_path / "report.json", watched, "es")
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["ok"] is False
    assert report["done"] == watched.done
    assert report["events"] == watched.events
    assert (report["language"], report["call_id"], report["reply_ms"]) == ("es", "call-outage-es", [640])


def test_when_a_call_is_shown_on_a_pipe_then_each_thing_is_a_plain_line(tmp_path: Path) -> None:
    out = io.StringIO()
    screen = Screen(out)
    for message in messages():
        screen.show(message)
    watched = seen(tmp_path, without="callback_offered")
    screen.summary(watched.done, watched.replies_ms)
    shown = out.getvalue()
    assert "\x1b" not in shown
    assert "\r" not in shown
    for line in ("caller … No tengo luz", "feels (estimate): anger", "topic: ", "ESCALATION: caller_asked", "spoken: "):
        assert line in shown, line
    assert "  yes  brief\n" in shown
    assert "  NO   callback offered\n" in shown
    assert "to the answer: 0.64" in shown


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_when_words_run_on_a_terminal_then_their_line_is_written_anew_and_gone_before_the_next() -> None:
    out = Terminal()
    screen = Screen(out)
    screen.show(PARTIAL)
    screen.note("next")
    assert out.getvalue().startswith("\r\x1b[K          caller … No tengo \x1b[2mluz")
    assert out.getvalue().endswith("\r\x1b[Knext\n")
