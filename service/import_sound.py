"""The sound of a recording from elsewhere: read, checked, its speakers' channels at the rate of recognition."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from calls.audio import SPEECH_RATE_HZ, Samples
from calls.errors import CallCentreError

LONGEST_S = 3_600
"""The longest recording: an hour of a mono one takes about a gigabyte while its speakers are told apart."""
SHORTEST_S = 0.5
_SAME_SOUND = 0.99
"""Correlation above which two channels are one sound, saved twice. Source: our choice; echo of one side in the other
stays below 0.5 as long as both speak."""
_HASHED_AT_ONCE = 1 << 20

Sides = npt.NDArray[np.int16]
"""Sound of both sides of the recording that is kept, shape (n_samples, 2): the caller left, everybody else right."""


@dataclass(frozen=True, slots=True, eq=False)
class ImportedSound:
    """A recording that was read."""

    sha256: str
    """Of the file: the same content is known again, whatever its name."""
    channels: tuple[Samples, ...]
    """At 16 kHz and of one length: one of a mono recording, two when each side has its own."""
    rate_hz: int
    """Of the file."""
    coding: str
    """As the file says, e.g. `WAV`, `FLAC`, `MPEG`."""

    @property
    def duration_ms(self) -> int:
        """Length."""
        return self.channels[0].size * 1000 // SPEECH_RATE_HZ


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, hexadecimal.

    Raises:
        CallCentreError: `import.unreadable`.
    """
    if path.is_dir():
        raise _unreadable(path, "is a folder; name one file")
    try:
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while block := file.read(_HASHED_AT_ONCE):
                digest.update(block)
    except FileNotFoundError:
        raise _unreadable(path, "does not exist") from None
    except OSError as error:
        raise _unreadable(path, f"cannot be read: {error.strerror}") from error
    return digest.hexdigest()


def read_sound(path: Path) -> ImportedSound:
    """Read a recording of one or two channels.

    Raises:
        CallCentreError: `import.unreadable`, `import.bad_sound`.
    """
    import soundfile
    import soxr

    sha256 = digest_of(path)
    try:
        info = soundfile.info(str(path))
        _check(path, info.channels, info.frames, info.samplerate)
        samples, rate_hz = soundfile.read(str(path), dtype="int16", always_2d=True)
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise _unreadable(path, "is no sound that can be read; use WAV, FLAC, MP3 or OGG") from error
    if samples.shape[0] < SHORTEST_S * rate_hz or not np.any(samples):
        raise CallCentreError("import.bad_sound", f"The recording {path} holds no sound.", fault="user")
    apart = [samples[:, at] for at in range(samples.shape[1])]
    if len(apart) == 2 and _are_one(*apart):
        apart = [apart[0] if np.any(apart[0]) else apart[1]]
    channels = [_at_speech_rate(soxr, channel, rate_hz) for channel in apart]
    return ImportedSound(sha256, tuple(channels), int(rate_hz), str(info.format))


def _check(path: Path, channels: int, frames: int, rate_hz: int) -> None:
    if channels > 2:
        raise CallCentreError(
            "import.bad_sound",
            f"The recording {path} has {channels} channels; one or two can be imported. Mix or cut it down to these.",
            fault="user",
        )
    if frames > LONGEST_S * rate_hz:
        raise CallCentreError(
            "import.bad_sound",
            f"The recording {path} lasts {frames // rate_hz // 60} minutes; up to {LONGEST_S // 60} can be imported. "
            "Cut it into its calls.",
            fault="user",
        )


def _at_speech_rate(soxr: object, samples: Samples, rate_hz: int) -> Samples:
    resampled: Samples = soxr.resample(samples, rate_hz, SPEECH_RATE_HZ)  # type: ignore[attr-defined]
    return np.ascontiguousarray(resampled)


def _are_one(left: Samples, right: Samples) -> bool:
    """Tell whether a file of two channels holds one sound: saved twice, or only on one of them."""
    a, b = (channel.astype(np.float64) - channel.mean() for channel in (left, right))
    powers = float(np.dot(a, a)), float(np.dot(b, b))
    if min(powers) == 0.0:
        return True
    return float(np.dot(a, b)) > _SAME_SOUND * math.sqrt(powers[0] * powers[1])


def _unreadable(path: Path, why: str) -> CallCentreError:
    return CallCentreError("import.unreadable", f"The recording {path} {why}.", fault="user")
