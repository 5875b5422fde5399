"""From speeds to rows: ratios of the same round, medians, bounds."""

import json
from pathlib import Path

import pytest

from henkan.bench.entrants import Case, Entrant
from henkan.bench.floor import Floor, flops_per_token, weight_bytes_per_token
from henkan.bench.lane import Measured
from henkan.bench.peers import Way
from henkan.bench.picture import make_panels
from henkan.bench.record import default_folder, save
from henkan.bench.report import describe_rows
from henkan.bench.shapes import SHAPES
from henkan.bench.summary import phase_floor_row, phase_row, summarise

SMALL = SHAPES["small"]
FLOOR = Floor({"float32": {512: 100.0}, "bfloat16": {512: 400.0}}, 10.0, 2)
TRAIN = Case("train")


def entrants(case: Case) -> list[Measured]:
    """Two that were measured and one that was not."""
    return [
        Measured(Entrant("reference", "a"), case, [100.0, 50.0, 200.0]),
        Measured(Entrant("other", "b", Way(precision="bfloat16")), case, [150.0, 200.0, 220.0], about={"version": "9"}),
        Measured(Entrant("third", "c"), case, reason="it is not installed"),
    ]


def test_a_ratio_is_to_the_reference_of_the_same_round_and_medians_are_of_the_rounds() -> None:
    reference, other, third = summarise(SMALL, entrants(TRAIN), FLOOR)
    assert (reference["tokens_per_second"], reference["tokens_per_second_range"]) == (100, [50, 200])
    assert (reference["ratio"], reference["ratio_range"]) == (1.0, [1.0, 1.0])
    assert (other["ratio"], other["ratio_range"]) == (1.5, [1.1, 4.0]), "not the ratio of the medians, 2.0"
    assert (other["precision"], other["version"], other["rounds"]) == ("bfloat16", "9", 3)
    assert third["left_out"] == "it is not installed"
    assert "tokens_per_second" not in third


def test_training_is_bound_by_products_of_its_precision() -> None:
    reference, other, _ = summarise(SMALL, entrants(TRAIN), FLOOR)
    assert reference["bound"] == round(100e9 / flops_per_token(SMALL))
    assert other["bound"] == round(400e9 / flops_per_token(SMALL))
    assert reference["share_of_bound"] == pytest.approx(100 * flops_per_token(SMALL) / 100e9, abs=1e-3)


@pytest.mark.parametrize(("rows", "beam", "has_bound"), [(1, 1, True), (32, 1, False), (1, 4, False)])
def test_decoding_one_sentence_greedily_is_bound_by_reading_the_weights(rows: int, beam: int, has_bound: bool) -> None:
    reference, *_ = summarise(SMALL, entrants(Case("decode", rows, beam)), FLOOR)
    assert (reference["batch"], reference["beam"]) == (rows, beam)
    assert ("bound" in reference) == has_bound
    if has_bound:
        assert reference["bound"] == round(10e9 / weight_bytes_per_token(SMALL, "float32"))


def test_without_its_reference_a_case_has_speeds_and_no_ratios() -> None:
    first, second, _ = entrants(TRAIN)
    rows = summarise(SMALL, [Measured(first.entrant, TRAIN, reason="gone"), second], FLOOR)
    assert "ratio" not in rows[1]
    assert rows[1]["tokens_per_second"] == 200
    assert make_panels(rows) == []
    assert "200" in "\n".join(describe_rows(rows))


def test_the_table_names_everyone_and_says_why_someone_is_left_out() -> None:
    lines = describe_rows(summarise(SMALL, entrants(TRAIN), FLOOR))
    assert any("other" in line and "1.50 x" in line and "[1.10 .. 4.00]" in line for line in lines)
    assert lines[-1] == "  left out: third float32: it is not installed"


def test_the_panels_hold_the_ratios_and_leave_out_who_was_not_measured() -> None:
    rows = summarise(SMALL, entrants(TRAIN), FLOOR) + summarise(SMALL, entrants(Case("decode", 1, 4)), FLOOR)
    training, decoding = make_panels(rows)
    assert (training.title, decoding.title) == ("small: training", "small: decoding, batch 1, beam 4")
    assert training.reference == "reference, float32"
    assert [(bar.name, bar.ratio, bar.low, bar.high) for bar in training.bars] == [
        ("reference, float32", 1.0, 1.0, 1.0),
        ("other, bfloat16", 1.5, 1.1, 4.0),
    ]


def test_phases_are_medians_in_milliseconds_beside_their_floor() -> None:
    rounds = [dict.fromkeys(("data", "forward", "loss", "backward", "optimizer"), 0.001 * n) for n in (1, 5, 2)]
    row = phase_row(SMALL, "henkan", rounds)
    assert (row["forward"], row["step"]) == (2.0, 10.0)
    floor = phase_floor_row(SMALL, FLOOR)
    assert floor["backward"] == pytest.approx(2 * (floor["forward"] + floor["loss"]), abs=0.02)


def test_a_result_says_what_ran_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save("bench", [{"work": "train"}], tmp_path / "new", "henkan bench --rounds 1")
    content = json.loads(path.read_text("utf-8"))
    assert path.name.endswith("-bench.json")
    assert content["command"] == "henkan bench --rounds 1"
    assert content["results"] == [{"work": "train"}]
    assert {"processor", "threads", "python", "torch"} <= content.keys()
    monkeypatch.chdir(tmp_path)
    assert default_folder() == Path()
    (tmp_path / "benchmarks" / "results").mkdir(parents=True)
    assert default_folder() == Path("benchmarks/results")
