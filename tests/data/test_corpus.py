"""A large file is split as a small one is, and read again whenever its examples are needed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from henkan.data import Example, open_pairs, source_fraction, split_by_source
from henkan.data import corpus as corpus_module
from henkan.data.corpus import Shares, StreamedExamples, stream_splits
from henkan.data.pairs import group_rows
from henkan.data.rows import Row

ROWS = [(f"word{n % 700}", f"target{n % 900}") for n in range(2_000)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "pairs.tsv"
    path.write_text("".join(f"{source}\t{target}\n" for source, target in ROWS), encoding="utf-8")
    return path


def test_a_streamed_split_is_the_split_in_memory(path: Path) -> None:
    splits, shares = stream_splits(open_pairs(path), Shares(0.1, 0.2))
    whole = split_by_source(group_rows(open_pairs(path).rows()), dev=0.1, test=0.2)
    assert shares == Shares(0.1, 0.2)
    assert splits.dev == whole.dev
    assert splits.test == whole.test
    assert len(splits.train) == len(whole.train)
    pairs = [(example.source, text) for example in splits.train for text in example.references]
    assert sorted(pairs) == sorted((e.source, text) for e in whole.train for text in e.references)


def test_training_examples_can_be_read_again_and_again_with_their_lines(path: Path) -> None:
    train = stream_splits(open_pairs(path), Shares(0.1, 0.1))[0].train
    first, again = list(train), list(train)
    assert first == again
    lines = path.read_text("utf-8").splitlines()
    for example in first:
        assert lines[example.line - 1] == f"{example.source}\t{example.references[0]}"
    assert first[3] in train
    assert Example("no such", ("x",)) not in train


def test_a_pair_that_comes_again_is_taken_once(path: Path) -> None:
    path.write_bytes(path.read_bytes() * 3)
    train = stream_splits(open_pairs(path), Shares(0.0, 0.0))[0].train
    assert len(list(train)) == len(set(ROWS))
    assert len(train) == 700


def test_no_more_sources_are_held_out_than_it_takes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus_module, "MAX_HELD_OUT", 35)
    splits, shares = stream_splits(open_pairs(path), Shares(0.1, 0.02))
    assert shares == Shares(0.05, 0.02)
    whole = split_by_source(group_rows(open_pairs(path).rows()), dev=0.05, test=0.02)
    assert splits.test == whole.test
    assert len(whole.dev) > 35, "the share alone would hold out more"
    nearest = sorted(whole.dev, key=lambda example: source_fraction(example.source))[:35]
    assert splits.dev == [example for example in whole.dev if example in nearest]
    assert len(splits.train) + len(splits.dev) + len(splits.test) == 700


@pytest.mark.parametrize("sources", [2, 3, 5])
def test_a_large_file_of_few_sources_has_something_to_check_by(path: Path, sources: int) -> None:
    path.write_text("".join(f"{n % sources}\t{n}\n" for n in range(100)), encoding="utf-8")
    splits, _ = stream_splits(open_pairs(path), Shares(0.05, 0.05))
    whole = split_by_source(group_rows(open_pairs(path).rows()), dev=0.05, test=0.05)
    assert splits.dev
    assert (splits.dev, splits.test) == (whole.dev, whole.test)
    assert len(splits.train) == len(whole.train) > 0


def test_rows_are_watched_as_they_go_by(path: Path) -> None:
    seen: list[tuple[int | None, int]] = []

    def watch(rows: Iterator[Row], total: int | None) -> Iterator[Row]:
        numbers = []
        for row in rows:
            numbers.append(row[2])
            yield row
        seen.append((total, len(numbers)))

    train = stream_splits(open_pairs(path), Shares(0.1, 0.1), watch=watch)[0].train
    assert seen == [(None, 2_000), (2_000, 2_000)]
    list(train)
    assert seen[2:] == [(2_000, 2_000)]


@pytest.mark.parametrize("block", [1, 7, 10_000])
def test_the_size_of_a_block_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    expected = list(stream_splits(open_pairs(path), Shares(0.1, 0.1))[0].train)
    monkeypatch.setattr(corpus_module, "BLOCK", block)
    assert list(stream_splits(open_pairs(path), Shares(0.1, 0.1))[0].train) == expected


def test_a_file_that_changes_between_two_readings_is_refused(path: Path) -> None:
    train = stream_splits(open_pairs(path), Shares(0.1, 0.1))[0].train
    path.write_text("other\tpair\n", encoding="utf-8")
    with pytest.raises(ValueError, match="was changed while it was read"):
        list(train)
    assert isinstance(train, StreamedExamples)
