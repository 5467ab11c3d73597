"""`warmline erase`: what is kept of a person goes, what is kept of others stays."""

from __future__ import annotations

import io
import json
import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from calls.events import CallbackBooked, CallEnded, CallOffered, EventBody, NewEvent, RecordingStarted, UtteranceHeard
from calls.ids import UtteranceId
from calls.speech import Word
from records.erasure import JOURNAL_NAME
from records.keys import ERASED
from records.schema import keys
from records.store import EventStore
from service.cli import main
from service.numbers import one_number, readings

BEGAN = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
ANA, BEN = "+34600123456", "+442079460018"


class Log:
    """A data folder with calls in it."""

    def __init__(self, folder: Path) -> None:
        self.data_dir = folder / "data"
        self.config = folder / "warmline.toml"
        self.config.write_text(f'data_dir = "{self.data_dir}"\n')
        (self.data_dir / "recordings").mkdir(parents=True)

    def add(self, call: str, *bodies: EventBody, at: datetime = BEGAN, ended: bool = True) -> None:
        end = (CallEnded(result="completed", reason="caller_hung_up"),) if ended else ()
        store = EventStore.open_dir(self.data_dir)
        store.append(
            [
                NewEvent(stream_kind="call", stream_id=call, body=body, at_utc=at, t_ms=0, source="call")
                for body in (*bodies, *end)
            ]
        )
        store.close()

    def words(self, call: str) -> str:
        store = EventStore.open_dir(self.data_dir)
        try:
            bodies = [event.body for event in store.read("call", call)]
        finally:
            store.close()
        return " ".join(word.text for body in bodies if isinstance(body, UtteranceHeard) for word in body.words)

    def erase(self, *arguments: str) -> int:
        return main(["erase", "--config", str(self.config), *arguments])


def offered(caller: str) -> CallOffered:
    return CallOffered(transport="sip", caller=caller, caller_name="", called="bot", peer_call_id="x")


def heard(*words: str) -> UtteranceHeard:
    return UtteranceHeard(
        utterance_id=UtteranceId("u1"),
        member="caller",
        language="en",
        language_prob=0.9,
        start_ms=0,
        end_ms=900,
        words=tuple(Word(text=word, start_ms=0, end_ms=900, prob=0.9) for word in words),
        engine="whisper-base",
    )


@pytest.fixture
def log(tmp_path: Path) -> Log:
    """Ana called twice, once from a withheld number that she left for a callback; Ben called once."""
    log = Log(tmp_path)
    log.add("ana-1", offered("0034600123456"), RecordingStarted(file="ana-1.wav", rate_hz=8000), heard("my", "bill"))
    log.add("ana-2", offered(""), heard("call", "me"), CallbackBooked(number=ANA, language="es", matter="bill"))
    log.add("ben-1", offered(BEN), RecordingStarted(file="ben-1.wav", rate_hz=8000), heard("no", "light"))
    for call in ("ana-1", "ben-1"):
        (log.data_dir / "recordings" / f"{call}.wav").write_bytes(b"\0" * 100_000)
    return log


