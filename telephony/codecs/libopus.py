"""libopus by ctypes: what PyAV leaves out is what a telephone line needs most, repairing a loss from the next packet.

The library is the one that PyAV's wheel brings, else the system's: it is there wherever PyAV is. A call costs about
1 µs more than the codec itself; PyAV's frames and packets cost about 20 µs.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np

from calls.audio import Samples
from calls.errors import CallCentreError

_OK = 0
_APPLICATION_VOIP = 2048
_SET_BITRATE, _SET_MAX_BANDWIDTH, _SET_COMPLEXITY = 4002, 4004, 4010
_SET_INBAND_FEC, _SET_PACKET_LOSS_PERC, _SET_DTX, _SET_SIGNAL = 4012, 4014, 4016, 4024
_SIGNAL_VOICE = 3001
"""Numbers of the requests. Source: opus_defines.h of libopus 1.x, whose interface is frozen."""

_BANDWIDTHS = ((8_000, 1101), (12_000, 1102), (16_000, 1103), (24_000, 1104))
"""Sampling rate up to which a bandwidth serves, and its number; 1105 is full band. Source: RFC 7587 section 3.1.1."""

_FULL_BAND = 1105
_MAX_PACKET_BYTES = 1275
"""Source: RFC 6716 section 3.2.1, the longest frame."""

_MOST_FRAME_MS = 60
_MAX_PACKET_MS = 120
"""Source: RFC 6716 section 3.2.5, the most audio of one packet."""


class OpusEncoder:
    """A mono encoder for speech."""

    def __init__(self, rate_hz: int, complexity: int) -> None:
        """Make one for frames at `rate_hz`: 8000, 12000, 16000, 24000 or 48000."""
        self._library = _library()
        self._rate_hz = rate_hz
        self._state = _made(self._library.opus_encoder_create, rate_hz, 1, _APPLICATION_VOIP)
        self._in: Samples = np.zeros(rate_hz * _MOST_FRAME_MS // 1000, dtype=np.int16)
        self._in_address = self._in.ctypes.data
        self._out = ctypes.create_string_buffer(_MAX_PACKET_BYTES)
        self._set(_SET_SIGNAL, _SIGNAL_VOICE)
        self._set(_SET_COMPLEXITY, complexity)

    def __del__(self) -> None:
        if hasattr(self, "_state"):
            self._library.opus_encoder_destroy(self._state)

    def use_bits(self, bit_rate: int) -> None:
        """Take about so many bits for a second."""
        self._set(_SET_BITRATE, bit_rate)

    def repair_losses(self, share: float) -> None:
        """Put a coarse copy of each frame into the next packet when a share of 0 to 1 gets lost; 0 spares it."""
        self._set(_SET_INBAND_FEC, int(share > 0))
        self._set(_SET_PACKET_LOSS_PERC, min(100, round(100 * share)))

    def limit_bandwidth(self, playback_rate_hz: int) -> None:
        """Code no more than a listener at this sampling rate can hear."""
        chosen = next((number for rate_hz, number in _BANDWIDTHS if playback_rate_hz <= rate_hz), _FULL_BAND)
        self._set(_SET_MAX_BANDWIDTH, chosen)

    def pause_in_silence(self, wanted: bool) -> None:
        """Give packets of at most two bytes, which need not be sent, while nobody speaks."""
        self._set(_SET_DTX, int(wanted))

    def encode(self, samples: Samples) -> bytes:
        """Return the packet of one frame of 2.5, 5, 10, 20, 40 or 60 ms.

        Raises:
            ValueError: another length.
        """
        count = len(samples)
        size = -1
        if count <= len(self._in):
            self._in[:count] = samples
            size = self._library.opus_encode(self._state, self._in_address, count, self._out, _MAX_PACKET_BYTES)
        if size < 0:
            raise ValueError(f"Opus takes no frame of {len(samples)} samples at {self._rate_hz} Hz")
        return ctypes.string_at(self._out, size)

    def _set(self, request: int, value: int) -> None:
        if self._library.opus_encoder_ctl(self._state, request, ctypes.c_int(value)) != _OK:
            raise ValueError(f"libopus refused the setting {request} = {value}")


class OpusDecoder:
    """A mono decoder at any of Opus's rates, whatever rate and channels the sender has."""

    def __init__(self, rate_hz: int) -> None:
        """Give samples at `rate_hz`."""
        self._library = _library()
        self._state = _made(self._library.opus_decoder_create, rate_hz, 1)
        self._out: Samples = np.zeros(rate_hz * _MAX_PACKET_MS // 1000, dtype=np.int16)
        self._out_address = self._out.ctypes.data

    def __del__(self) -> None:
        if hasattr(self, "_state"):
            self._library.opus_decoder_destroy(self._state)

    def decode(self, packet: bytes) -> Samples:
        """Return the samples of a packet.

        Raises:
            ValueError: it is empty or damaged.
        """
        if not packet:
            raise ValueError("an empty Opus packet")
        return self._run(packet, len(self._out), 0)

    def restore(self, following: bytes | None, count: int) -> Samples:
        """Return `count` samples (a multiple of 2.5 ms) in the place of a lost packet.

        Args:
            following: The packet right after the gap, which may hold a coarse copy; None when it is not there.
            count: How many samples are missing, up to 120 ms.

        Raises:
            ValueError: `following` is damaged, or the count is none of Opus's lengths.
        """
        return self._run(following, count, int(following is not None))

    def _run(self, packet: bytes | None, room: int, repair: int) -> Samples:
        got = self._library.opus_decode(self._state, packet, len(packet or b""), self._out_address, room, repair)
        if got < 0:
            raise ValueError("the Opus packet is damaged")
        return self._out[:got].copy()


def _made(create: Any, *arguments: int) -> ctypes.c_void_p:
    error = ctypes.c_int()
    state = create(*arguments, ctypes.byref(error))
    if not state or error.value != _OK:
        raise ValueError(f"libopus cannot work with {arguments}")
    return ctypes.c_void_p(state)


@cache
def _library() -> Any:
    """Load libopus.

    Calls keep the interpreter: a frame takes 0.1 ms, and to get the interpreter back from the thread that writes
    recordings may take fifty times as long.
    """
    site = Path(av.__file__).parent
    bundled = [*sorted((site.parent / "av.libs").glob("libopus*")), *sorted((site / ".dylibs").glob("libopus*"))]
    for name in (*map(str, bundled), ctypes.util.find_library("opus")):
        if name is None:
            continue
        try:
            library = ctypes.PyDLL(name)
        except OSError:
            continue
        library.opus_encoder_create.restype = library.opus_decoder_create.restype = ctypes.c_void_p
        pointer, number = ctypes.c_void_p, ctypes.c_int
        library.opus_encode.argtypes = [pointer, pointer, number, ctypes.c_char_p, number]
        library.opus_decode.argtypes = [pointer, ctypes.c_char_p, number, pointer, number, number]
        library.opus_encoder_destroy.argtypes = library.opus_decoder_destroy.argtypes = [pointer]
        library.opus_encoder_ctl.argtypes = [pointer, number]
        return library
    raise CallCentreError(
        "media.no_libopus",
        "libopus was not found; install PyAV from a wheel, or libopus0, or take OPUS out of the codecs.",
        fault="operator",
    )
