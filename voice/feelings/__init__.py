"""What a caller's words say of how they feel, apart from the voice: a distribution, evidence, the call's curve."""
