"""A killed process and a stopped one."""

from __future__ import annotations

import re

import soundfile

from tests.acceptance.callers import RATE_HZ
from tests.acceptance.commands import command
from tests.acceptance.listening import level_dbfs, recognise, word_accuracy, word_overlap
from tests.acceptance.looking import looks_at
from tests.acceptance.scenarios import QUESTION, Played

Calls = tuple[Played, ...]


@looks_at("killed")
def test_when_the_process_is_killed_in_a_call_then_the_next_start_ends_the_call_and_keeps_what_was_said(
    played: Calls,
) -> None:
    (call,) = played
    ended = call.of("call_ended")
    assert len(ended) == 1
    assert (ended[0]["result"], ended[0]["reason"]) == ("failed", "process_lost")
    before = call.notes["before"]
    assert call.events[: len(before)] == before
    assert word_accuracy(" ".join(turn["text"] for turn in call.turns("caller")), QUESTION) >= 0.6
    code, printed, _ = command("replay", "--config", str(call.service.config), call.call_id)
    assert code == 0
    assert "process_lost" in printed
    seconds = call.of("recording_stopped")[0]["duration_ms"] / 1000
    minutes, rest = re.findall(r"^ +(\d+):(\d\d\.\d) +· call ended", printed, re.MULTILINE)[0]
    assert int(minutes) * 60 + float(rest) >= seconds - 0.1, "it ends with its sound, not with its last fact"


@looks_at("killed")
def test_when_the_process_is_killed_then_the_recording_is_readable_up_to_then(played: Calls) -> None:
    (call,) = played
    sound, rate_hz = soundfile.read(call.recording, dtype="int16")
    assert rate_hz == RATE_HZ
    assert call.of("recording_stopped")[0]["duration_ms"] * 8 == len(sound)
    assert len(sound) * 4 >= call.notes["bytes_left"] - 4_000
    question = call.turns("caller")[0]
    spoken = sound[(question["start_ms"] - 200) * 8 : (question["end_ms"] + 300) * 8, 0]
    assert level_dbfs(spoken) > -40
    assert word_accuracy(recognise(spoken, "en"), QUESTION) >= 0.6


@looks_at("shut_down")
def test_when_the_service_is_stopped_in_a_call_then_the_caller_hears_a_goodbye_and_the_exit_code_is_0(
    played: Calls,
) -> None:
    (call,) = played
    assert call.notes["ended"]
    assert call.notes["exit_code"] == 0, call.service.errors()[-2_000:]
    text = recognise(call.notes["goodbye"], "en")
    assert word_overlap(text, "our system has to stop now and this call ends goodbye") >= 0.6, text
    code, printed, _ = command("replay", "--config", str(call.service.config), call.call_id)
    assert code == 0
    assert "ended:" in printed
    assert "Traceback" not in call.service.errors()
