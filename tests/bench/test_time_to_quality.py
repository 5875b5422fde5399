"""The race to a word error rate: how curves are read, and that all train on the same."""

import importlib.util
import json
import random
import sys
from dataclasses import replace
from itertools import chain, pairwise
from pathlib import Path

import pytest
import torch

FOLDER = Path(__file__).parent.parent.parent / "benchmarks"
sys.path.insert(0, str(FOLDER))  # as if one of its programs ran
from time_to_quality import henkan_entry, torch_peer  # noqa: E402
from time_to_quality.batches import epoch_of, padding_share, works  # noqa: E402
from time_to_quality.contest import Contest, Curve, Point, word_error_rate  # noqa: E402
from time_to_quality.crossing import lead, seconds_to, seconds_with_judging  # noqa: E402
from time_to_quality.judging import decode_dev, up_to_end  # noqa: E402
from time_to_quality.peer import Settings  # noqa: E402
from time_to_quality.picture import draw  # noqa: E402
from time_to_quality.run import run_henkan, run_peer  # noqa: E402

_specification = importlib.util.spec_from_file_location("race", FOLDER / "time_to_quality.py")  # a package has its name
assert _specification is not None
assert _specification.loader is not None
program = importlib.util.module_from_spec(_specification)
sys.modules["race"] = program
_specification.loader.exec_module(program)

SMALL = {"d_model": 32, "num_heads": 2, "num_encoder_layers": 1, "num_decoder_layers": 1, "d_ff": 64}
POINTS = [Point(10, 10.0, 0.8, 1.0), Point(20, 20.0, 0.6, 2.0), Point(30, 30.0, 0.7, 4.0), Point(40, 40.0, 0.4, 8.0)]


@pytest.fixture(scope="module")
def contest() -> Contest:
    overrides = {"task": {"num_samples": 200, "max_length": 5}, "model": SMALL, "training": {"batch_tokens": 256}}
    return henkan_entry.make_contest("copy", overrides, dev_size=8, seed=1, seconds=0.4, points=2)


def curve(name: str, points: list[Point]) -> Curve:
    return Curve(name, 1, {}, {}, 1, 1, 0.0, points=points)


def test_between_two_evaluations_the_line_is_straight() -> None:
    assert seconds_to(POINTS, 0.7) == pytest.approx(15.0)
    assert seconds_to(POINTS, 0.5) == pytest.approx(30.0 + 10.0 * 2 / 3)
    assert seconds_to(POINTS, 0.6) == pytest.approx(20.0)


def test_before_the_first_evaluation_the_line_starts_with_every_word_wrong() -> None:
    assert seconds_to(POINTS, 0.9) == pytest.approx(5.0)


def test_the_first_time_counts_though_it_gets_worse_again() -> None:
    assert seconds_to(POINTS, 0.65) == pytest.approx(17.5)


def test_a_target_that_is_never_reached_has_no_time() -> None:
    assert seconds_to(POINTS, 0.39) is None
    assert seconds_with_judging(POINTS, 0.39) is None
    assert seconds_to([], 0.5) is None


def test_the_evaluations_that_found_it_can_be_counted_too() -> None:
    assert seconds_with_judging(POINTS, 0.7) == pytest.approx(15.0 + 1.0 + 2.0)


def test_the_lead_is_over_the_fastest_of_the_others() -> None:
    slow = [replace(point, seconds=3 * point.seconds) for point in POINTS]
    slower = [replace(point, seconds=4 * point.seconds) for point in POINTS]
    curves = [curve("henkan", POINTS), curve("a", slower), curve("b", slow)]
    assert lead(curves, 0.5) == (pytest.approx(3.0), True)


def test_where_no_other_gets_there_the_lead_is_only_a_lower_bound() -> None:
    others = [Point(10, 100.0, 0.9, 1.0)]
    assert lead([curve("henkan", POINTS), curve("a", others)], 0.6) == (pytest.approx(5.0), False)
    assert lead([curve("henkan", others), curve("a", POINTS)], 0.6) is None


def test_contest_and_curve_come_back_from_their_files_as_they_were(contest: Contest, tmp_path: Path) -> None:
    contest.save(tmp_path / "contest.json")
    again = Contest.load(tmp_path / "contest.json")
    assert json.dumps(again.dev) == json.dumps(contest.dev)
    assert json.dumps(again.train) == json.dumps(contest.train)
    assert (again.sizes, again.overrides) == (contest.sizes, contest.overrides)
    curve("henkan", POINTS).save(tmp_path / "curve.json")
    assert Curve.load(tmp_path / "curve.json") == curve("henkan", POINTS)


