"""The models on this machine: where each lies, whether it is whole, and how it gets here.

A model is a folder under the store, named as in `models/manifest.toml`; it is there whole and checked, or not at all.
Models trained for Warmline (`source = "file"`) lie beside the manifest and are only checked.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TextIO

from calls.errors import CallCentreError
from service.config_values import nearest
from service.models_fetch import Progress, bring, file_sha256
from service.models_manifest import MANIFEST_PATH, Manifest, Model, ModelFile, load_manifest

logger = logging.getLogger(__name__)

CORE = "core"
"""Group that every installation needs."""

_CHECKED_NAME = ".checked.json"
"""Remembers size, time and SHA-256 of files that were found right, so that a start does not read 500 MB again."""

State = Literal["ready", "missing", "corrupt"]
Mark = list[int | str]
"""Size in bytes, time of the last change in ns and SHA-256 of a file that was found right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelStatus:
    """What the store knows of one model."""

    model: Model
    state: State
    folder: Path
    detail: str
    """Which file is missing or wrong; empty when ready."""

    @property
    def name(self) -> str:
        """Name of the model."""
        return self.model.name

    @property
    def purpose(self) -> str:
        """What it is for, in one line."""
        return self.model.purpose

    @property
    def licence(self) -> str:
        """SPDX identifier."""
        return self.model.licence

    @property
    def size_bytes(self) -> int:
        """Bytes of all its files."""
        return self.model.size_bytes


def default_dir() -> Path:
    """Return the folder of the store: WARMLINE_MODELS, else `~/.cache/warmline/models` (XDG_CACHE_HOME is followed)."""
    if named := os.environ.get("WARMLINE_MODELS"):
        return Path(named).expanduser()
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "warmline" / "models"


