import pytest
from hypothesis import given
from hypothesis import strategies as st

from henkan.data import Example, Splits, source_fraction, split_by_source

sources = st.lists(st.text(), unique=True)


def examples_of(texts: list[str]) -> list[Example]:
    return [Example(text, (text,)) for text in texts]


def split_of(splits: Splits) -> dict[str, str]:
    parts = {"train": splits.train, "dev": splits.dev, "test": splits.test}
    return {example.source: name for name, part in parts.items() for example in part}


# Worked out apart from Python: printf 'henkan\nhello' | b2sum -l 64
@pytest.mark.parametrize(
    ("source", "digest"), [("hello", 0x0619008781D49B6B), ("変換", 0xB8AD76953059BE42), ("23+45", 0xC474F77164BEB0E1)]
)
def test_fraction_of_a_source_is_its_published_hash(source: str, digest: int):
    assert source_fraction(source) == digest / 2**64


def test_members_of_the_splits_are_the_same_on_every_machine():
    # b2sum gives word3 0731, word39 00f2, word56 0955 (below 5 % of ffff: 0ccc) and word12 1847, word24 1895,
    # word41 13a2 (below 10 %: 1999); all others of word0 to word60 are above.
    splits = split_by_source(examples_of([f"word{number}" for number in range(61)]))
    assert [example.source for example in splits.test] == ["word3", "word39", "word56"]
    assert [example.source for example in splits.dev] == ["word12", "word24", "word41"]
    assert len(splits.train) == 55


@given(sources)
def test_every_source_is_in_exactly_one_split(texts: list[str]):
    splits = split_by_source(examples_of(texts))
    together = [example.source for part in (splits.train, splits.dev, splits.test) for example in part]
    assert sorted(together) == sorted(texts)


@given(st.lists(st.text(), unique=True, min_size=1), st.floats(0.01, 0.5), st.floats(0.0, 0.49))
def test_training_is_never_empty_and_dev_only_with_a_single_source(texts: list[str], dev: float, test: float):
    splits = split_by_source(examples_of(texts), dev=dev, test=test)
    assert splits.train
    assert splits.dev or len(texts) == 1


def test_growing_a_file_never_moves_a_source():
    texts = [f"word{number}" for number in range(500)]
    large = split_of(split_by_source(examples_of(texts)))
    for size in range(61, 500, 20):
        small = split_of(split_by_source(examples_of(texts[:size])))
        assert all(large[text] == part for text, part in small.items()), f"a source moved between {size} and 500"


def test_order_of_the_file_moves_no_source():
    texts = [f"word{number}" for number in range(100)]
    assert split_of(split_by_source(examples_of(texts))) == split_of(split_by_source(examples_of(texts[::-1])))


def test_source_lent_to_dev_by_a_tiny_file_returns_as_the_file_grows():
    tiny = split_by_source(examples_of(["a", "b"]))  # be4a and 3a2a: neither is below 1999
    assert [example.source for example in tiny.dev] == ["b"], "the source nearest to the border is lent"
    grown = split_by_source(examples_of(["a", "b", "word12"]))
    assert [example.source for example in grown.dev] == ["word12"]
    assert [example.source for example in grown.train] == ["a", "b"]


def test_rows_of_one_source_are_never_parted():
    rows = [Example(f"word{number % 50}", (str(number),)) for number in range(200)]
    splits = split_by_source(rows)
    parts = [{example.source for example in part} for part in (splits.train, splits.dev, splits.test)]
    assert not parts[0] & parts[1]
    assert not parts[0] & parts[2]
    assert not parts[1] & parts[2]


def test_splits_have_about_the_shares_asked_for_and_keep_the_order():
    texts = [f"word{number}" for number in range(10_000)]
    splits = split_by_source(examples_of(texts), dev=0.1, test=0.2)
    assert 0.09 < len(splits.dev) / len(texts) < 0.11
    assert 0.19 < len(splits.test) / len(texts) < 0.21
    numbers = [int(example.source.removeprefix("word")) for example in splits.train]
    assert numbers == sorted(numbers)


def test_salt_changes_the_splits():
    texts = [f"word{number}" for number in range(100)]
    assert split_of(split_by_source(examples_of(texts))) != split_of(split_by_source(examples_of(texts), salt="other"))


def test_dev_share_of_zero_holds_nothing_out_for_dev():
    assert split_by_source(examples_of(["a", "b", "c"]), dev=0.0, test=0.0).dev == []


@pytest.mark.parametrize(("dev", "test"), [(-0.1, 0.1), (0.5, 0.5), (0.1, 1.0), (1.5, 0.0), (0.1, -0.1)])
def test_shares_that_leave_no_training_are_an_error(dev: float, test: float):
    with pytest.raises(ValueError, match=f"dev={dev} and test={test} must be shares"):
        split_by_source(examples_of(["a", "b"]), dev=dev, test=test)


@given(st.dictionaries(st.text(), st.sampled_from("abcdefgh")))
def test_examples_with_the_same_key_are_held_out_together_or_not_at_all(values: dict[str, str]):
    splits = split_by_source(examples_of(list(values)), 0.2, 0.2, key=lambda example: values[example.source])
    keys = [{values[example.source] for example in part} for part in (splits.train, splits.dev, splits.test)]
    assert sum(map(len, keys)) == len(set(values.values()))
    assert sum(map(len, (splits.train, splits.dev, splits.test))) == len(values)


def test_the_key_is_hashed_as_a_source_is():
    by_key = split_by_source(
        examples_of([f"no. {n}" for n in range(61)]), key=lambda example: f"word{example.source[4:]}"
    )
    assert [example.source for example in by_key.test] == ["no. 3", "no. 39", "no. 56"]