def test_henkan_trains_on_the_pairs_of_the_contest_and_a_model_of_its_shape(contest: Contest) -> None:
    plan = henkan_entry.plan_for(contest)
    assert sorted((pair.src, pair.tgt) for pair in plan.batches.pairs) == sorted(contest.train)
    assert plan.model.src_embedding.num_embeddings == contest.src_vocab_size
    assert plan.model.tgt_embedding.num_embeddings == contest.tgt_vocab_size
    assert {name: plan.model.config[name] for name in SMALL} == SMALL


def test_pairs_that_henkan_would_not_train_on_are_refused(contest: Contest) -> None:
    with pytest.raises(ValueError, match="export them anew"):
        henkan_entry.plan_for(replace(contest, train=contest.train[:-1]))


@pytest.mark.parametrize("by_length", [False, True])
def test_an_epoch_of_a_peer_has_every_pair_once(contest: Contest, by_length: bool) -> None:
    batches = epoch_of(contest, 16, random.Random(0), by_length=by_length)
    assert sorted(chain.from_iterable(batches)) == list(range(len(contest.train)))
    stream = works(contest, 16, by_length=by_length)
    rows = [work for work, _ in zip(stream, batches, strict=False)]
    seen = [
        ([one for one in src if one], [one for one in tgt if one])
        for work in rows
        for src, tgt in zip(work.src.tolist(), work.tgt_out.tolist(), strict=True)
    ]
    assert sorted(seen) == sorted((src, tgt[1:]) for src, tgt in contest.train)


def test_rows_of_like_lengths_have_less_padding(contest: Contest) -> None:
    assert padding_share(contest, 16, by_length=True) < padding_share(contest, 16, by_length=False)


def test_the_peer_has_as_many_parameters_as_henkan(contest: Contest) -> None:
    own = sum(parameter.numel() for parameter in henkan_entry.plan_for(contest).model.parameters())
    model = torch_peer.make_model(contest, Settings())
    final_norms = 2 * 2 * contest.sizes.d_model  # of nn.Transformer, which has them with post-norm, too
    assert abs(sum(parameter.numel() for parameter in model.parameters()) - own) <= final_norms


def test_dropout_of_the_peer_is_where_the_contest_has_it(contest: Contest) -> None:
    inner = torch_peer.make_model(contest, Settings(inner_dropout=True))
    layer = torch_peer.make_model(contest, Settings()).transformer.decoder.layers[0]
    assert (layer.self_attn.dropout, layer.multihead_attn.dropout, layer.dropout.p, layer.dropout1.p) == (0, 0, 0, 0.1)
    assert inner.transformer.decoder.layers[0].dropout.p == 0.1


def test_an_output_is_right_with_any_of_the_answers(contest: Contest) -> None:
    dev = [([4, 2], [[5], [6, 7]]), ([4, 2], [[5]])]
    assert word_error_rate([[6, 7], [6]], replace(contest, dev=dev)) == 0.5


def test_an_output_ends_where_its_end_token_is(contest: Contest) -> None:
    assert up_to_end([contest.bos_idx, 5, 6, contest.eos_idx, 0, 0], contest) == [5, 6]
    assert up_to_end([5, 6], contest) == [5, 6]


def test_decoding_in_batches_keeps_every_word_in_its_place(contest: Contest) -> None:
    def copied(src: torch.Tensor) -> torch.Tensor:
        return torch.cat([torch.full((len(src), 1), contest.bos_idx), src], dim=1)

    assert [[*row, contest.eos_idx] for row in decode_dev(copied, contest)] == [src for src, _ in contest.dev]


def test_the_peer_decodes_what_its_own_logits_say(contest: Contest) -> None:
    torch.manual_seed(0)
    model = torch_peer.make_model(contest, Settings()).eval()
    src = torch.tensor([contest.dev[0][0]])
    row = torch_peer.decode(model, src, contest)
    forced = model(src, row[:, :-1]).argmax(dim=-1)
    assert forced.tolist() == row[:, 1:].tolist()