class ModelStore:
    """Finds, fetches and checks models. Blocking: call it at start or from a command, never on the media loop."""

    def __init__(self, folder: Path | str | None = None, *, manifest: Manifest | Path | None = None) -> None:
        """Look into `folder` (default: `default_dir()`); the folder is made when something is fetched."""
        self.folder = Path(folder).expanduser() if folder else default_dir()
        self.manifest = manifest if isinstance(manifest, Manifest) else load_manifest(manifest or MANIFEST_PATH)

    def path(self, name: str) -> Path:
        """Return the folder of a model that is whole.

        Raises:
            CallCentreError: `model.unknown`, `model.missing` or `model.corrupt`; the sentence names the command to run.
        """
        status = self.status(name)
        if status.state == "missing":
            raise CallCentreError(
                "model.missing",
                f"The model {name} is not on this machine ({status.detail}). "
                f"Run `warmline models fetch {name}`, or `warmline models fetch` for all.",
                fault="operator",
            )
        if status.state == "corrupt":
            raise CallCentreError(
                "model.corrupt",
                f"The model {name} is damaged: {status.detail}. Run `warmline models fetch {name}` to replace it.",
                fault="operator",
            )
        return status.folder

    def status(self, name: str, *, full: bool = False) -> ModelStatus:
        """Say whether a model is whole; `full` reads every byte, even of files untouched since the last time."""
        model = self.model(name)
        folder = self._folder(model)
        state, detail = self._check(model, folder, full=full)
        return ModelStatus(model=model, state=state, folder=folder, detail=detail)

    def list(self, *, full: bool = False) -> tuple[ModelStatus, ...]:
        """Return the status of every model of the manifest, in its order."""
        return tuple(self.status(name, full=full) for name in self.manifest.models)

    def names(self, group: str = CORE) -> tuple[str, ...]:
        """Return the names of the models of a group."""
        return tuple(model.name for model in self.manifest.models.values() if model.group == group)

    def sha256(self, name: str) -> str:
        """Return the pinned SHA-256 of the model's largest file: the weights. Benches print it."""
        return max(self.model(name).files, key=lambda file: file.size_bytes).sha256

    def fetch(self, names: Iterable[str] | None = None, *, progress: Progress | None = None) -> tuple[ModelStatus, ...]:
        """Bring the named models (default: the core group) unless they are whole; return their status.

        A model appears in the store in one step, after its files were checked; an interrupted fetch leaves nothing.
        Two fetches at the same time take turns.

        Raises:
            CallCentreError: `model.unknown`, `model.no_space`, `model.fetch_failed`, `model.corrupt`, `model.store`.
        """
        wanted = [self.model(name) for name in (names if names is not None else self.names())]
        done = []
        with self._lock():
            for model in wanted:
                status = self.status(model.name)
                if status.state != "ready":
                    self._replace(model, progress or _no_progress)
                    status = self.status(model.name)
                done.append(status)
        return tuple(done)

    def _replace(self, model: Model, progress: Progress) -> None:
        if model.source == "file":
            raise CallCentreError(
                "model.missing",
                f"The model {model.name} should lie in {self._folder(model)}: it is part of Warmline itself. "
                "Install Warmline again.",
                fault="operator",
            )
        with tempfile.TemporaryDirectory(dir=self.folder, prefix=".staging-") as temporary:
            staging = Path(temporary) / model.folder
            staging.mkdir()
            bring(model, self.manifest, staging, progress)
            target = self._folder(model)
            if target.is_symlink():
                target.unlink()
            elif target.exists():
                target.rename(Path(temporary) / "old")
            staging.rename(target)
        self._remember(model, target)

    def model(self, name: str) -> Model:
        """Return the entry of the manifest.

        Raises:
            CallCentreError: `model.unknown`, naming those that there are.
        """
        model = self.manifest.models.get(name)
        if model is None:
            raise CallCentreError(
                "model.unknown",
                f"There is no model {name!r}{nearest(name, self.manifest.models)}",
                fault="operator",
            )
        return model

    def _folder(self, model: Model) -> Path:
        return (self.manifest.folder if model.source == "file" else self.folder) / model.folder

    def _check(self, model: Model, folder: Path, *, full: bool) -> tuple[State, str]:
        checked = {} if full else self._checked()
        fresh = False
        for file in model.files:
            path = folder / file.path
            try:
                stat = path.stat()
            except OSError:
                return "missing", f"{path} is not there"
            if stat.st_size != file.size_bytes:
                return "corrupt", f"{path} has {stat.st_size} bytes instead of {file.size_bytes}"
            if checked.get(str(path)) == _mark(path, file):
                continue
            try:
                found = file_sha256(path)
            except OSError as error:
                return "corrupt", f"{path} cannot be read ({error.strerror})"
            if found != file.sha256:
                return "corrupt", f"the SHA-256 of {path} is {found[:12]}… instead of {file.sha256[:12]}…"
            fresh = True
        if fresh:
            self._remember(model, folder)
        return "ready", ""

    def _checked(self) -> dict[str, Mark]:
        try:
            data = json.loads((self.folder / _CHECKED_NAME).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return data if isinstance(data, dict) else {}

    def _remember(self, model: Model, folder: Path) -> None:
        """Note that the files are right. If the store cannot be written, the next start reads them again."""
        checked = self._checked()
        with contextlib.suppress(OSError):
            for file in model.files:
                checked[str(folder / file.path)] = _mark(folder / file.path, file)
            with tempfile.NamedTemporaryFile("w", dir=self.folder, delete=False, encoding="utf-8") as out:
                json.dump(checked, out)
            Path(out.name).replace(self.folder / _CHECKED_NAME)

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.folder / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise CallCentreError(
                "model.store",
                f"Models cannot be written to {self.folder} ({error.strerror}). Name another folder with "
                "WARMLINE_MODELS or `[models] dir`.",
                fault="operator",
            ) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            for left in self.folder.glob(".staging-*"):
                shutil.rmtree(left, ignore_errors=True)
            yield
        finally:
            os.close(handle)


class ProgressBar:
    """Draws one line a model on a terminal; elsewhere one line at the start and one at the end of each model."""

    WIDTH = 28

    def __init__(self, out: TextIO | None = None) -> None:
        """Draw on `out`, default stderr."""
        self._out = out if out is not None else sys.stderr
        self._terminal = self._out.isatty()
        self._name = ""
        self._ended = False

    def __call__(self, name: str, done_bytes: int, total_bytes: int) -> None:
        """Show that `done_bytes` of `total_bytes` of a model are here."""
        share = min(1.0, done_bytes / total_bytes) if total_bytes else 1.0
        if name != self._name:
            self.close()
            self._name, self._ended = name, False
            if not self._terminal:
                self._out.write(f"{name}: fetching {total_bytes / 1e6:.1f} MB\n")
        if self._ended:
            return
        self._ended = share >= 1.0
        if self._terminal:
            filled = round(share * self.WIDTH)
            bar = "█" * filled + "·" * (self.WIDTH - filled)
            self._out.write(f"\r{name:<18} {bar} {share:4.0%} of {total_bytes / 1e6:6.1f} MB")
            if self._ended:
                self._out.write("\n")
        elif self._ended:
            self._out.write(f"{name}: here\n")
        self._out.flush()

    def close(self) -> None:
        """End an unfinished line."""
        if self._name and not self._ended and self._terminal:
            self._out.write("\n")
        self._ended = True


def _mark(path: Path, file: ModelFile) -> Mark:
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns, file.sha256]


def _no_progress(name: str, done_bytes: int, total_bytes: int) -> None:
    """Show nothing."""
    logger.debug("model %s: %d of %d bytes", name, done_bytes, total_bytes)
