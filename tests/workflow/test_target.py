"""What a model is trained on."""

import gzip
import hashlib
import json
import os
import threading
from pathlib import Path

import pytest

from henkan.config import DataConfig
from henkan.data import split_by_source
from henkan.workflow import target as target_module
from henkan.workflow.target import Target, load_target, name_of, reload, sha256


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """Two hundred pairs."""
    path = tmp_path / "numbers.tsv"
    path.write_text("".join(f"{n}\t{n * n}\n" for n in range(200)), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("data/pairs.tsv", "pairs"),
        ("v1.2-pairs.tsv", "v1.2-pairs"),
        ("pairs.2026.jsonl.gz", "pairs.2026"),
        ("PAIRS.TSV", "PAIRS"),
        ("train.src", "train"),
        ("train.de", "train.de"),
        ("folder.tsv/pairs", "pairs"),
        (".tsv", ".tsv"),
        ("..tsv", "..tsv"),
        ("組.txt", "組"),
    ],
)
def test_a_name_loses_what_says_the_kind_of_the_file_and_no_more(path: str, name: str) -> None:
    assert name_of(Path(path)) == name


def test_a_file_is_split_and_described(pairs: Path) -> None:
    target = load_target(str(pairs), DataConfig(dev_share=0.1, test_share=0.2), {})
    assert target.name == "numbers"
    assert target.description == {
        "file": str(pairs),
        "sha256": hashlib.sha256(pairs.read_bytes()).hexdigest(),
        "dev_share": 0.1,
        "test_share": 0.2,
    }
    assert len(target.splits.train) + len(target.splits.dev) + len(target.splits.test) == 200


def test_what_was_held_out_can_be_told_again(pairs: Path) -> None:
    target = load_target(str(pairs), DataConfig(dev_share=0.1, test_share=0.2), {})
    assert reload(target.description) == target.splits


def test_a_task_can_be_told_again_with_its_options() -> None:
    target = load_target("addition", DataConfig(), {"digits": 1, "answer": "reversed"})
    assert target.task is not None
    assert target.task.metric == "exact_match"
    assert reload(target.description) == target.splits


def test_a_file_that_has_changed_is_refused(pairs: Path) -> None:
    description = load_target(str(pairs), DataConfig(), {}).description
    pairs.write_text(pairs.read_text("utf-8") + "200\t40000\n", encoding="utf-8")
    with pytest.raises(ValueError, match="has changed since"):
        reload(description)


def test_a_file_that_is_gone_is_named(pairs: Path) -> None:
    description = load_target(str(pairs), DataConfig(), {}).description
    pairs.unlink()
    with pytest.raises(ValueError, match=f"not at {pairs} any more"):
        reload(description)


