"""Train emotion weights: `python -m bench.train_emotion --manifest CSV --corpus "" --out FOLDER`.

Two files: `emotion.json` looks at prosody alone, `fused.json` at the states of the recogniser's encoder as well. The
same command with the same files writes the same bytes. The manifest is a CSV with the columns `path` (relative to it),
`speaker` and `emotion` (`anger` or another word; `neutral` for calm), and `corpus` if there are several; what QA
corrected is written as one by `warmline emotion export`. `[models] emotion = "FOLDER"` then uses the weights. Into the
program's own folder, which is the default, only corpora are taken whose licence allows shipping.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.emotion_data import SHARED, VOICES, Array, Clip, load_clips, load_encoder, read_rows, simulated_callers
from bench.emotion_fit import ANGRY_SHARE, fit
from voice.prosody.engine import FUSED, WEIGHTS
from voice.prosody.features import NAMES
from voice.prosody.model import Linear

SHIPPED = Path(__file__).resolve().parent.parent / "models" / "emotion"
LEAST_SPEAKERS = 2
"""Of angry and of other clips each: weights are chosen on speakers left out."""
SHIPPABLE = frozenset({"emodb"})
"""Corpora under CC0; RAVDESS (CC BY-NC-SA) may be measured on, never trained on for shipping."""


def main() -> int:
    """Train and write."""
    parser = argparse.ArgumentParser("python -m bench.train_emotion", description=__doc__)
    parser.add_argument("--manifest", type=Path, default=SHARED / "emotion" / "manifest.csv")
    parser.add_argument("--corpus", default="emodb", help='only its rows of the manifest; "" for all')
    parser.add_argument("--out", type=Path, default=SHIPPED, help="folder of both files")
    parser.add_argument("--whisper", type=Path, help="folder of the recogniser whose states are used")
    parser.add_argument("--noise", type=Path, default=SHARED / "noise", help="folder of background noises")
    parser.add_argument(
        "--voices",
        type=int,
        default=len(VOICES),
        choices=range(len(VOICES) + 1),
        help="copies of each clip by made-up other voices",
    )
    arguments = parser.parse_args()
    trouble = _trouble(arguments.manifest, arguments.corpus, arguments.out)
    if trouble:
        print(trouble, file=sys.stderr)
        return 2
    encoder = load_encoder(arguments.whisper)
    clips = load_clips(
        arguments.manifest,
        [arguments.corpus] if arguments.corpus else (),
        copies=(1.0, *VOICES[: arguments.voices]),
        encoder=encoder,
        noise=arguments.noise,
    )
    x, owners = simulated_callers(clips)
    name = arguments.corpus or arguments.manifest.stem
    arguments.out.mkdir(parents=True, exist_ok=True)
    _train(arguments.out / WEIGHTS, x[:, : 2 * len(NAMES)], owners, name, "", None)
    _train(arguments.out / FUSED, x, owners, name, encoder.encoder, ANGRY_SHARE)
    return 0


def _trouble(manifest: Path, corpus: str, out: Path) -> str:
    """Return why nothing can be trained, empty when it can."""
    if corpus not in SHIPPABLE and out.resolve() == SHIPPED:
        allowed = ", ".join(sorted(SHIPPABLE))
        return f"Into {SHIPPED} only weights go that may be shipped, of {allowed}. Name another folder by --out."
    try:
        rows = read_rows(manifest, [corpus] if corpus else ())
    except OSError as error:
        return f"The manifest {manifest} cannot be read: {error.strerror}."
    missing = [name for name in ("path", "speaker", "emotion") if any(name not in row for row in rows)]
    if missing:
        return f"The manifest {manifest} has no column {missing[0]!r}."
    gone = next((row["path"] for row in rows if not (manifest.parent / row["path"]).is_file()), None)
    if gone is not None:
        return f"The manifest {manifest} names {gone}, which is not there."
    for angry in (True, False):
        speakers = {row["speaker"] for row in rows if (row["emotion"] == "anger") is angry}
        if len(speakers) < LEAST_SPEAKERS:
            what = "with the emotion 'anger'" if angry else "with another emotion than 'anger'"
            return f"Clips {what} of at least {LEAST_SPEAKERS} speakers are needed, there are {len(speakers)}."
    return ""


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
