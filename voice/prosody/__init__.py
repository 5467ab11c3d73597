"""How a voice sounds: pitch, energy, rhythm and voice quality of an utterance, and what they say of the mood."""
