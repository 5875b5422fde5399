import pytest

from henkan.data import BOS_IDX, EOS_IDX, PAD_IDX, UNK_IDX, Vocabulary


def test_special_ids_are_those_of_the_design_and_symbols_start_at_four():
    assert (PAD_IDX, BOS_IDX, EOS_IDX, UNK_IDX) == (0, 1, 2, 3)
    vocabulary = Vocabulary(["a", "b"])
    assert vocabulary.encode(["a", "b"]) == [4, 5]
    assert len(vocabulary) == 6


def test_built_vocabulary_is_ordered_by_frequency_then_code_point():
    assert Vocabulary.build(["bcb", "ac", "b"]).symbols == ("b", "c", "a")
    assert Vocabulary.build(["cab", "bca"]).symbols == ("a", "b", "c")


def test_rare_symbols_are_left_out_below_min_count():
    assert Vocabulary.build(["aab", "ac"], min_count=2).symbols == ("a",)


def test_symbols_spelled_like_special_tokens_are_ordinary_symbols():
    vocabulary = Vocabulary(["<pad>", "<bos>", "<eos>", "<unk>"])
    assert vocabulary.encode(["<pad>", "<bos>", "<eos>", "<unk>"]) == [4, 5, 6, 7]
    assert vocabulary.decode([4, 5, 6, 7]) == ["<pad>", "<bos>", "<eos>", "<unk>"]


def test_decoding_leaves_out_padding_start_and_end_and_shows_unknown():
    assert Vocabulary(["a"]).decode([BOS_IDX, 4, UNK_IDX, EOS_IDX, PAD_IDX]) == ["a", "<unk>"]


@pytest.mark.parametrize("idx", [6, -1])
def test_id_outside_the_vocabulary_is_an_error_that_names_the_range(idx: int):
    with pytest.raises(ValueError, match=rf"id {idx} is outside the vocabulary 0\.\.5"):
        Vocabulary(["a", "b"]).decode([idx])


def test_symbol_given_twice_is_an_error_that_names_it():
    with pytest.raises(ValueError, match="'b' stands twice"):
        Vocabulary(["a", "b", "b"])


def test_vocabularies_are_equal_when_their_ids_are():
    assert Vocabulary(["a", "b"]) == Vocabulary(("a", "b"))
    assert hash(Vocabulary(["a", "b"])) == hash(Vocabulary(("a", "b")))
    assert Vocabulary(["a", "b"]) != Vocabulary(["b", "a"])
