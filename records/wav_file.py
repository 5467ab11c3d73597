"""A stereo WAV file that is readable at any moment, also after its writer was killed."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt

CHANNELS = 2
FRAME_BYTES = 2 * CHANNELS
HEADER_BYTES = 44
"""RIFF, `fmt ` of 16 bytes and the head of `data`. Source: Microsoft/IBM RIFF specification 1.0 (1991)."""
_MAX_DATA_BYTES = 0xFFFF_FFFF - HEADER_BYTES
"""A RIFF size has 32 bits: 18 hours at 16 kHz."""

Block = npt.NDArray[np.int16]
"""Sound of both channels, shape (n_samples, 2)."""


def header(rate_hz: int, data_bytes: int) -> bytes:
    """Return the 44 bytes before the samples."""
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        HEADER_BYTES - 8 + data_bytes,
        b"WAVE",
        b"fmt ",
        16,
        1,  # PCM
        CHANNELS,
        rate_hz,
        rate_hz * FRAME_BYTES,
        FRAME_BYTES,
        16,
        b"data",
        data_bytes,
    )


class WavFile:
    """Random access to the samples of a file that grows. Blocking; every failure of the disk is an OSError."""

    def __init__(self, path: Path, rate_hz: int) -> None:
        """Create the file, readable by this user only.

        Raises:
            OSError: it cannot be made, or is there already.
        """
        self.path = path
        self.rate_hz = rate_hz
        self.length = 0
        """Samples in the file."""
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            self._put(0, header(rate_hz, 0))
        except OSError:
            self.close()
            raise

    def write(self, at: int, block: Block) -> None:
        """Overwrite or extend from sample `at`; a gap before it reads as silence."""
        if HEADER_BYTES + (at + len(block)) * FRAME_BYTES > _MAX_DATA_BYTES:
            raise OSError(27, "a WAV file cannot be longer")
        try:
            self._put(HEADER_BYTES + at * FRAME_BYTES, np.ascontiguousarray(block, dtype="<i2").tobytes())
        except OSError:  # a part of the block may be in the file, and is as good as any other sound
            self.length = max(self.length, (os.fstat(self._handle).st_size - HEADER_BYTES) // FRAME_BYTES)
            raise
        self.length = max(self.length, at + len(block))

    def read(self, at: int, n: int) -> Block:
        """Return up to `n` samples from `at`, fewer at the end."""
        n = max(0, min(n, self.length - at))
        data = os.pread(self._handle, n * FRAME_BYTES, HEADER_BYTES + at * FRAME_BYTES)
        block: Block = np.frombuffer(data, dtype="<i2").reshape(-1, CHANNELS).astype(np.int16)
        return block

    def write_header(self) -> None:
        """Make the header count every sample that is there."""
        self._put(0, header(self.rate_hz, self.length * FRAME_BYTES))

    def trim(self) -> None:
        """End the file behind its last whole sample, and make the header count it. Neither needs space on the disk."""
        os.ftruncate(self._handle, HEADER_BYTES + self.length * FRAME_BYTES)
        self.write_header()

    def sync(self) -> None:
        """Wait until everything is on the disk."""
        os.fdatasync(self._handle)

    def close(self) -> None:
        """Let go of the file; idempotent."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def _put(self, offset: int, data: bytes) -> None:
        view = memoryview(data)
        while view:
            written = os.pwrite(self._handle, view, offset)
            view, offset = view[written:], offset + written


def repair(path: Path) -> int | None:
    """Make the header of a file whose writer was killed count every whole sample; return its length in ms.

    None when it is not a recording of ours or holds no sound.
    """
    with path.open("r+b") as file:
        head = file.read(HEADER_BYTES)
        if len(head) < HEADER_BYTES or head[:4] != b"RIFF" or head[8:16] != b"WAVEfmt " or head[36:40] != b"data":
            return None
        rate_hz = int(struct.unpack_from("<I", head, 24)[0])
        samples = (path.stat().st_size - HEADER_BYTES) // FRAME_BYTES
        if rate_hz <= 0 or samples <= 0:
            return None
        file.truncate(HEADER_BYTES + samples * FRAME_BYTES)
        file.seek(0)
        file.write(header(rate_hz, samples * FRAME_BYTES))
    return samples * 1000 // rate_hz


def is_complete(path: Path) -> bool:
    """Tell whether the header counts every byte that is there; True for what is no recording of ours."""
    with path.open("rb") as file:
        head = file.read(HEADER_BYTES)
    if len(head) < HEADER_BYTES or head[:4] != b"RIFF" or head[36:40] != b"data":
        return True
    return int(struct.unpack_from("<I", head, 40)[0]) == path.stat().st_size - HEADER_BYTES


def silence_range(path: Path, start_ms: int, end_ms: int) -> None:
    """Overwrite a stretch of a finished recording on both channels; what lies outside of the file is ignored."""
    with path.open("r+b") as file:
        head = file.read(HEADER_BYTES)
        rate_hz = int(struct.unpack_from("<I", head, 24)[0])
        length = (path.stat().st_size - HEADER_BYTES) // FRAME_BYTES
        start = min(length, max(0, start_ms * rate_hz // 1000))
        end = min(length, max(start, end_ms * rate_hz // 1000))
        file.seek(HEADER_BYTES + start * FRAME_BYTES)
        file.write(bytes((end - start) * FRAME_BYTES))
        file.flush()
        os.fdatasync(file.fileno())
