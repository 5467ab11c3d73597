"""Train the shipped emotion weights: `python -m bench.train_emotion --manifest CSV --out models/emotion`.

Two files: `emotion.json` looks at prosody alone, `fused.json` at the states of the recogniser's encoder as well. Only
corpora whose licence allows shipping may be named. The same command with the same files writes the same bytes.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.emotion_data import SHARED, VOICES, Array, Clip, load_clips, load_encoder, simulated_callers
from bench.emotion_fit import ANGRY_SHARE, fit
from voice.prosody.engine import FUSED, WEIGHTS
from voice.prosody.features import NAMES
from voice.prosody.model import Linear

ROOT = Path(__file__).resolve().parent.parent
SHIPPABLE = frozenset({"emodb"})
"""Corpora under CC0; RAVDESS (CC BY-NC-SA) may be measured on, never trained on for shipping."""


def main() -> int:
    """Train and write."""
    parser = argparse.ArgumentParser("python -m bench.train_emotion", description=__doc__)
    parser.add_argument("--manifest", type=Path, default=SHARED / "emotion" / "manifest.csv")
    parser.add_argument("--corpus", default="emodb")
    parser.add_argument("--out", type=Path, default=ROOT / "models" / "emotion", help="folder of both files")
    parser.add_argument("--whisper", type=Path, help="folder of the recogniser whose states are used")
    arguments = parser.parse_args()
    if arguments.corpus not in SHIPPABLE:
        print(f"{arguments.corpus} may not be trained on for shipping; only {sorted(SHIPPABLE)}", file=sys.stderr)
        return 2
    encoder = load_encoder(arguments.whisper)
    clips = load_clips(arguments.manifest, [arguments.corpus], copies=(1.0, *VOICES), encoder=encoder)
    x, owners = simulated_callers(clips)
    arguments.out.mkdir(parents=True, exist_ok=True)
    _train(arguments.out / WEIGHTS, x[:, : 2 * len(NAMES)], owners, arguments.corpus, "", None)
    _train(arguments.out / FUSED, x, owners, arguments.corpus, encoder.encoder, ANGRY_SHARE)
    return 0


def _train(out: Path, x: Array, owners: Sequence[Clip], corpus: str, encoder: str, angry_share: float | None) -> None:
    fitted = fit(x, owners, out.stem, angry_share)
    model = fitted.model
    data = {
        "trained_on": corpus,
        "rows": len(owners),
        "c": fitted.c,
        **({"angry_share": angry_share} if angry_share else {}),
        "features": list(NAMES),
        **({"encoder": encoder} if encoder else {}),
        "mean": [round(float(v), 6) for v in model.mean],
        "scale": [round(float(v), 6) for v in model.scale],
        "anger": _plain(model.anger),
        "arousal": _plain(model.arousal),
    }
    out.write_text(json.dumps(data, indent=None if encoder else 1) + "\n", encoding="utf-8")
    print(f"{out}: {len(owners)} rows of {len(np.unique([c.speaker for c in owners]))} speakers, C={fitted.c}")


def _plain(part: Linear) -> dict[str, object]:
    return {
        "weights": [round(float(w), 6) for w in part.weights],
        "bias": round(part.bias, 6),
        "slope": round(part.slope, 6),
        "offset": round(part.offset, 6),
    }


if __name__ == "__main__":
    sys.exit(main())
