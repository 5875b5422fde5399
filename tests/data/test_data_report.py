from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from henkan.data import Example, Splits, Tokenizer, make_data_report, read_pairs
from henkan.data.choose_copying import Copying, with_copying
from henkan.data.lengths import Lengths

SPLITS = Splits(
    train=[Example("ab", ("X Y", "X")), Example("abba", ("Y Y Y",))],
    dev=[Example("aß?ß", ("X Z",))],
    test=[Example("b", ("X",))],
)
SOURCE = Tokenizer.train("characters", [example.source for example in SPLITS.train])
TARGET = Tokenizer.train("separator", [text for example in SPLITS.train for text in example.references])


def test_report_counts_what_a_reader_can_count():
    report = make_data_report(SPLITS, SOURCE, TARGET)
    assert (report.pairs, report.sources, report.several_references) == (5, 4, 1)
    assert (report.train, report.dev, report.test) == (2, 1, 1)
    lengths = report.source.lengths  # 1 2 4 4
    assert (lengths.min, lengths.median, lengths.p95, lengths.max) == (1, 2, 4, 4)
    assert report.target.lengths.max == 3
    assert (report.source.symbols, report.target.symbols) == (2, 2)


def test_ninety_five_percent_of_the_lengths_are_at_most_p95():
    examples = [Example("a" * length, ("a",)) for length in range(1, 101)]
    report = make_data_report(Splits(examples, [], []), SOURCE, SOURCE)
    assert report.source.lengths.p95 in (95, 96)
    assert report.source.lengths.median in (50, 51)


def test_symbols_never_seen_in_training_are_counted_per_split_and_named():
    report = make_data_report(SPLITS, SOURCE, TARGET)
    assert report.source.unseen_dev.symbols == ("ß", "?")
    assert report.source.unseen_dev.share == 3 / 4
    assert report.target.unseen_dev.share == 1 / 2
    assert report.source.unseen_test.share == report.target.unseen_test.share == 0.0


def test_symbols_that_are_copied_are_not_called_unseen():
    copying = Copying({"c"}, pairs=50, share=1.0, most=1)
    splits = Splits(
        [Example("abc", ("cab",)), Example("ba", ("ab",))], [Example("鬱a", ("a鬱",))], [Example("鬱薔鬱", ("薔鬱",))]
    )
    side = with_copying(Tokenizer.train("characters", ["abc"]), copying)
    report = make_data_report(splits, side, side)
    assert report.copied == 3
    assert report.source.unseen_dev.count == report.target.unseen_dev.count == 0
    assert report.source.unseen_test.symbols == report.target.unseen_test.symbols == ("薔",)  # no place-holder is left
    lines = report.lines()
    assert "in no vocabulary, but copied to the output: 3 symbols of dev and test" in lines
    assert not any("also stands in the training texts" in line for line in lines)


def test_report_of_a_file_says_what_was_left_out(tmp_path: Path):
    path = tmp_path / "own.tsv"
    path.write_text("ab\tX Y\n\nab\tX Y\nb\t\nba\tY\n")
    file = read_pairs(path)
    lines = make_data_report(Splits(file.examples, [], []), SOURCE, TARGET, file.report).lines()
    assert lines[0] == f"{path}: 2 pairs of 2 different sources"
    assert (
        lines[1]
        == "left out: 1 blank line (first: line 2), 1 row with one side empty (first: line 4), 1 repeat of a pair "
        "(first: line 3)"
    )
    assert "every symbol of dev and test also stands in the training texts" in lines


def test_report_as_text_names_unseen_symbols_and_is_silent_about_a_clean_file():
    lines = make_data_report(SPLITS, SOURCE, TARGET).lines()
    assert lines[0] == "5 pairs of 4 different sources, 1 with several references"
    assert lines[1] == "split by source: 2 to train, 1 dev, 1 test"
    assert lines[2] == "source: characters, 2 symbols; length 1 to 4, median 2, 95% up to 4"
    assert lines[3] == "target: split at the separator, 2 symbols; length 1 to 3, median 2, 95% up to 3"
    assert lines[4] == "characters of the source: 2 Latin"
    assert lines[5] == "Warning: never seen in training: 3 of 4 symbols (75.00%) of dev source, for example 'ß' '?'"
    assert lines[6] == "Warning: never seen in training: 1 of 2 symbols (50.00%) of dev target, for example 'Z'"


def test_split_without_examples_is_reported_without_a_division_by_zero():
    report = make_data_report(Splits([], [], []), SOURCE, TARGET)
    assert report.source.unseen_dev.share == 0.0
    assert report.source.lengths.max == 0


def test_characters_are_counted_by_script_and_those_that_stand_once_are_named():
    train = [Example("変換Ab1", ("へんかん",)), Example("変A 。", ("ヘン",))]
    texts = [example.source for example in train]
    report = make_data_report(Splits(train, [], []), Tokenizer.train("characters", texts), TARGET)
    assert report.source.scripts == {"kanji": 2, "Latin": 2, "digits": 1, "spaces": 1, "signs": 1}
    assert report.source.once == 5
    assert report.target.scripts == {}  # its symbols are no characters


