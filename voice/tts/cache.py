"""Speech that was already synthesised, on disk: found by what it says and how, bounded, safe against a sudden death."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import struct
import threading
import zlib
from collections import OrderedDict
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from calls.audio import Samples

logger = logging.getLogger(__name__)

_MAGIC = b"WLS1"
_HEAD = struct.Struct("<4sII")
"""Magic, CRC-32 of all that follows, bytes of the JSON word times; then the JSON, then s16le samples at 16 kHz."""
_SUFFIX = ".speech"
_KEEP_SHARE = 0.9
"""Eviction frees down to this share of the bound, so that it does not run with every write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechKey:
    """Everything that the sound depends on."""

    engine: str
    weights: str
    voice: str
    language: str
    speed: float
    text: str

    def digest(self) -> str:
        """Return the name under which the speech is kept."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class CachedSpeech:
    """Finished speech of one clause."""

    samples: Samples
    words_ms: tuple[tuple[int, int], ...]
    """`(start, end)` of each word."""


class SpeechCache:
    """A folder of finished clauses, bounded in bytes; the least recently used go first.

    Files are written aside and renamed, so that a reader never sees half a file; each carries a checksum, and a
    damaged one is forgotten. Several processes may share the folder. The methods block: call them from a thread.
    """

    def __init__(self, folder: Path, *, most_bytes: int = 256 * 1024 * 1024) -> None:
        """Open or make the folder.

        Args:
            folder: Holds nothing else.
            most_bytes: Bound of the files' sizes together; 256 MB are two hours of speech.
        """
        self._folder = folder
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._sizes: OrderedDict[str, int] = OrderedDict()
        self._total = 0
        self.hits = 0
        self.misses = 0
        folder.mkdir(parents=True, exist_ok=True)
        self._index()

    @property
    def total_bytes(self) -> int:
        """Bytes in the folder, as far as this process knows."""
        return self._total

    def get(self, key: SpeechKey) -> CachedSpeech | None:
        """Return the speech of `key`, None when it is not there or damaged."""
        name = key.digest()
        path = self._path(name)
        try:
            raw = path.read_bytes()
        except OSError:
            with self._lock:
                self._forget(name)
                self.misses += 1
            return None
        speech = _decode(raw)
        with self._lock:
            if speech is None:
                logger.warning("a damaged file of the speech cache was dropped")
                path.unlink(missing_ok=True)
                self._forget(name)
                self.misses += 1
                return None
            self._note(name, len(raw))
            self.hits += 1
        with contextlib.suppress(OSError):
            os.utime(path)
        return speech

    def put(self, key: SpeechKey, speech: CachedSpeech) -> None:
        """Keep `speech`; a full or failing disk is logged and otherwise ignored: the cache is a convenience."""
        raw = _encode(speech)
        if len(raw) > self._most_bytes:
            return
        name = key.digest()
        aside = self._folder / f"{name}.{os.getpid()}-{threading.get_ident()}.part"
        try:
            aside.write_bytes(raw)
            aside.replace(self._path(name))
        except OSError as error:
            logger.warning("the speech cache could not be written: %s", error.strerror)
            with contextlib.suppress(OSError):
                aside.unlink(missing_ok=True)
            return
        with self._lock:
            self._note(name, len(raw))
            self._evict()

    def _path(self, name: str) -> Path:
        return self._folder / (name + _SUFFIX)

    def _index(self) -> None:
        found: list[tuple[float, str, int]] = []
        for path in self._folder.iterdir():
            with contextlib.suppress(OSError):
                if path.suffix == ".part":
                    if not _writer_lives(path):
                        path.unlink()
                elif path.suffix == _SUFFIX:
                    status = path.stat()
                    found.append((status.st_mtime, path.stem, status.st_size))
        for _, name, size in sorted(found):
            self._note(name, size)
        self._evict()

    def _note(self, name: str, size: int) -> None:
        self._total += size - self._sizes.pop(name, 0)
        self._sizes[name] = size

    def _forget(self, name: str) -> None:
        self._total -= self._sizes.pop(name, 0)

    def _evict(self) -> None:
        if self._total <= self._most_bytes:
            return
        while self._sizes and self._total > self._most_bytes * _KEEP_SHARE:
            name, size = self._sizes.popitem(last=False)
            self._total -= size
            with contextlib.suppress(OSError):
                self._path(name).unlink(missing_ok=True)


def _writer_lives(part: Path) -> bool:
    """Tell whether the process that writes `part`, named in it, still runs."""
    pid = part.name.removesuffix(".part").rpartition(".")[2].partition("-")[0]
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except OSError:
        return True
    return True


def _encode(speech: CachedSpeech) -> bytes:
    words = json.dumps(speech.words_ms, separators=(",", ":")).encode()
    body = words + speech.samples.astype("<i2", copy=False).tobytes()
    return _HEAD.pack(_MAGIC, zlib.crc32(body), len(words)) + body


def _decode(raw: bytes) -> CachedSpeech | None:
    if len(raw) < _HEAD.size:
        return None
    magic, checksum, words_bytes = _HEAD.unpack_from(raw)
    body = raw[_HEAD.size :]
    if magic != _MAGIC or zlib.crc32(body) != checksum or (len(body) - words_bytes) % 2:
        return None
    words = json.loads(body[:words_bytes])
    samples = np.frombuffer(body, dtype="<i2", offset=words_bytes).astype(np.int16)
    return CachedSpeech(samples, tuple((int(start), int(end)) for start, end in words))
