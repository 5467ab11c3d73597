"""Coqui's real loading and synthesis, on a tiny VITS that the test makes: random weights, so it only hums."""

from pathlib import Path

import numpy as np
import pytest

from calls.errors import CallCentreError
from voice.tts import coqui

pytestmark = [
    pytest.mark.extras,
    # the library and torch warn about their own and each other's future; nothing of it is ours to mend
    pytest.mark.filterwarnings("ignore"),
]
pytest.importorskip("TTS", reason="the extra `coqui` is not installed: run `make test-extras`")

RATE_HZ = 16_000


def make_checkpoint(folder: Path) -> None:
    """Save a VITS of 0.25 million random weights as Coqui's trainer would: config.json and model.pth."""
    import torch
    from TTS.config.shared_configs import BaseAudioConfig
    from TTS.tts.configs.shared_configs import CharactersConfig
    from TTS.tts.configs.vits_config import VitsArgs, VitsConfig
    from TTS.tts.models.vits import Vits

    arguments = VitsArgs(
        num_chars=100,
        out_channels=129,
        hidden_channels=16,
        hidden_channels_ffn_text_encoder=32,
        num_layers_text_encoder=1,
        num_layers_posterior_encoder=1,
        num_layers_flow=1,
        resblock_kernel_sizes_decoder=[3],
        resblock_dilation_sizes_decoder=[[1, 3, 5]],
        upsample_rates_decoder=[8, 8, 4],
        upsample_kernel_sizes_decoder=[16, 16, 8],
        upsample_initial_channel_decoder=32,
        use_sdp=False,
        init_discriminator=False,
    )
    characters = CharactersConfig(
        characters_class="TTS.tts.models.vits.VitsCharacters",
        pad="_",
        eos="",
        bos="",
        blank="#",
        characters="abcdefghijklmnopqrstuvwxyzñáéíóúü",
        punctuations=" ,.;:!?'",
        phonemes="",
    )
    audio = BaseAudioConfig(sample_rate=RATE_HZ, fft_size=256, win_length=256, hop_length=256, num_mels=20)
    config = VitsConfig(
        model_args=arguments, audio=audio, characters=characters, text_cleaner="basic_cleaners", use_phonemes=False
    )
    torch.manual_seed(1)
    torch.save({"model": Vits(config).state_dict()}, folder / "model.pth")
    config.save_json(str(folder / "config.json"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("coqui")
    make_checkpoint(folder)
    return folder


def test_when_a_checkpoint_is_loaded_then_it_speaks_at_16_khz_with_a_time_for_each_word(folder: Path) -> None:
    engine = coqui.create({"model_dir": str(folder), "language": "es"})
    engine.warm_up()
    text = "Buenas tardes, le atiende Lumina."
    reply = next(engine.handle("synthesise", {"text": text, "language": "es", "speed": 1.0}, {}))
    samples = reply.arrays["samples"]
    assert reply.data["rate_hz"] == RATE_HZ
    assert samples.dtype == np.int16
    assert samples.size > RATE_HZ // 2
    assert np.abs(samples).max() > 1000
    words = reply.data["words"]
    assert len(words) == len(text.split())
    assert all(start < end for start, end in words)
    assert words[-1][1] <= samples.size / 16 + 1


def test_when_spoken_slower_then_it_lasts_longer_and_the_next_one_is_not_changed(folder: Path) -> None:
    model = coqui.CoquiModel(folder)

    def seconds(speed: float) -> float:
        utterance = model.utter("buenas tardes", voice="", language="es", speed=speed)
        return utterance.samples.size / utterance.rate_hz

    normal = seconds(1.0)
    assert seconds(0.5) > 1.3 * normal
    assert seconds(1.0) == pytest.approx(normal, rel=0.05)


def test_when_described_then_config_and_weights_are_hashed(folder: Path) -> None:
    engine = coqui.create({"model_dir": str(folder)})
    description = next(engine.handle("describe", {}, {})).data
    assert len(description["weights_sha256"]) == 64
    assert description["voices"] == []


def test_when_there_is_nothing_to_say_then_the_speech_is_empty(folder: Path) -> None:
    assert coqui.CoquiModel(folder).utter("— …", voice="", language="es", speed=1.0).samples.size == 0


def test_when_the_checkpoint_is_missing_or_damaged_then_the_error_says_so(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(CallCentreError, match=r"config\.json is missing"):
        coqui.CoquiModel(tmp_path)
    (tmp_path / "config.json").write_bytes((folder / "config.json").read_bytes())
    with pytest.raises(CallCentreError, match="Coqui checkpoint"):
        coqui.CoquiModel(tmp_path)
    (tmp_path / "model.pth").write_bytes(b"no weights")
    with pytest.raises(CallCentreError, match="could not be loaded"):
        coqui.CoquiModel(tmp_path)
