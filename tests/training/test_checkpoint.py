"""A model in a file: whole, safe, or not there."""

import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from henkan.nn import Transformer
from henkan.training import load_model, save_model
from henkan.training.checkpoint import replacing

SRC, TGT = torch.tensor([[4, 5, 2]]), torch.tensor([[1, 6, 7]])


def tiny(**options: object) -> Transformer:
    return Transformer(10, 10, 8, 1, 2, 16, 50, 0.2, num_decoder_layers=2, **options)


@pytest.mark.parametrize(
    "options",
    [{}, {"tie_embeddings": "target"}, {"tie_embeddings": "all", "norm_first": True}, {"activation": "gelu"}],
)
def test_a_loaded_model_gives_equal_logits_and_needs_nothing_else(tmp_path: Path, options: dict[str, object]) -> None:
    model = tiny(**options).eval()
    save_model(model, tmp_path / "model.pt")
    loaded = load_model(tmp_path / "model.pt")
    assert torch.equal(model(SRC, TGT), loaded(SRC, TGT))
    assert loaded.config == model.config
    assert not loaded.training


def test_the_logits_are_equal_in_double_precision_too(tmp_path: Path, float64: None) -> None:
    model = tiny().eval()
    save_model(model, tmp_path / "model")
    assert torch.equal(model(SRC, TGT), load_model(tmp_path / "model")(SRC, TGT))


@pytest.mark.parametrize("tie", ["target", "all"])
def test_a_shared_matrix_is_stored_once_and_loaded_as_one(tmp_path: Path, tie: str) -> None:  # T24
    save_model(tiny(tie_embeddings=tie), tmp_path / "model")
    with safe_open(tmp_path / "model", framework="pt") as file:
        shapes = [tuple(file.get_slice(name).get_shape()) for name in file.keys()]  # noqa: SIM118
    assert shapes.count((10, 8)) == (1 if tie == "all" else 2)
    loaded = load_model(tmp_path / "model")
    assert loaded.output_projection.weight is loaded.tgt_embedding.weight
    assert (loaded.src_embedding.weight is loaded.tgt_embedding.weight) == (tie == "all")


def test_a_killed_save_leaves_the_old_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # T40
    path = tmp_path / "model"
    save_model(tiny(), path)
    before = path.read_bytes()

    def dies_half_way(tensors: object, filename: Path, metadata: object) -> None:
        Path(filename).write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr("henkan.training.checkpoint.save_file", dies_half_way)
    with pytest.raises(KeyboardInterrupt):
        save_model(tiny(), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path], "the half-written file is cleared away"


def test_no_file_appears_before_it_is_complete(tmp_path: Path) -> None:
    with replacing(tmp_path / "new") as temporary:
        temporary.write_text("whole")
        assert not (tmp_path / "new").exists()
    assert (tmp_path / "new").read_text() == "whole"


def test_damaged_files_are_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "model"
    save_model(tiny(), path)
    whole = path.read_bytes()
    for wreck in (b"", b"not a model", whole[:40], whole[:-4]):
        path.write_bytes(wreck)
        with pytest.raises(ValueError, match=f"{path} cannot be read as a model"):
            load_model(path)


def test_pickles_are_refused_and_never_executed(tmp_path: Path) -> None:  # T40
    torch.save({"weights": torch.ones(2)}, tmp_path / "pickle.pt")
    with pytest.raises(ValueError, match="cannot be read as a model"):
        load_model(tmp_path / "pickle.pt")


def test_other_safetensors_files_are_refused(tmp_path: Path) -> None:
    save_file({"w": torch.ones(2)}, tmp_path / "other", {"henkan": '{"format": "henkan-model-0"}'})
    with pytest.raises(ValueError, match="not a model of this version"):
        load_model(tmp_path / "other")


def test_weights_that_do_not_fit_are_refused_by_name(tmp_path: Path) -> None:
    model = tiny()
    weights = {name: parameter.detach() for name, parameter in model.named_parameters()}

    def write(**config: object) -> None:
        header = {"format": "henkan-model-1", "config": {**model.config, **config}}
        save_file(weights, tmp_path / "model", {"henkan": json.dumps(header)})

    write(d_ff=32)
    with pytest.raises(ValueError, match=r"feed_forward\.expand"):
        load_model(tmp_path / "model")
    weights.pop("output_projection.bias")
    write()
    with pytest.raises(ValueError, match=r"output_projection\.bias"):
        load_model(tmp_path / "model")


@pytest.mark.parametrize("header", ['{"format": "henkan-model-1"}', '{"format": "henkan-model-1", "config": {"x": 1}}'])
def test_a_damaged_configuration_is_a_sentence(tmp_path: Path, header: str) -> None:
    save_file({}, tmp_path / "model", {"henkan": header})
    with pytest.raises(ValueError, match="damaged configuration"):
        load_model(tmp_path / "model")


def test_a_file_without_weights_is_a_sentence(tmp_path: Path) -> None:
    header = {"format": "henkan-model-1", "config": tiny().config}
    save_file({}, tmp_path / "model", {"henkan": json.dumps(header)})
    with pytest.raises(ValueError, match="does not fit its configuration"):
        load_model(tmp_path / "model")


def test_the_same_model_is_the_same_file(tmp_path: Path) -> None:
    model = tiny()
    files = [tmp_path / str(number) for number in range(8)]
    for file in files:
        save_model(model, file)
    assert len({file.read_bytes() for file in files}) == 1


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no such file"):
        load_model(tmp_path / "nowhere")
