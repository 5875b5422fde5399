"""Bundles that answer together."""

from pathlib import Path

import pytest
import torch
from bundles import SOURCES, random_bundle, texts

from henkan.bundle import Bundle, Ensemble, Limits, Prediction
from henkan.data import Tokenizer
from henkan.decoding import BeamSearch, Greedy, Sampling, Strategy, generate
from henkan.nn import Transformer

STRATEGIES = [Greedy(), BeamSearch(3, 0.6, 2), Sampling(1.5)]


def rounded(predictions: list[list[Prediction]]) -> list[list[tuple[str, float, bool]]]:
    return [[(found.text, round(found.log_prob, 3), found.ended) for found in row] for row in predictions]


@pytest.mark.parametrize("strategy", STRATEGIES, ids=str)
@pytest.mark.parametrize("copies", [1, 2, 3])
def test_a_model_with_itself_is_the_model(strategy: Strategy, copies: int) -> None:  # T45
    bundle = random_bundle()
    assert rounded(Ensemble((bundle,) * copies).predict(SOURCES, strategy)) == rounded(
        bundle.predict(SOURCES, strategy)
    )


def test_two_models_decode_by_their_mean_probability() -> None:
    first, second = random_bundle(1), random_bundle(2)
    together = Ensemble((first, second))
    src = torch.tensor([[*first.source_tokenizer.encode("abc"), 2]])
    (found,) = generate([first.model, second.model], src, bos_idx=1, eos_idx=2, max_len=10)
    assert texts(together, ["abc"]) == [first.target_tokenizer.decode(found[0].tokens)]
    assert together.predict(["abc"])[0][0].log_prob == pytest.approx(found[0].log_prob, abs=1e-4)
    answers = [texts(bundle, SOURCES) for bundle in (first, second, together)]
    assert answers[0] != answers[1] != answers[2] != answers[0]


def test_an_ensemble_is_loaded_from_folders(tmp_path: Path) -> None:
    for seed in (1, 2):
        random_bundle(seed).save(tmp_path / str(seed))
    loaded = Ensemble.load([tmp_path / "1", tmp_path / "2"])
    assert texts(loaded, SOURCES) == texts(Ensemble((random_bundle(1), random_bundle(2))), SOURCES)


def other(source: str = "abcdefgh 日本語", target: str = "ABCDEFにほんご", kind: str = "characters") -> Bundle:
    tokenizers = Tokenizer.train("characters", [source]), Tokenizer.train(kind, [target])
    sizes = [len(tokenizer.vocabulary) for tokenizer in tokenizers]
    model = Transformer(*sizes, d_model=8, num_layers=1, num_heads=1, d_ff=8, max_len=40).eval()
    return Bundle(model, *tokenizers, Limits(12, 10))


@pytest.mark.parametrize(
    ("bundle", "said"),
    [
        (other(source="abc"), "source tokenizers differ: one has 16 symbols, the other 7"),
        (other(source="abcdefgi 日本語"), "source tokenizers differ: .*symbols or options are not the same"),
        (other(kind="separator"), "target tokenizers differ: one splits by characters, the other by separator"),
    ],
)
def test_bundles_that_read_or_write_otherwise_are_refused_with_the_difference(bundle: Bundle, said: str) -> None:
    with pytest.raises(ValueError, match=f"A and B cannot decode together, their {said}"):
        Ensemble((random_bundle(), bundle), ("A", "B"))


def test_models_of_different_sizes_decode_together() -> None:
    together = Ensemble((random_bundle(), other()))
    assert len(texts(together, SOURCES)) == len(SOURCES)
    assert together.limits == Limits(12, 10)


def test_no_bundle_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Ensemble(())