def test_a_source_of_training_and_of_another_split_is_a_warning():
    splits = Splits([Example("a", ("x",)), Example("b", ("x",))], [Example("a", ("y",))], [Example("b", ("x",))] * 2)
    report = make_data_report(splits, SOURCE, TARGET)
    assert report.leaked == 2
    assert any("2 of the dev and test sources stand in the training pairs" in line for line in report.warnings())


def test_sources_with_several_targets_repeats_and_small_tests_are_warnings(tmp_path: Path):
    path = tmp_path / "own.tsv"
    path.write_text("ab\tX\nab\tY\nba\tX\nba\tX\nba\tX\n")
    file = read_pairs(path)
    warnings = make_data_report(
        Splits(file.examples[:1], [], file.examples[1:]), SOURCE, TARGET, file.report
    ).warnings()
    assert [warning.split(":")[1][1:13] for warning in warnings] == ["50% of the s", "40% of the r", "1 test sourc"]
    assert make_data_report(Splits([Example("ab", ("X",))], [], []), SOURCE, TARGET).warnings() == []


def test_features_that_were_found_are_named_with_the_way_to_say_otherwise(tmp_path: Path):
    path = tmp_path / "own.tsv"
    path.write_text("".join(f"{word}\t{word}s\tN;PL\n" for word in ("ab", "ba", "bb")))
    file = read_pairs(path)
    source = Tokenizer.train("characters", [example.source for example in file.examples], features=True)
    report = make_data_report(Splits(file.examples, [], []), source, TARGET, file.report)
    assert any(
        line.startswith("features: 2 tags (N, PL) in the third column") and "--data.features none" in line
        for line in report.lines()
    )
    assert report.source.scripts == {"Latin": 2}  # tags are no characters


def test_a_picture_of_the_lengths_has_the_longest_bar_where_most_texts_are():
    counts = Counter({1: 2, 2: 16, 4: 8})
    assert Lengths.of(counts).bars == "▁█·▄"
    assert Lengths.of(Counter({1: 1, 2: 8, 4: 4})).bars == ""  # 13 texts show chance
    assert Lengths.of(Counter({7: 100})).bars == ""


@given(st.lists(st.integers(0, 300), min_size=1))
def test_lengths_are_those_of_the_sorted_list(lengths: list[int]):
    found = Lengths.of(Counter(lengths))
    ordered = sorted(lengths)
    assert (found.min, found.max) == (ordered[0], ordered[-1])
    assert found.median == ordered[(len(ordered) - 1) // 2]
    assert sum(length <= found.p95 for length in lengths) >= 0.95 * len(lengths)
    assert len(found.bars) <= 16


def test_leaks_are_counted_for_each_split_and_between_dev_and_test():
    splits = Splits(
        [Example("a", ("x",)), Example("b", ("x",))],
        [Example("a", ("x",)), Example("c", ("x",))],
        [Example("b", ("x",)), Example("c", ("x",)), Example("d", ("x",))],
    )
    report = make_data_report(splits, SOURCE, TARGET)
    assert (report.leaked, report.leaked_dev, report.leaked_test, report.dev_in_test) == (2, 1, 1, 1)
    assert any("(1 of 2 dev, 1 of 3 test)" in line for line in report.warnings())
    assert any("1 sources stand in both dev and test" in line for line in report.warnings())


def test_one_text_far_longer_than_the_others_is_a_warning():
    train = [Example("ab", ("X",))] * 99
    assert make_data_report(Splits([*train, Example("a" * 20, ("X",))], [], []), SOURCE, TARGET).warnings() == []
    report = make_data_report(Splits([*train, Example("a" * 21, ("X",))], [], []), SOURCE, TARGET)
    assert any("the longest source has 21 symbols, 95% have at most 2" in line for line in report.warnings())


def test_the_line_of_the_first_conflict_is_named(tmp_path: Path):
    path = tmp_path / "own.tsv"
    path.write_text("ab\tX\nba\tX\nab\tY\n")
    file = read_pairs(path)
    report = make_data_report(Splits(file.examples, [], []), SOURCE, TARGET, file.report)
    assert any("50% of the sources have several targets" in line and "line 3" in line for line in report.warnings())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a\ufffdb", "1 times U+FFFD"),
        ("a\u200bb", "U+200B (zero width space)"),
        ("がか\u3099", "1 combining marks beside"),
        ("éee\u0301", "1 combining marks beside"),
        ("がぎé", None),
        ("か\u3099", None),  # one spelling throughout is no mixture
    ],
)
def test_damaged_and_mixed_characters_are_warnings(text: str, said: str | None):
    warnings = make_data_report(Splits([Example(text, ("X",))], [], []), SOURCE, TARGET).warnings()
    if said is None:
        assert warnings == []
    else:
        assert len(warnings) == 1
        assert said in warnings[0]
