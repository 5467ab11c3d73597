"""The whole service on PostgreSQL: a call over SIP, a killed process, an erasure, a copy by pg_dump."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.acceptance.callers import Caller, is_bot_turn, is_caller_turn, is_repair
from tests.acceptance.commands import command
from tests.acceptance.listening import word_overlap
from tests.acceptance.running import Body, RunningService
from tests.postgres_server import PostgresServer, postgres_server
from tests.service_process import articles_of_tests

ROOT = Path(__file__).parents[2]
QUESTION = "I would like to know why my bill is so high"

pytestmark = pytest.mark.peer


@dataclass
class Played:
    """What happened."""

    service: RunningService
    server: PostgresServer
    call_id: str = ""
    facts: list[Body] = field(default_factory=list)
    cut_off: str = ""
    cut_off_before: list[Body] = field(default_factory=list)
    cut_off_after: list[Body] = field(default_factory=list)
    erased: tuple[int, str, str] = (0, "", "")
    exit_code: int = -1


def _configure(folder: Path, server: PostgresServer) -> RunningService:
    articles_of_tests(folder / "articles")
    service = RunningService(
        folder,
        '[speech]\nvoice_en = "espeak"\nvoice_es = "espeak"\nrender_ahead = false\n'
        f'[dial_plan]\nlanguage = "en"\n[knowledge]\ndir = "{folder / "articles"}"\n',
    )
    url = f'database_url = "{server.new_database()}"\n'
    service.config.write_text(url + service.config.read_text())
    return service


async def _play(played: Played) -> None:
    service = played.service
    await service.start()
    try:
        caller = Caller(service)
        await caller.dial()
        await caller.hear_greeting()
        await caller.tell(QUESTION)
        await caller.until(is_bot_turn)
        played.facts = await caller.hang_up()
        played.call_id = caller.call_id or ""

        other = Caller(service)
        await other.dial()
        await other.hear_greeting()
        await other.say(QUESTION)
        await other.until(is_caller_turn, is_repair)
        played.cut_off_before = await other.events()
        played.cut_off = other.call_id or ""
        await service.kill()
        await other.phone.close()
        await service.start()
        played.cut_off_after = await service.events_of(played.cut_off)
        erase = ("erase", "--config", str(service.config), "--number", other.number, "--yes")
        played.erased = await asyncio.to_thread(command, *erase)
    finally:
        played.exit_code = await service.stop()


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """Play it all once."""
    with postgres_server() as server:
        if server is None:
            pytest.skip("needs a PostgreSQL server (apt-get install postgresql)")
        folder = tmp_path_factory.mktemp("postgres")
        done = Played(_configure(folder, server), server)
        asyncio.run(_play(done))
        yield done


def test_when_the_service_runs_on_postgresql_then_a_call_is_kept_and_replayed(played: Played) -> None:
    code, printed, errors = command("replay", "--config", str(played.service.config), played.call_id)
    assert code == 0, errors
    said = next(body["text"] for body in played.facts if is_caller_turn(body))
    assert word_overlap(said, QUESTION) >= 0.6, said
    assert said.split()[0] in printed
    code, lines, _ = command("replay", "--config", str(played.service.config), "--json", played.call_id)
    assert code == 0
    events = [json.loads(line) for line in lines.splitlines()]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert [event["body"]["type"] for event in events] == [body["type"] for body in played.facts]
    assert (played.service.data_dir / "recordings" / f"{played.call_id}.wav").stat().st_size > 10_000
    assert list(played.service.data_dir.glob("*.sqlite3")) == []


def test_when_the_process_is_killed_on_postgresql_then_the_next_start_ends_its_call(played: Played) -> None:
    before = len(played.cut_off_before)
    assert played.cut_off_after[:before] == played.cut_off_before
    ended = [body for body in played.cut_off_after if body["type"] == "call_ended"]
    assert [(body["result"], body["reason"]) for body in ended] == [("failed", "process_lost")]


def test_when_a_person_is_erased_on_postgresql_then_their_words_are_gone_and_others_stay(played: Played) -> None:
    code, printed, errors = played.erased
    assert code == 0, errors
    assert "Erased: 1 call and 1 recording." in printed
    words = {
        call: " ".join(
            event["body"]["text"]
            for event in map(json.loads, command("replay", "--config", str(config), "--json", call)[1].splitlines())
            if event["body"]["type"] == "turn_ended"
        )
        for config, call in ((played.service.config, played.cut_off), (played.service.config, played.call_id))
    }
    assert set(words[played.cut_off].split()) == {"[erased]"}
    assert "[erased]" not in words[played.call_id]
    assert played.exit_code == 0, played.service.errors()[-2000:]


def test_when_a_backup_is_wanted_on_postgresql_then_the_sentence_names_its_tools_and_the_files_beside_it(
    played: Played, tmp_path: Path
) -> None:
    for name in ("backup", "restore"):
        code, _, errors = command(name, "--config", str(played.service.config), str(tmp_path / "file.tar"))
        assert code == 1
        for word in ("pg_dump", "pg_restore", "master.key", "erased.jsonl", "recordings", str(played.service.data_dir)):
            assert word in errors
    assert not (tmp_path / "file.tar").exists()


def test_when_a_dump_is_brought_back_with_the_key_then_the_calls_are_there_again(
    played: Played, tmp_path: Path
) -> None:
    dump, old = tmp_path / "warmline.dump", played.service.config.read_text().splitlines()[0].split('"')[1]
    tools = played.server.programs
    subprocess.run([tools / "pg_dump", "-Fc", "-f", dump, "-d", old], check=True)
    new = played.server.new_database()
    subprocess.run([tools / "pg_restore", "-d", new, dump], check=True)
    shutil.copytree(played.service.data_dir, tmp_path / "data")
    config = tmp_path / "there.toml"
    config.write_text(f'database_url = "{new}"\ndata_dir = "{tmp_path}/data"\n')
    code, printed, errors = command("replay", "--config", str(config), played.call_id)
    assert code == 0, errors
    assert printed == command("replay", "--config", str(played.service.config), played.call_id)[1]
    (tmp_path / "data" / "master.key").unlink()
    code, _, errors = command("replay", "--config", str(config), played.call_id)
    assert code == 1, "without the key nothing can be read"
    assert "key" in errors
