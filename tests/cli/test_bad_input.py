"""Whatever is wrong is one clear line and exit status 2, and nothing is left on disk."""

from pathlib import Path

import pytest

from .bad_files import BAD_FILES, NAME, UNLEARNABLE, Bad
from .conftest import TINY, Henkan, files_below


def check_one_clear_line(result: tuple[int, str, str], command: str, said: str) -> None:
    status, _, err = result
    assert status == 2
    assert err.startswith(f"henkan {command}: error: ")
    assert err.count("\n") == 1
    assert err.endswith("\n")
    assert "Traceback" not in err
    assert said in err


def put(bad: Bad, folder: Path) -> list[str]:
    """The arguments that name the files, after they were written."""
    if bad.data is not None:
        (folder / NAME).write_bytes(bad.data)
    if bad.targets is None:
        return [NAME]
    (folder / "targets.txt").write_bytes(bad.targets)
    return [NAME, "--targets", "targets.txt"]


@pytest.mark.parametrize("kind", [*BAD_FILES, *UNLEARNABLE])
def test_a_file_that_cannot_be_learned_from(henkan: Henkan, tmp_path: Path, kind: str) -> None:  # T37
    bad = (BAD_FILES | UNLEARNABLE)[kind]
    arguments = put(bad, tmp_path)
    before = files_below(tmp_path)
    check_one_clear_line(henkan("train", *arguments, *TINY[:10]), "train", bad.said)
    assert files_below(tmp_path) == before


@pytest.mark.parametrize("command", ["train", "evaluate", "score", "predict"])
def test_a_folder_is_not_a_file(henkan: Henkan, bundle: Path, tmp_path: Path, command: str) -> None:
    (tmp_path / "folder.tsv").mkdir()
    before = files_below(tmp_path)
    arguments = ["folder.tsv"] if command == "train" else [bundle, "folder.tsv"]
    check_one_clear_line(henkan(command, *arguments), command, "folder.tsv is a folder")
    assert files_below(tmp_path) == before


@pytest.mark.parametrize("command", ["evaluate", "score"])
@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_file_that_cannot_be_measured(henkan: Henkan, bundle: Path, tmp_path: Path, command: str, kind: str) -> None:
    if command == "score" and BAD_FILES[kind].said.partition(" (")[0] in ("is empty", "has no pair"):
        pytest.skip("a blank line has a blank score")
    if command == "score" and kind == "only one-sided rows":
        pytest.skip("nothing is a text like others, and so has a score")
    arguments = put(BAD_FILES[kind], tmp_path)
    result = henkan(command, bundle, *arguments)
    check_one_clear_line(result, command, BAD_FILES[kind].said)
    assert result.out == ""


LINES = [kind for kind, bad in BAD_FILES.items() if "is not UTF-8" in bad.said or "byte" in bad.said or "gzip" in kind]


@pytest.mark.parametrize("kind", ["missing", *(kind for kind in LINES if BAD_FILES[kind].targets is None)])
def test_lines_that_cannot_be_read(henkan: Henkan, bundle: Path, tmp_path: Path, kind: str) -> None:
    result = henkan("predict", bundle, *put(BAD_FILES[kind], tmp_path), "--out", "out.txt")
    check_one_clear_line(result, "predict", BAD_FILES[kind].said)
    assert not (tmp_path / "out.txt").exists()


