"""Large files are encoded once, and a training on them is the one that small files would have had."""

import json
from pathlib import Path

import pytest
import torch

from henkan.bundle import Bundle
from henkan.data import corpus as corpus_module
from henkan.workflow import prepare as prepare_module
from henkan.workflow import target as target_module
from henkan.workflow.train import train
from henkan.workflow.wishes import Overrides


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where every file counts as large: the folder of the cache."""
    monkeypatch.setattr(target_module, "LARGE", 20)
    monkeypatch.setattr(prepare_module, "MIN_BYTES", 100)
    monkeypatch.setenv("HENKAN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "data"


def run(pairs: Path, out: Path, quick: Overrides, **options: object) -> tuple[Bundle, list[str]]:
    lines: list[str] = []
    train(str(pairs), overrides=quick, out=out, say=lines.append, **options)  # type: ignore[arg-type]
    return Bundle.load(out), lines


def same(one: Bundle, other: Bundle) -> bool:
    pairs = zip(one.model.parameters(), other.model.parameters(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def test_the_second_training_reads_what_the_first_encoded(
    pairs: Path, tmp_path: Path, quick: Overrides, large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, said = run(pairs, tmp_path / "one", quick)
    assert any("begins at once" in line for line in said)
    assert len(list(large.iterdir())) == 1
    monkeypatch.setattr(prepare_module, "load_target", lambda *_: pytest.fail("the file was read again"))
    second, said = run(pairs, tmp_path / "two", quick)
    assert same(first, second)
    assert first.record["sources"] == second.record["sources"]
    assert first.record["test"] == second.record["test"]
    assert any("the encoded pairs are in" in line for line in said)
    assert any("81 pairs of 80 different sources" in line for line in said)


def test_other_settings_or_another_content_are_not_mistaken(
    pairs: Path, tmp_path: Path, quick: Overrides, large: Path
) -> None:
    run(pairs, tmp_path / "one", quick)
    run(pairs, tmp_path / "two", {**quick, "data": {"dev_share": 0.1}})
    assert len(list(large.iterdir())) == 2
    pairs.write_text(pairs.read_text("utf-8") + "new\twen\n", encoding="utf-8")
    bundle, _ = run(pairs, tmp_path / "three", quick)
    assert len(list(large.iterdir())) == 3
    assert sum(bundle.record["sources"].values()) == 81


def test_a_large_file_holds_out_what_a_small_one_does(
    pairs: Path, tmp_path: Path, quick: Overrides, large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    streamed, _ = run(pairs, tmp_path / "streamed", quick)
    monkeypatch.setattr(target_module, "LARGE", 10**6)
    whole, _ = run(pairs, tmp_path / "whole", quick)
    assert streamed.record["sources"] == whole.record["sources"]
    assert streamed.data == whole.data
    assert streamed.source_tokenizer == whole.source_tokenizer
    assert streamed.record["test"]["n"] == whole.record["test"]["n"]


def test_a_killed_training_on_a_large_file_goes_on(pairs: Path, tmp_path: Path, quick: Overrides, large: Path) -> None:
    class Stop:
        def on_step(self, report: object) -> None:
            if report.step == 3:  # type: ignore[attr-defined]
                raise KeyboardInterrupt

        def on_evaluation(self, report: object) -> None: ...

    whole, _ = run(pairs, tmp_path / "whole", quick)
    run(pairs, tmp_path / "out", quick, observer=Stop())
    resumed, _ = run(pairs, tmp_path / "out", quick, resume=True)
    assert same(whole, resumed)


def test_without_a_place_to_write_the_pairs_stay_in_memory(
    pairs: Path, tmp_path: Path, quick: Overrides, large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, _ = run(pairs, tmp_path / "one", quick)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HENKAN_CACHE", str(tmp_path / "file"))
    bundle, said = run(pairs, tmp_path / "two", quick)
    assert same(expected, bundle)
    assert any("cannot be written, so the pairs stay in memory" in line for line in said)


def test_a_cached_entry_is_data_and_nothing_that_runs(
    pairs: Path, tmp_path: Path, quick: Overrides, large: Path
) -> None:
    run(pairs, tmp_path / "one", quick)
    [entry] = large.iterdir()
    assert {path.suffix for path in entry.iterdir()} == {".npy", ".json"}
    assert json.loads((entry / "prepared.json").read_text("utf-8"))["has_features"] is False


def test_that_less_is_held_out_than_asked_for_is_said_every_time(
    pairs: Path, tmp_path: Path, quick: Overrides, large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, said = run(pairs, tmp_path / "one", quick)
    assert not any("so the shares are" in line for line in said)
    monkeypatch.setattr(corpus_module, "MAX_HELD_OUT", 8)
    overrides = {**quick, "data": {"dev_share": 0.2, "test_share": 0.05}}
    for out in ("two", "three"):
        bundle, said = run(pairs, tmp_path / out, overrides)
        assert "so the shares are dev_share 10.000% and test_share 5.000%" in " ".join(" ".join(said).split())
        assert bundle.data["dev_share"] == 0.1
        assert bundle.record["sources"]["dev"] <= 8


def test_a_damaged_entry_is_made_anew(pairs: Path, tmp_path: Path, quick: Overrides, large: Path) -> None:
    expected, _ = run(pairs, tmp_path / "one", quick)
    [entry] = large.iterdir()
    array = entry / "src.npy"
    for damage in (lambda: array.write_bytes(array.read_bytes()[:-5]), (entry / "prepared.json").unlink):
        damage()
        bundle, said = run(pairs, tmp_path / "two", quick, overwrite=True)
        assert same(expected, bundle)
        assert any("is damaged and made anew" in line for line in said)
    assert any("the encoded pairs are in" in line for line in run(pairs, tmp_path / "three", quick)[1])


def test_a_file_of_the_same_content_elsewhere_has_its_own_name(
    pairs: Path, tmp_path: Path, quick: Overrides, large: Path
) -> None:
    run(pairs, tmp_path / "one", quick)
    copy = tmp_path / "copy.tsv"
    copy.write_bytes(pairs.read_bytes())
    bundle, said = run(copy, tmp_path / "two", quick)
    assert bundle.data["file"] == str(copy)
    assert any("copy.tsv: 81 pairs" in line for line in said)


def test_what_changes_after_it_was_read_is_not_stored_for_its_new_content(
    pairs: Path, tmp_path: Path, quick: Overrides, large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encode = prepare_module.encode_arrays

    def encode_and_change(*arguments: object) -> object:
        arrays = encode(*arguments)  # type: ignore[arg-type]
        pairs.write_text(pairs.read_text("utf-8") + "new\twen\n", encoding="utf-8")
        return arrays

    with monkeypatch.context() as patch:
        patch.setattr(prepare_module, "encode_arrays", encode_and_change)
        run(pairs, tmp_path / "one", quick)
    bundle, _ = run(pairs, tmp_path / "two", quick)
    assert sum(bundle.record["sources"].values()) == 81


def test_a_dev_file_that_is_not_there_is_named(pairs: Path, tmp_path: Path, quick: Overrides, large: Path) -> None:
    with pytest.raises(ValueError, match=r"there is no file .*no\.tsv"):
        run(pairs, tmp_path / "one", {**quick, "data": {"dev": str(tmp_path / "no.tsv")}})