def test_one_source_is_too_few(tmp_path: Path) -> None:
    path = tmp_path / "one.tsv"
    path.write_text("a\tb\na\tc\n", encoding="utf-8")
    with pytest.raises(ValueError, match="has one source alone"):
        load_target(str(path), DataConfig(), {})


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("adition", {}, "did you mean addition"),
        ("zebra", {}, "the tasks are copy, "),
        ("zebra.tsv", {}, "no file zebra.tsv"),
        ("addition", {"digits": 99}, "digits=99"),
        ("copy", {"digits": 2}, "no option 'digits'"),
    ],
)
def test_what_does_not_exist_is_refused(name: str, options: dict[str, int], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        load_target(name, DataConfig(), options)


def test_a_task_holds_out_what_it_says_itself() -> None:
    with pytest.raises(ValueError, match="leave dev_share and test_share to files"):
        load_target("addition", DataConfig(test_share=0.2), {"digits": 1})


def test_a_file_has_no_options_of_a_task(pairs: Path) -> None:
    with pytest.raises(ValueError, match="--digits is an option of a task"):
        load_target(str(pairs), DataConfig(), {"digits": 2})


def test_a_file_called_like_a_task_is_reached_by_its_path(
    pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    pairs.rename("copy")
    assert load_target("copy", DataConfig(), {}).task is not None
    assert load_target("./copy", DataConfig(), {}).task is None


def test_the_same_development_examples_are_used_every_time_and_not_the_first_ones(pairs: Path) -> None:
    target = load_target(str(pairs), DataConfig(dev_share=0.3), {})
    some = target.dev_examples(10)
    assert some == target.dev_examples(10) == target.dev_examples(20)[:10]
    assert some != target.splits.dev[:10]
    assert set(some) <= set(target.splits.dev)
    assert len(target.dev_examples(10_000)) == len(target.splits.dev)


def test_the_hash_is_the_one_that_sha256sum_prints(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")
    assert sha256(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


# Every form of pairs, and splits in files of their own


def write(path: Path, rows: list[tuple[str, ...]]) -> str:
    path.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def test_given_files_are_the_splits_and_the_rest_is_held_out_by_source(tmp_path: Path) -> None:
    rows = [(f"s{n}", f"t{n}") for n in range(100)]
    train = write(tmp_path / "train.tsv", rows)
    dev = write(tmp_path / "dev.tsv", [("d1", "x"), ("d1", "y"), ("s1", "t1")])
    target = load_target(train, DataConfig(dev=dev), {})
    assert [(example.source, example.references) for example in target.splits.dev] == [
        ("d1", ("x", "y")),
        ("s1", ("t1",)),
    ]
    assert target.splits.test
    assert len(target.splits.train) + len(target.splits.test) == 100
    test = write(tmp_path / "test.tsv", [("e1", "x")])
    target = load_target(train, DataConfig(dev=dev, test=test), {})
    assert len(target.splits.train) == 100
    assert [example.source for example in target.splits.test] == ["e1"]


def test_given_splits_are_found_again_or_refused_if_they_changed(tmp_path: Path) -> None:
    train = write(tmp_path / "train.tsv", [(f"s{n}", f"t{n}") for n in range(50)])
    dev = write(tmp_path / "dev.tsv", [("d1", "x")])
    target = load_target(train, DataConfig(dev=dev), {})
    assert reload(json.loads(json.dumps(target.description))) == target.splits
    write(tmp_path / "dev.tsv", [("d2", "x")])
    with pytest.raises(ValueError, match=r"dev\.tsv has changed"):
        reload(target.description)


def test_parallel_files_json_lines_and_gzip_are_the_same_pairs(tmp_path: Path) -> None:
    rows = [(f"s{n}", f"t{n}") for n in range(60)]
    expected = load_target(write(tmp_path / "a.tsv", rows), DataConfig(), {}).splits
    (tmp_path / "a.src").write_text("".join(f"{source}\n" for source, _ in rows))
    (tmp_path / "a.tgt").write_text("".join(f"{target}\n" for _, target in rows))
    objects = [json.dumps({"source": source, "target": target}) for source, target in rows]
    (tmp_path / "a.jsonl").write_text("\n".join(objects) + "\n")
    (tmp_path / "a.tsv.gz").write_bytes(gzip.compress((tmp_path / "a.tsv").read_bytes()))
    parallel = load_target(str(tmp_path / "a.src"), DataConfig(targets=str(tmp_path / "a.tgt")), {})
    assert parallel.splits == expected
    assert reload(parallel.description) == expected
    assert load_target(str(tmp_path / "a.jsonl"), DataConfig(), {}).splits == expected
    packed = load_target(str(tmp_path / "a.tsv.gz"), DataConfig(), {})
    assert packed.splits == expected
    assert packed.name == "a"


def test_a_task_takes_no_files(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="leave dev to files"):
        load_target("addition", DataConfig(dev="dev.tsv"), {})


def test_a_pipe_is_read_once_and_what_it_held_is_told_apart(tmp_path: Path) -> None:
    def read(rows: list[tuple[str, ...]]) -> Target:
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        writer = threading.Thread(target=write, args=(pipe, rows))
        writer.start()
        target = load_target(str(pipe), DataConfig(), {})
        writer.join()
        pipe.unlink()
        return target

    rows = [(f"s{n}", f"t{n}") for n in range(60)]
    target = read(rows)
    assert len(target.splits.train) + len(target.splits.dev) + len(target.splits.test) == 60
    assert target.description["file"] == "-"
    assert target.description["sha256"] == sha256(Path(write(tmp_path / "a.tsv", rows)))
    assert read(rows[1:]).description["sha256"] != target.description["sha256"]


def test_a_file_that_changes_while_it_is_read_is_refused(pairs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def split_late(*arguments: object) -> object:
        splits = split_by_source(*arguments, dev=0.1, test=0.1)  # type: ignore[arg-type]
        pairs.write_text(pairs.read_text("utf-8") + "200\t40000\n", encoding="utf-8")
        return splits

    monkeypatch.setattr(target_module, "split_by_source", lambda examples, **_: split_late(examples))
    with pytest.raises(ValueError, match="was changed while it was read"):
        load_target(str(pairs), DataConfig(), {})


def test_pairs_from_the_standard_input_are_gone_afterwards() -> None:
    with pytest.raises(ValueError, match="from the standard input, which are gone: name a file"):
        reload({"file": "-", "dev_share": 0.05, "test_share": 0.05})
