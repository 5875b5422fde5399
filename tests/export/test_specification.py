"""Writing a model changes nothing of it, and what cannot be written is refused."""

import json
from pathlib import Path

import pytest
import torch

from henkan.export.specification import write_model

from .models import POSITIONS, random_model

pytest.importorskip("ctranslate2")


@pytest.mark.parametrize("quantization", ["float32", "bfloat16", "int8", "int8_float32"])
@pytest.mark.parametrize("tying", ["none", "all"])
def test_writing_a_model_leaves_its_weights_alone(quantization: str, tying: str, tmp_path: Path) -> None:
    model = random_model(tie_embeddings=tying)
    before = {name: parameter.clone() for name, parameter in model.named_parameters()}
    write_model(model, tmp_path, quantization)
    assert all(torch.equal(parameter, before[name]) for name, parameter in model.named_parameters())


def test_shared_matrices_are_stored_once_and_int8_is_a_quarter(tmp_path: Path) -> None:
    sizes = {}
    for tying, quantization in (("none", "float32"), ("all", "float32"), ("none", "int8")):
        folder = tmp_path / f"{tying}-{quantization}"
        folder.mkdir()
        write_model(random_model(d_model=64, d_ff=256, vocab=200, tie_embeddings=tying), folder, quantization)
        sizes[tying, quantization] = (folder / "model.bin").stat().st_size
    matrix = 200 * 64 * 4
    assert sizes["none", "float32"] - sizes["all", "float32"] == pytest.approx(2 * matrix, abs=2000)
    assert sizes["none", "int8"] < 0.35 * sizes["none", "float32"]


def test_the_vocabularies_hold_ids_and_one_token_cannot_pass_for_another(tmp_path: Path) -> None:
    model = random_model()
    write_model(model, tmp_path, "float32")
    source, target = (json.loads((tmp_path / f"{side}_vocabulary.json").read_text()) for side in ("source", "target"))
    assert [len(source), len(target)] == [model.config["src_vocab_size"], model.config["tgt_vocab_size"]]
    assert not set(source) & set(target)
    config = json.loads((tmp_path / "config.json").read_text())
    assert [target.index(config[name]) for name in ("decoder_start_token", "eos_token", "unk_token")] == [1, 2, 3]
    assert config["layer_norm_epsilon"] == 1e-5


@pytest.mark.parametrize("side", ["encoder", "decoder"])
def test_a_stack_without_layers_is_refused(side: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"has no {side} without layers.*--engine torch"):
        write_model(random_model(**{f"num_{side}_layers": 0}), tmp_path, "float32")
    assert not list(tmp_path.iterdir())


def test_weights_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    model = random_model()
    model.src_embedding.weight.data[5, 0] = torch.nan
    with pytest.raises(ValueError, match=r"src_embedding\.weight of this model holds what is no number"):
        write_model(model, tmp_path, "float32")


def test_there_is_a_position_for_every_token_that_henkan_has_one_for(tmp_path: Path) -> None:
    from ctranslate2 import Translator

    write_model(random_model(), tmp_path, "float32")
    translator = Translator(str(tmp_path), intra_threads=1)
    names = ["<5>"] * POSITIONS
    assert len(translator.score_batch([["<source 5>"]], [names])[0].log_probs) == POSITIONS + 1
    with pytest.raises(RuntimeError, match="position"):
        translator.score_batch([["<source 5>"]], [[*names, "<5>"]])