@pytest.mark.parametrize(("schedule", "late"), [("linear", 0.25), ("inverse_sqrt", 0.5)])
def test_the_rate_rises_to_its_peak_and_falls(schedule: str, late: float) -> None:
    settings = Settings(learning_rate=1.0, warmup_steps=10, schedule=schedule)
    assert settings.rate_at(5, 0.0) == 0.5
    assert settings.rate_at(10, 0.0) == 1.0
    assert settings.rate_at(40, 0.75) == pytest.approx(late)


def test_a_peer_runs_to_the_end_of_its_time_and_is_judged_at_its_points(contest: Contest) -> None:
    points = run_peer(contest, "torch", Settings(rows=16)).points
    assert len(points) == contest.points
    for number, point in enumerate(points, start=1):
        assert point.seconds >= contest.seconds * number / contest.points
        assert point.updates >= 1
        assert 0.0 <= point.word_error_rate <= 1.0


def test_henkan_runs_to_the_end_of_its_time_and_is_judged_at_its_points(contest: Contest) -> None:
    points = run_henkan(contest).points
    dues = [contest.seconds * number / contest.points for number in range(1, contest.points + 1)]
    moments = [0.0, *(point.seconds for point in points)]
    assert moments[-1] >= contest.seconds
    for before, now in pairwise(moments):  # an update on a busy machine may be longer than from one due to the next
        assert any(before < due <= now for due in dues)
    assert all(point.updates >= 1 and 0.0 <= point.word_error_rate <= 1.0 for point in points)


def test_who_reaches_the_lowest_target_stops(contest: Contest) -> None:
    easy = replace(contest, seconds=0.2, points=4, stop_at=1.0)
    assert len(run_henkan(easy).points) == 1
    assert len(run_peer(easy, "torch", Settings(rows=16)).points) == 1


def test_a_contestant_is_written_with_its_settings() -> None:
    torch_one = program.Contestant.of("torch:rows=32,learning_rate=2e-3,by_length=true,schedule=inverse_sqrt")
    assert Settings(**torch_one.settings) == Settings(32, 2e-3, schedule="inverse_sqrt", by_length=True)
    assert program.Contestant.of("henkan:batch_tokens=512").settings == {"batch_tokens": 512}
    assert program.Contestant.of("marian").settings == {}


def test_a_contestant_may_have_a_schedule_of_its_own(contest: Contest) -> None:
    assert program.Contestant.of("henkan").seconds is None
    assert program.Contestant.of("henkan@80").seconds == 80
    both = program.Contestant.of("marian:rows=64,by_length=true@120")
    assert (both.settings, both.seconds) == ({"rows": 64, "by_length": True}, 120)
    curves = [curve("henkan@80", POINTS), curve("marian:rows=64@120", POINTS), curve("marian@120", POINTS)]
    about, *rows = program.results_of(contest, curves, [0.6])
    assert about["fastest_peer_to_henkan"] == {"60%": (1.0, True)}
    assert [row["schedule_seconds"] for row in rows] == [80, 120, 120]
    pytest.importorskip("matplotlib")
    legend = draw(curves, [0.6], "title").axes[0].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == [
        "henkan, seconds=80",
        "Hugging Face Marian (post-norm), rows=64, seconds=120",
        "Hugging Face Marian (post-norm), seconds=120",
    ]


@pytest.mark.parametrize("text", ["fairseq", "torch:batch_tokens=512", "henkan:rows=32", "henkan@soon", "henkan@"])
def test_a_contestant_or_a_setting_that_is_unknown_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match="only"):
        program.Contestant.of(text)


def test_a_result_says_what_was_run_and_who_was_how_fast(contest: Contest) -> None:
    curves = [curve("henkan", POINTS), curve("torch", [replace(one, seconds=2 * one.seconds) for one in POINTS])]
    about, own, other = program.results_of(contest, curves, [0.6, 0.3])
    assert about["pairs"] == len(contest.train)
    assert about["fastest_peer_to_henkan"] == {"60%": (pytest.approx(2.0), True), "30%": None}
    assert own["seconds_to"] == {"60%": pytest.approx(20.0), "30%": None}
    assert own["updates_per_second"] == 2 * other["updates_per_second"] == 1.0


def test_the_picture_names_every_contestant_and_rings_what_was_reached() -> None:
    pytest.importorskip("matplotlib")
    curves = [curve("henkan", POINTS), curve("torch:rows=32", POINTS[:1])]
    (axes,) = draw(curves, [0.6, 0.3], "title").axes
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["henkan", "torch.nn.Transformer, rows=32"]
    assert [text.get_text() for text in axes.texts if text.get_text().endswith(" s")] == ["20 s"]
