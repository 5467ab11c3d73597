"""Where the voice activity model lies when nobody says otherwise."""

from __future__ import annotations

import importlib.util
from pathlib import Path


def bundled_silero() -> Path | None:
    """Return the model inside the installed faster-whisper package, without importing it; None when not installed."""
    spec = importlib.util.find_spec("faster_whisper")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "assets" / "silero_vad_v6.onnx"
