"""Makes the vectors that ship with articles and wordings: `python -m knowledge.build WEIGHTS [--folder FOLDER]`."""

from __future__ import annotations

import argparse
import asyncio
import hashlib
from collections.abc import Sequence
from pathlib import Path

from knowledge.articles import DEFAULT_FOLDER
from knowledge.embedding import create
from knowledge.index import SHIPPED_VECTORS, KnowledgeIndex
from knowledge.meaning import WORDINGS, MeaningNet
from knowledge.vectors import EmbedKind, Floats


async def build(weights: Path, folder: Path) -> Path:
    """Embed what is new in the articles of `folder`, and return the file that holds all their vectors.

    Raises:
        CallCentreError: a model or an article is missing or wrong.
    """
    engine = create({"path": str(weights)})

    async def embed(texts: Sequence[str], kind: EmbedKind) -> Floats:
        return await asyncio.to_thread(engine.embed, [f"{kind}: {text}" for text in texts])

    model = await asyncio.to_thread(_sha256, weights)
    path = folder / SHIPPED_VECTORS
    await KnowledgeIndex(embed, folder=folder, cache=path, model=model).load()
    if folder == DEFAULT_FOLDER:
        await MeaningNet(embed, model=model, cache=WORDINGS / SHIPPED_VECTORS).load()
    return path


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main() -> None:
    """Build from the command line."""
    parser = argparse.ArgumentParser(description="Makes the vectors that ship with the articles.")
    parser.add_argument("weights", type=Path, help="e5-small-q4.bin, as `warmline models fetch e5` brings it")
    parser.add_argument("--folder", type=Path, default=DEFAULT_FOLDER, help="where the articles lie")
    arguments = parser.parse_args()
    asyncio.run(build(arguments.weights, arguments.folder))


if __name__ == "__main__":
    main()