def test_a_line_that_is_too_long_is_named_before_any_output(henkan: Henkan, bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "lines.txt").write_text("abc\n" + "a" * 10_000 + "\n", encoding="utf-8")
    result = henkan("predict", bundle, "lines.txt", "--out", "out.txt")
    check_one_clear_line(result, "predict", "line 2: the source has 10,000 symbols, but this model has positions")
    assert result.out == ""
    assert not (tmp_path / "out.txt").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "TARGET is missing"),
        (["adition"], "did you mean addition?"),
        (["adition", "--digits", "3"], "did you mean addition?"),
        (["addition", "--digit", "3"], "did you mean --digits?"),
        (["addition", "--digits", "0"], "digits=0 must be"),
        (["addition", "--digits", "two"], "--digits cannot be 'two': it takes a whole number"),
        (["addition", "--answer", "backwards"], "--answer cannot be 'backwards': it takes one of plain, reversed"),
        (["copy", "--digits", "2"], "no option --digits"),
        (["pairs.tsv", "--digits", "2"], "no option --digits"),
        (["pairs.tsv", "--training.max_step", "3"], "did you mean --training.max_steps?"),
        (["pairs.tsv", "--max-minute", "3"], "did you mean --max-minutes?"),
        (["pairs.tsv", "--training.max_steps", "0"], "max_steps=0 must be at least 1"),
        (["pairs.tsv", "--training.max_steps", "1.5"], "--training.max_steps cannot be '1.5'"),
        (["pairs.tsv", "--training.max_steps"], "--training.max_steps"),
        (["pairs.tsv", "--training.learning_rate", "-1"], "learning_rate=-1.0 must be above 0"),
        (["pairs.tsv", "--training.schedule", "step"], "it takes one of linear, cosine, inverse_sqrt, noam, constant"),
        (["pairs.tsv", "--model.d_model", "30", "--model.num_heads", "4"], "d_model=30"),
        (["pairs.tsv", "--model.num_heads", "0"], "num_heads=0"),
        (["pairs.tsv", "--model.dropout", "1.5"], "dropout"),
        (["pairs.tsv", "--model.norm_first", "perhaps"], "it takes true or false"),
        (["pairs.tsv", "--data.dev_share", "0.9"], "dev_share=0.9"),
        (["pairs.tsv", "--data.separator", ""], "separator"),
        (["pairs.tsv", "--seed", "-1"], "seed=-1"),
        (["pairs.tsv", "--max-minutes", "0"], "max_minutes=0.0 must be above 0"),
        (["pairs.tsv", "--training.batch_tokens", "2"], "batch_tokens=2"),
        (["pairs.tsv", "--model.max_len", "3"], "max_len=3"),
        (["pairs.tsv", "--device", "abacus"], "--device abacus cannot be used here"),
        (["pairs.tsv", "--out", "pairs.tsv/below"], "is a file"),
        (["pairs.tsv", "--out", "pairs.tsv"], "is not a bundle, so it is not replaced"),
        (["pairs.tsv", "--overwrite", "--out", "pairs.tsv"], "is not a bundle, so it is not replaced"),
        (["pairs.tsv", "another.tsv"], "'another.tsv' is one argument too many"),
    ],
)
def test_an_option_out_of_range(henkan: Henkan, pairs: Path, tmp_path: Path, arguments: list[str], said: str) -> None:
    before = files_below(tmp_path)
    check_one_clear_line(henkan("train", *arguments), "train", said)
    assert files_below(tmp_path) == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("training: {max_step: 3}", "did you mean --training.max_steps?"),
        ("training: {max_steps: many}", "--training.max_steps cannot be 'many'"),
        ("trainin: {max_steps: 3}", "section 'trainin'"),
        ("model: {d_model: 0}", "d_model"),
        ("task: {digits: 3}", "--task.digits"),
        ("training: [", "is not YAML"),
        ("just words", "has no settings"),
        ("", "has no settings"),
        ("target: x", "section 'target'"),
    ],
)
def test_a_configuration_file_with_a_mistake(henkan: Henkan, pairs: Path, tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
    before = files_below(tmp_path)
    check_one_clear_line(henkan("train", pairs, "--config", "config.yaml"), "train", said)
    assert files_below(tmp_path) == before


def test_a_configuration_file_that_is_missing(henkan: Henkan, pairs: Path) -> None:
    check_one_clear_line(henkan("train", pairs, "--config", "no.yaml"), "train", "there is no file no.yaml")


@pytest.mark.parametrize("command", ["predict", "evaluate", "score"])
@pytest.mark.parametrize("kind", ["missing", "file", "empty folder", "truncated", "another version"])
def test_what_is_not_a_bundle(
    henkan: Henkan, bundle: Path, pairs: Path, tmp_path: Path, command: str, kind: str
) -> None:
    name = {"missing": "nothing", "file": "pairs.tsv", "empty folder": "empty"}.get(kind, "bundle")
    if kind == "empty folder":
        (tmp_path / "empty").mkdir()
    if kind == "truncated":
        (bundle / "model.safetensors").write_bytes((bundle / "model.safetensors").read_bytes()[:-9])
    if kind == "another version":
        text = (bundle / "config.json").read_text("utf-8")
        (bundle / "config.json").write_text(text.replace("bundle-1", "bundle-0"), encoding="utf-8")
    check_one_clear_line(henkan(command, name, pairs), command, name)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--beam", "0"], "width=0"),
        (["--n-best", "5", "--beam", "3"], "n_best=5"),
        (["--temperature", "0.5"], "--temperature is for sampling: add --sample"),
        (["--seed", "5"], "--seed is for sampling: add --sample"),
        (["--sample", "--beam", "4"], "--sample and --beam exclude each other"),
        (["--sample", "--temperature", "0"], "temperature=0"),
        (["--sample", "--top-p", "2"], "top_p=2"),
        (["--sample", "--top-k", "0"], "top_k=0"),
        (["--max-len", "0"], "max_len=0"),
        (["--max-len", "1000"], "max_len=1000 must be from 1 to 40"),
        (["--max-len", "x"], "--max-len cannot be 'x'"),
        (["--bean", "4"], "did you mean --beam?"),
        (["--out", "nowhere/out.txt"], "there is no folder nowhere"),
        (["--out", "bundle"], "is a folder"),
    ],
)
def test_a_way_to_decode_that_makes_no_sense(
    henkan: Henkan, bundle: Path, tmp_path: Path, arguments: list[str], said: str
) -> None:
    (tmp_path / "lines.txt").write_text("abc\n", encoding="utf-8")
    result = henkan("predict", bundle, "lines.txt", *arguments)
    check_one_clear_line(result, "predict", said)
    assert result.out == ""


def test_a_bundle_whose_data_is_gone_is_measured_on_request_only(henkan: Henkan, bundle: Path) -> None:
    check_one_clear_line(henkan("evaluate", bundle), "evaluate", "pairs.tsv any more: name a file of pairs")
