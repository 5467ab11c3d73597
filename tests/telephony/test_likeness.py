"""The proof of sound proves: it finds what was said, and nothing in what was not."""

from __future__ import annotations

import numpy as np

from telephony.codecs.g711 import G711
from tests.telephony.likeness import correlations, heard_s, strange_s, unique_sound


def test_when_a_sound_was_coded_delayed_and_made_quieter_then_it_is_found_and_another_one_is_not() -> None:
    said, other = unique_sound(1), unique_sound(2)
    line = G711("PCMU")
    coded = line.decode(line.encode((said[1_234:21_234] * 0.4).astype(np.int16)))
    assert heard_s(said, coded) >= 2.2
    assert strange_s(said, coded) == 0
    assert heard_s(other, coded) == 0
    assert max(correlations(other, coded)) < 0.3


def test_when_there_is_silence_then_nothing_is_heard_and_nothing_is_strange() -> None:
    said = unique_sound(3)
    silence = np.zeros(16_000, dtype=np.int16)
    assert (heard_s(said, silence), strange_s(said, silence)) == (0, 0)
