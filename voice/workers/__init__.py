"""Inference in processes of its own, so that nothing heavy runs where the media runs (ADR 0003)."""
