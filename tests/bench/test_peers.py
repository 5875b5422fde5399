"""Each peer does the work it is measured with. Where its package is not installed, its tests are skipped."""

import ast
import math
from pathlib import Path
from typing import Any

import pytest
import torch

import henkan.bench.peers
from henkan import Transformer, count_parameters
from henkan.bench.peers import Way
from henkan.bench.shapes import EOS, OUTPUT_LENGTH, SHAPES

PEERS = ["marian", "x_transformers", "joeynmt", "yoyodyne"]
TINY = SHAPES["tiny"]
WORK = TINY.training_batches()[0]


@pytest.fixture(params=PEERS)
def peer(request: pytest.FixtureRequest) -> Any:
    return load(request.param)


def load(name: str) -> Any:
    return pytest.importorskip(f"henkan.bench.peers.{name}", exc_type=ImportError)


@pytest.fixture
def losses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What gradients are asked of, in turn."""
    found: list[float] = []
    backward = torch.Tensor.backward

    def record(loss: torch.Tensor, *args: Any, **kwargs: Any) -> None:
        found.append(float(loss.detach()))
        backward(loss, *args, **kwargs)

    monkeypatch.setattr(torch.Tensor, "backward", record)
    return found


@pytest.mark.parametrize("dropout", [True, False])
def test_dropout_is_in_its_training_unless_it_is_switched_off(peer: Any, dropout: bool, losses: list[float]) -> None:
    for seed in (1, 2):
        torch.manual_seed(0)
        update = peer.training(TINY, Way(dropout=dropout))
        torch.manual_seed(seed)
        update(WORK)
    assert (losses[0] != losses[1]) == dropout
    assert all(abs(loss - math.log(TINY.vocab_size)) < 1.0 for loss in losses), "about that of guessing"


@pytest.mark.slow
def test_its_loss_falls(peer: Any, losses: list[float]) -> None:
    update = peer.training(TINY, Way())
    for _ in range(20):
        update(WORK)
    assert sum(losses[-3:]) / 3 < losses[0] - 0.3


@pytest.mark.parametrize(("beam", "rows"), [(1, 1), (1, 3), (4, 1), (4, 3)])
def test_every_row_gets_all_its_tokens_and_no_end(peer: Any, beam: int, rows: int) -> None:
    decode = peer.decoding(TINY, Way(), beam)
    if peer.PACKAGE == "x-transformers" and beam > 1 and rows > 1:
        with pytest.raises(ValueError, match="fails for more than one row"):
            decode(TINY.sources(rows))
        return
    found = torch.as_tensor(decode(TINY.sources(rows)))
    assert found.shape == (rows, OUTPUT_LENGTH)
    assert not (found == EOS).any()


def test_what_is_decoded_depends_on_the_source(peer: Any) -> None:
    decode = peer.decoding(TINY, Way(), 1)
    assert len(set(map(tuple, torch.as_tensor(decode(TINY.sources(32))).tolist()))) > 1


@pytest.mark.parametrize("name", ["tiny", "small"])
def test_it_has_about_as_many_parameters_as_henkan(peer: Any, name: Any) -> None:
    shape = SHAPES[name]
    sizes = (shape.vocab_size, shape.vocab_size, shape.d_model, shape.num_layers, shape.num_heads, shape.d_ff)
    ours = count_parameters(Transformer(*sizes, shape.max_len, tie_embeddings="all" if shape.tied else "none"))
    assert ours * 0.99 < count_parameters(peer.make_model(shape, Way())) < ours * 1.25  # some tie less


def test_yoyodyne_refuses_a_beam_over_a_large_vocabulary() -> None:
    with pytest.raises(ValueError, match="decode greedily"):
        load("yoyodyne").decoding(SHAPES["small"], Way(), 4)


@pytest.mark.parametrize("name", [*PEERS, "ctranslate2"])
def test_a_peer_imports_nothing_that_henkan_needs(name: str) -> None:
    source = (Path(henkan.bench.peers.__file__).parent / f"{name}.py").read_text(encoding="utf-8")
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)]
    ours = {str(node.module) for node in nodes if str(node.module).split(".")[0] == "henkan"}
    assert ours <= {"henkan.bench.peers", "henkan.bench.shapes", "henkan.bench.update"}


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """CTranslate2 with a random model of henkan's."""
    specification = pytest.importorskip("henkan.export.specification", exc_type=ImportError)
    peer = load("ctranslate2")
    model = Transformer(TINY.vocab_size, TINY.vocab_size, 16, 1, 2, 32, TINY.max_len).eval()
    specification.write_model(model, tmp_path, "float32")
    monkeypatch.setenv(peer.MODEL, str(tmp_path))
    monkeypatch.setattr(torch, "set_num_threads", lambda count: None)  # the other tests keep theirs
    return peer


@pytest.mark.parametrize(("beam", "workers", "precision"), [(1, 1, "float32"), (4, 2, "float32"), (1, 2, "int8")])
def test_every_row_of_ctranslate2_gets_all_its_tokens_and_no_end(
    engine: Any, beam: int, workers: int, precision: Any
) -> None:
    from henkan.export.specification import target_token

    way = Way(precision=precision, workers=workers)
    found = engine.decoding(TINY, way, beam)(TINY.sources(5))
    assert [len(row) for row in found] == [OUTPUT_LENGTH] * 5
    assert target_token(EOS) not in {token for row in found for token in row}


def test_ctranslate2_is_given_the_names_that_its_model_has(engine: Any) -> None:
    from henkan.export.specification import source_token

    assert [engine.source_token(idx) for idx in range(9)] == [source_token(idx) for idx in range(9)]


@pytest.mark.parametrize("folder", [None, "nowhere"])
def test_ctranslate2_says_which_model_it_lacks(folder: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    peer = load("ctranslate2")
    monkeypatch.delenv(peer.MODEL, raising=False)
    if folder:
        monkeypatch.setenv(peer.MODEL, folder)
    with pytest.raises(ValueError, match="HENKAN_BENCH_MODEL names no model"):
        peer.decoding(TINY, Way(), 1)


def test_ctranslate2_does_not_train() -> None:
    with pytest.raises(ValueError, match="does not train"):
        load("ctranslate2").training(TINY, Way())
