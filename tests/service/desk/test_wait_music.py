"""Music for who waits: it swells, makes room for speech, and comes back."""

from __future__ import annotations

import numpy as np

from calls.audio import level_dbfs
from service.desk.wait_music import DUCKED, WaitMusic, wait_sound
from telephony.hold_sound import HoldSounds


def level(music: WaitMusic, frames: int) -> float:
    """Return the level of the next frames."""
    read = [music.read(n * 20) for n in range(frames)]
    return level_dbfs(np.concatenate([frame.samples for frame in read if frame is not None]))


def test_when_somebody_speaks_then_the_music_is_softer_by_sixteen_db_and_comes_back() -> None:
    music = WaitMusic(wait_sound(HoldSounds(), 8_000, music=True))
    level(music, 15)  # swells
    loud = level(music, 1_200)
    music.duck("caller", on=True)
    music.duck("bot", on=True)
    level(music, 15)
    assert abs(level(music, 1_200) - loud - 20 * np.log10(DUCKED)) < 1.0
    music.duck("caller", on=False)
    assert level(music, 15) < loud - 10, "the bot still speaks"
    music.duck("bot", on=False)
    level(music, 15)
    assert abs(level(music, 1_200) - loud) < 1.0


def test_when_it_begins_then_it_swells_and_never_bursts() -> None:
    music = WaitMusic(wait_sound(HoldSounds(), 16_000, music=False))
    first = music.read(0)
    assert first is not None
    assert level_dbfs(first.samples) < -55
