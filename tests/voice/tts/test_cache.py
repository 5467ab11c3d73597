import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from tests.waiting import HANGS_S
from voice.tts.cache import CachedSpeech, SpeechCache, SpeechKey


def key(text: str = "hola", **other: object) -> SpeechKey:
    fields = {"engine": "kokoro", "weights": "w", "voice": "v", "language": "es", "speed": 1.0, "text": text, **other}
    return SpeechKey(**fields)  # type: ignore[arg-type]  # a test's shorthand


def speech(samples: int = 100, value: int = 7) -> CachedSpeech:
    return CachedSpeech(np.full(samples, value, np.int16), ((0, 5), (5, 9)))


def same(one: CachedSpeech | None, other: CachedSpeech) -> bool:
    return one is not None and one.words_ms == other.words_ms and np.array_equal(one.samples, other.samples)


def test_when_speech_was_put_then_another_process_gets_the_same(tmp_path: Path) -> None:
    SpeechCache(tmp_path).put(key(), speech())
    assert same(SpeechCache(tmp_path).get(key()), speech())


def test_when_anything_of_the_key_differs_then_it_is_another_speech(tmp_path: Path) -> None:
    cache = SpeechCache(tmp_path)
    cache.put(key(), speech())
    for other in (
        key("adiós"), key(engine="piper"), key(weights="x"), key(voice="y"), key(language="en"), key(speed=0.8)
    ):  # fmt: skip
        assert cache.get(other) is None
    assert (cache.hits, cache.misses) == (0, 6)


def test_when_the_bound_is_reached_then_the_least_recently_used_go(tmp_path: Path) -> None:
    cache = SpeechCache(tmp_path, most_bytes=10_000)
    for index in range(4):
        cache.put(key(str(index)), speech(samples=1000))
    assert cache.get(key("0")) is not None
    cache.put(key("4"), speech(samples=1000))
    assert cache.total_bytes <= 10_000
    assert [cache.get(key(str(index))) is not None for index in range(5)] == [True, False, True, True, True]
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) == cache.total_bytes


def test_when_opened_again_then_age_is_remembered(tmp_path: Path) -> None:
    cache = SpeechCache(tmp_path)
    for index in range(3):
        cache.put(key(str(index)), speech(samples=1000))
        os.utime(tmp_path / f"{key(str(index)).digest()}.speech", (index, index))
    again = SpeechCache(tmp_path, most_bytes=4000)
    assert [again.get(key(str(index))) is not None for index in range(3)] == [False, False, True]


def test_when_a_file_is_damaged_or_cut_then_it_is_forgotten(tmp_path: Path) -> None:
    cache = SpeechCache(tmp_path)
    for damage in (
        lambda raw: raw[:-3],
        lambda raw: raw[:40] + b"\xff" + raw[41:],
        lambda raw: b"",
        lambda raw: raw[:6],
    ):
        cache.put(key(), speech())
        path = tmp_path / f"{key().digest()}.speech"
        path.write_bytes(damage(path.read_bytes()))
        assert cache.get(key()) is None
        assert not path.exists()
    assert cache.total_bytes == 0


def test_when_one_speech_is_larger_than_the_bound_then_it_is_not_kept(tmp_path: Path) -> None:
    cache = SpeechCache(tmp_path, most_bytes=100)
    cache.put(key(), speech(samples=1000))
    assert list(tmp_path.iterdir()) == []


def test_when_the_disk_refuses_then_nothing_is_raised(tmp_path: Path) -> None:
    cache = SpeechCache(tmp_path / "cache")
    (tmp_path / "cache").rmdir()
    cache.put(key(), speech())
    assert cache.get(key()) is None


def test_when_killed_while_writing_then_what_is_there_is_whole(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib, numpy as np\n"
        "from voice.tts.cache import *\n"
        "cache = SpeechCache(pathlib.Path(sys.argv[1]))\n"
        "for index in range(10**9):\n"
        "    cache.put(SpeechKey(engine='e', weights='w', voice='', language='es', speed=1.0, text=str(index % 20)),\n"
        "              CachedSpeech(np.full(200_000, index, np.int16), ((0, 1),)))\n"
    )
    writer = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)])
    deadline = time.monotonic() + HANGS_S
    while len(list(tmp_path.glob("*.speech"))) < 10 and time.monotonic() < deadline:
        time.sleep(0.01)
    writer.kill()
    writer.wait()
    cache = SpeechCache(tmp_path)
    assert not list(tmp_path.glob("*.part"))
    names = [SpeechKey(engine="e", weights="w", voice="", language="es", speed=1.0, text=str(n)) for n in range(20)]
    kept = sum((tmp_path / f"{name.digest()}.speech").exists() for name in names)
    read = [cache.get(name) for name in names]
    assert kept >= 10
    assert sum(found is not None for found in read) == kept
