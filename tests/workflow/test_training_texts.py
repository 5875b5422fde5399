"""What tokenizers are chosen by comes from all over a file."""

from pathlib import Path

import pytest

from henkan.data import Example, open_pairs
from henkan.data.corpus import Shares, stream_splits
from henkan.workflow import training_texts as texts_module
from henkan.workflow.plan_tokenizers import plan_tokenizers
from henkan.workflow.target import Target
from henkan.workflow.training_texts import TrainingTexts
from henkan.workflow.wishes import Wishes

EXAMPLES = [Example(f"s{n}\tX;Y", (f"t{n}", f"u{n}"), n) for n in range(500)]


def test_few_pairs_are_all_looked_at() -> None:
    texts = TrainingTexts(EXAMPLES, features=True)
    assert not texts.is_sampled
    assert texts.sample == [(example.source, text) for example in EXAMPLES for text in example.references]
    assert texts.some == ([f"s{n // 2}" for n in range(1_000)], [text for e in EXAMPLES for text in e.references])


def test_a_sample_of_many_is_from_all_over_and_always_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts_module, "MAX_PAIRS", 200)
    texts = TrainingTexts(EXAMPLES, features=False)
    assert texts.is_sampled
    assert 150 < len(texts.sample) < 250
    numbers = [int(target[1:]) for _, target in texts.sample]
    assert numbers == sorted(numbers)
    assert all(20 < sum(start <= n < start + 100 for n in numbers) < 60 for start in range(0, 500, 100))
    assert TrainingTexts(EXAMPLES, features=False).sample == texts.sample


def test_no_more_are_looked_at_than_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts_module, "MAX_SAMPLE", 300)
    sources, targets = TrainingTexts(EXAMPLES, features=True).some
    assert 200 < len(sources) <= 300
    assert sources[-1] >= "s49"
    assert len(targets) == len(sources)


def test_a_streamed_file_is_sampled_like_a_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text("".join(f"s{n}\tt{n}\n" for n in range(400)), encoding="utf-8")
    train = stream_splits(open_pairs(path), Shares(0.1, 0.1))[0].train
    for most in (10**6, 100):
        monkeypatch.setattr(texts_module, "MAX_PAIRS", most)
        assert TrainingTexts(train, features=False).sample == TrainingTexts(list(train), features=False).sample


def test_a_sorted_file_is_judged_by_all_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its first lines have phones between spaces, most have none."""
    monkeypatch.setattr(texts_module, "MAX_SAMPLE", 100)
    path = tmp_path / "pairs.tsv"
    rows = [f"a{n}\tHH AH L OW\n" for n in range(200)] + [f"b{n}\tnone\n" for n in range(600)]
    path.write_text("".join(rows), encoding="utf-8")
    splits, _ = stream_splits(open_pairs(path), Shares(0.1, 0.1))
    assert plan_tokenizers(Target("pairs", splits, {}, is_large=True), Wishes()).target.kind == "characters"


def test_sub_words_of_a_large_file_are_learned_from_a_sample_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts_module, "MAX_PAIRS", 200)
    path = tmp_path / "pairs.tsv"
    path.write_text("".join(f"the cat {n} sat\tle chat {n} dort\n" for n in range(1_000)), encoding="utf-8")
    splits, _ = stream_splits(open_pairs(path), Shares(0.1, 0.1))
    wishes = Wishes({"data": {"source_tokenizer": "bpe", "target_tokenizer": "bpe"}})
    tokenizers = plan_tokenizers(Target("pairs", splits, {}, is_large=True), wishes)
    reasons = {choice.option: choice.reason for choice in tokenizers.choices}
    assert "pairs from all over the file" in reasons["data.source_vocabulary"]
    assert tokenizers.source.decode(tokenizers.source.encode("the cat 7 sat")) == "the cat 7 sat"
