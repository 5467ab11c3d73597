"""The command line as an operator uses it."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from pathlib import Path

import pytest

from tests.acceptance.commands import command
from tests.acceptance.looking import looks_at
from tests.acceptance.running import RunningService
from tests.acceptance.scenarios import QUESTION, Played
from tests.fakes.real_engines import MODELS

Calls = tuple[Played, ...]
COMMANDS = (
    "serve",
    "staff-link",
    "staff",
    "check",
    "call",
    "replay",
    "models",
    "kb",
    "backup",
    "restore",
    "erase",
    "demo",
)


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_when_help_is_asked_then_it_is_given(name: str) -> None:
    code, printed, errors = command(*([name] if name else []), "--help")
    assert code == 0, errors
    assert printed.startswith(f"usage: warmline{' ' + name if name else ''}")
    if not name:
        assert all(re.search(rf"^ +{command_name} ", printed, re.MULTILINE) for command_name in COMMANDS)


def test_when_a_command_does_not_exist_then_the_exit_code_is_2() -> None:
    code, _, errors = command("dance")
    assert code == 2
    assert "invalid choice: 'dance'" in errors


def test_when_check_runs_then_each_setting_has_its_origin_and_secrets_are_masked(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(f'data_dir = "{tmp_path}/data"\n[service]\nstaff_token = "open-sesame"\n')
    code, printed, errors = command("check", "--config", str(file), environ={"WARMLINE__TELEPHONY__MAX_CALLS": "7"})
    assert code == 0, printed + errors
    lines = {line.split(" = ")[0]: line for line in printed.splitlines() if " = " in line}
    assert lines["data_dir"].endswith("# file:mine.toml")
    assert re.search(r'"\*+" +# file:mine\.toml$', lines["service.staff_token"])
    assert re.search(r"= 7 +# env:WARMLINE__TELEPHONY__MAX_CALLS$", lines["telephony.max_calls"])
    assert lines["service.listen"].endswith("# default")
    assert "open-sesame" not in printed + errors
    assert "FAILED" not in printed
    assert "ok      model whisper-base" in printed


def test_when_models_are_verified_then_all_that_the_core_needs_are_ready() -> None:
    code, printed, errors = command("models", "verify")
    assert code == 0, printed + errors
    for name in ("whisper-base", "silero-vad", "smart-turn", "kokoro", "piper-en-joe", "e5"):
        assert re.search(rf"^ready +{name} ", printed, re.MULTILINE), printed


def test_when_the_articles_are_asked_then_the_right_one_comes_first(service: RunningService) -> None:
    code, printed, errors = command(
        "kb", "search", "--config", str(service.config), "--language", "en", QUESTION, most_s=200
    )
    assert code == 0, errors
    assert re.match(r"\d\.\d\d +bill-higher-than-usual ", printed), printed


def test_when_the_articles_are_checked_then_they_are_counted() -> None:
    code, printed, _ = command("kb", "check")
    assert code == 0
    assert re.match(r"64 articles on 32 topics", printed), printed


@looks_at("person_asked")
def test_when_a_call_is_replayed_then_words_acts_emotion_and_events_are_printed_in_order(played: Calls) -> None:
    (call,) = played
    code, listed, errors = command("replay", "--config", str(call.service.config))
    assert code == 0, errors
    assert re.search(rf"^{call.call_id} .*ended$", listed, re.MULTILINE), listed
    code, printed, errors = command("replay", "--config", str(call.service.config), call.call_id)
    assert code == 0, errors
    order = [
        *("call offered", "notice given", "Hello, this is Lumina.", "recording started", "CALLER", "topic found"),
        *("bill-higher-than-usual", "escalation requested", "brief prepared", "matter:", "callback offered"),
        "call ended",
    ]
    places = [printed.find(part) for part in order]
    assert -1 not in places, [part for part, place in zip(order, places, strict=True) if place < 0]
    assert re.search(r"anger 0\.\d\d \(estimate|emotion: not sure", printed)
    times = [int(m) * 60 + float(s) for m, s in re.findall(r"^ +(\d+):(\d\d\.\d)  ", printed, re.MULTILINE)]
    assert times == sorted(times)
    code, lines, _ = command("replay", "--config", str(call.service.config), "--json", call.call_id)
    assert code == 0
    assert [json.loads(line)["body"]["type"] for line in lines.splitlines()] == [b["type"] for b in call.events]


def test_when_an_unknown_call_is_replayed_then_a_sentence_says_so(service: RunningService) -> None:
    code, _, errors = command("replay", "--config", str(service.config), "no-such-call")
    assert code == 1
    assert errors == "There is no call no-such-call; `warmline replay` lists the newest.\n"


@looks_at("person_asked")
def test_when_a_backup_is_taken_in_operation_and_restored_then_the_call_and_its_recording_are_there(
    played: Calls, tmp_path: Path
) -> None:
    (call,) = played
    file = tmp_path / "backup.tar"
    code, printed, errors = command("backup", "--config", str(call.service.config), str(file))
    assert code == 0, errors
    assert printed.startswith(str(file))
    assert file.stat().st_mode & 0o077 == 0, "it holds the key and the calls"
    there = tmp_path / "there.toml"
    there.write_text(f'data_dir = "{tmp_path}/there"\n')
    code, printed, errors = command("restore", "--config", str(there), str(file))
    assert code == 0, errors
    assert (tmp_path / "there" / "recordings" / call.recording.name).read_bytes() == call.recording.read_bytes()
    code, copied, errors = command("replay", "--config", str(there), call.call_id)
    assert code == 0, errors
    assert copied == command("replay", "--config", str(call.service.config), call.call_id)[1]
    code, _, errors = command("restore", "--config", str(there), str(file))
    assert code == 1, "what lies there is not overwritten by chance"
    assert "--overwrite" in errors
    assert command("restore", "--config", str(there), "--overwrite", str(file))[0] == 0


def test_when_words_are_stored_then_the_database_file_does_not_show_them(after_all_calls: RunningService) -> None:
    path = next(after_all_calls.data_dir.glob("*.sqlite3"))
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        assert database.execute("pragma integrity_check").fetchone() == ("ok",)
    database.close()
    stored = path.read_bytes()
    for secret in (b"my bill", b"speak to a person", b"+3460077"):
        assert secret not in stored


def test_when_the_models_folder_is_named_by_the_environment_then_verify_reads_that_one(tmp_path: Path) -> None:
    code, printed, _ = command("models", "verify", "silero-vad", environ={"WARMLINE_MODELS": str(tmp_path)})
    assert code == 1
    assert re.search(r"^missing +silero-vad ", printed, re.MULTILINE)
    assert str(tmp_path) in printed
    assert os.fspath(MODELS) != os.fspath(tmp_path)