@pytest.mark.parametrize("number", [ANA, "600 12 34 56", "0034 600-123-456", "(+34) 600123456"])
def test_when_a_number_is_erased_then_its_calls_and_recordings_go_and_those_of_others_stay(
    log: Log, number: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert log.erase("--number", number, "--yes") == 0
    printed = capsys.readouterr().out
    assert "Of +34 600 12 34 56 these will go for ever:\n" in printed
    assert "ana-1  2026-11-20 09:00  called from it: 2 words, 1 recording of 0.1 MB\n" in printed
    assert "ana-2  2026-11-20 09:00  left it for a callback: 2 words, no recording\n" in printed
    assert "Together 2 calls with 4 words and 1 recording" in printed
    assert "Erased: 2 calls and 1 recording." in printed
    assert (log.words("ana-1"), log.words("ana-2"), log.words("ben-1")) == (ERASED, ERASED, "no light")
    assert [path.name for path in (log.data_dir / "recordings").iterdir()] == ["ben-1.wav"]
    for file in log.data_dir.glob("warmline.sqlite3*"):
        assert b"600123456" not in file.read_bytes()


def test_when_somebody_was_erased_then_the_history_says_so_without_saying_who(
    log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    assert log.erase("--history") == 0
    assert capsys.readouterr().out == "Nothing was erased yet.\n"
    log.erase("--number", ANA, "--yes")
    capsys.readouterr()
    assert log.erase("--history") == 0
    printed = capsys.readouterr().out
    assert "2 calls, 1 recording: ana-1 ana-2" in printed
    assert "600" not in printed
    journal = (log.data_dir / JOURNAL_NAME).read_text().splitlines()
    assert [json.loads(line)["subject"] for line in journal] == ["call:ana-1", "call:ana-2"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--number", "+34600999999"), "No call is known of +34 600 99 99 99"),
        (("--number", "hello"), "'hello' is no telephone number."),
        (("--number", "5512345678"), "could be +445512345678 or"),
        (("--call", "nothing"), "There is no call nothing"),
    ],
)
def test_when_nothing_is_known_of_a_number_then_a_sentence_says_so_and_nothing_is_erased(
    log: Log, arguments: tuple[str, str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert log.erase(*arguments, "--yes") == 1
    assert sentence in capsys.readouterr().err
    assert log.words("ana-1") == "my bill"
    assert not (log.data_dir / JOURNAL_NAME).exists()


@pytest.mark.parametrize(("typed", "code"), [("yes\n", 0), ("sí\n", 0), ("no\n", 1), ("\n", 1), ("", 1)])
def test_when_yes_is_not_given_then_it_is_asked_for(
    log: Log, typed: str, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    assert log.erase("--number", ANA) == code
    assert log.words("ana-1") == ("my bill" if code else ERASED)
    assert ("Nothing was erased." in capsys.readouterr().err) == bool(code)


def test_when_one_call_is_named_then_only_that_one_is_erased_and_only_once(log: Log) -> None:
    assert log.erase("--call", "ana-2", "--yes") == 0
    assert (log.words("ana-1"), log.words("ana-2")) == ("my bill", ERASED)
    assert log.erase("--call", "ana-2", "--yes") == 1


def test_when_a_service_writes_to_the_same_log_then_erasing_works_and_the_call_that_goes_on_keeps_nothing_more(
    log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    service = EventStore.open_dir(log.data_dir)
    service.be_alone(log.data_dir)
    stop, written = threading.Event(), []

    def write(call: str, body: EventBody) -> None:
        at = datetime.now(UTC)
        fact = NewEvent(stream_kind="call", stream_id=call, body=body, at_utc=at, t_ms=0, source="call")
        written.extend(service.append([fact]))

    def go_on() -> None:
        write("ben-2", offered(BEN))
        while not stop.is_set():
            write("ben-2", heard("go", "on"))

    write("ana-3", offered(ANA))
    write("ana-3", heard("my", "secret"))
    other = threading.Thread(target=go_on)
    other.start()
    try:
        assert log.erase("--number", ANA, "--yes") == 0
    finally:
        stop.set()
        other.join()
    assert "ana-3" in capsys.readouterr().out
    write("ana-3", heard("another", "secret"))
    assert [event.seq for event in written if event.stream_id == "ben-2"] == list(range(1, len(written) - 2))
    service.close()
    assert log.words("ana-3") == f"{ERASED} {ERASED}"
    assert log.words("ben-2").startswith("go on")


def test_when_a_page_is_reading_then_erasing_waits_for_it_and_no_file_holds_the_key_any_more(log: Log) -> None:
    reader = EventStore.open_dir(log.data_dir)
    connection = reader.engine.connect()
    query = sa.select(keys.c.wrapped).where(keys.c.subject == "call:ana-1")
    wrapped: bytes = connection.execute(query).scalar_one()
    timer = threading.Timer(0.6, connection.close)
    timer.start()
    assert log.erase("--number", ANA, "--yes") == 0
    timer.join()
    for file in log.data_dir.glob("warmline.sqlite3*"):  # while the reader has the database open
        assert wrapped not in file.read_bytes()
    reader.close()


def test_when_a_person_is_erased_then_the_sentences_that_were_said_to_them_are_not_kept_as_sound(log: Log) -> None:
    cache = log.data_dir / "cache" / "speech"
    cache.mkdir(parents=True)
    for name, at in (("theirs", BEGAN + timedelta(seconds=20)), ("of-all", BEGAN + timedelta(days=1))):
        (cache / f"{name}.speech").write_bytes(b"x")
        os.utime(cache / f"{name}.speech", (at.timestamp(), at.timestamp()))
    assert log.erase("--number", ANA, "--yes") == 0
    assert [path.stem for path in cache.iterdir()] == ["of-all"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("600123456", ANA),
        ("+34 600 123 456", ANA),
        ("34600123456", ANA),
        ("020 7946 0018", BEN),
        ("0044 20 7946 0018", BEN),
        ("(202) 555-0123", "+12025550123"),
        ("+44 7700 900123", "+447700900123"),
    ],
)
def test_when_a_number_is_written_as_people_do_then_it_is_one_in_e164(written: str, meant: str) -> None:
    assert one_number(written) == meant


@pytest.mark.parametrize("text", ["", "1001", "bot", "anonymous", "12", "+", "00", ERASED])
def test_when_text_is_no_number_then_it_has_no_reading(text: str) -> None:
    assert readings(text) == ()


def test_when_a_number_is_one_persons_then_their_record_goes_with_the_calls_and_of_several_it_stays(
    log: Log, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "customers.csv"
    file.write_text(f"name,phone\nAna García,{ANA}\nBen Smith,{BEN}\nEva Smith,{BEN}\n", encoding="utf-8")
    customer = ["customer", "--config", str(log.config)]
    assert main([*customer, "import", str(file)]) == 0
    assert log.erase("--number", ANA, "--yes") == 0
    assert "2 calls, 1 customer record" in capsys.readouterr().out
    assert main([*customer, "find", "garcía"]) == 1
    assert log.erase("--number", BEN, "--yes") == 0
    told = capsys.readouterr()
    assert "records of 2 persons, which stay" in told.err
    assert main([*customer, "find", "smith"]) == 0
