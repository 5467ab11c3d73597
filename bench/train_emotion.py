"""Train the shipped emotion weights: `python -m bench.train_emotion --manifest CSV --out models/emotion/emotion.json`.

Only corpora whose licence allows shipping may be named. The same command with the same files writes the same bytes.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np

from bench.emotion_data import SHARED, load_clips, simulated_callers
from bench.emotion_fit import fit
from voice.prosody.features import NAMES

ROOT = Path(__file__).resolve().parent.parent
SHIPPABLE = frozenset({"emodb"})
"""Corpora under CC0; RAVDESS (CC BY-NC-SA) may be measured on, never trained on for shipping."""


def main() -> int:
    """Train and write."""
    parser = argparse.ArgumentParser("python -m bench.train_emotion", description=__doc__)
    parser.add_argument("--manifest", type=Path, default=SHARED / "emotion" / "manifest.csv")
    parser.add_argument("--corpus", default="emodb")
    parser.add_argument("--out", type=Path, default=ROOT / "models" / "emotion" / "emotion.json")
    arguments = parser.parse_args()
    if arguments.corpus not in SHIPPABLE:
        print(f"{arguments.corpus} may not be trained on for shipping; only {sorted(SHIPPABLE)}", file=sys.stderr)
        return 2
    clips = load_clips(arguments.manifest, [arguments.corpus], augment=True)
    x, owners = simulated_callers(clips)
    fitted = fit(x, owners, "prosody")
    model = fitted.model

    def linear(name: str) -> dict[str, object]:
        part = getattr(model, name)
        return {
            "weights": [round(float(w), 6) for w in part.weights],
            "bias": round(part.bias, 6),
            "slope": round(part.slope, 6),
            "offset": round(part.offset, 6),
        }

    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    data = {
        "trained_on": arguments.corpus,
        "rows": len(owners),
        "c": fitted.c,
        "features": list(NAMES),
        "mean": [round(float(v), 6) for v in model.mean],
        "scale": [round(float(v), 6) for v in model.scale],
        "anger": linear("anger"),
        "arousal": linear("arousal"),
    }
    arguments.out.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    print(
        f"{arguments.out}: {len(owners)} rows of {len(np.unique([c.speaker for c in owners]))} speakers, C={fitted.c}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
