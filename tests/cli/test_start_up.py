"""What a command does not import, because it takes longer than the work: nothing here is timed."""

import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from henkan.late import names_for_type_checkers

BUNDLE = Path(__file__).parents[1] / "fixtures" / "bundle-v1"
SRC = Path(__file__).parents[2] / "src" / "henkan"
CODE = """
import sys
from henkan.cli import main
status = main(sys.argv[1:])
print(*sys.modules, file=sys.stderr)
sys.exit(status)
"""
NEVER = {"matplotlib", "sacrebleu", "lightning", "pandas", "tensorboard", "transformers"}
LATE = [path.parent for path in sorted(SRC.rglob("__init__.py")) if "late(__name__)" in path.read_text("utf-8")]


def modules_of(*arguments: str, typed: str = "") -> set[str]:
    """The modules that a command imported."""
    done = subprocess.run([sys.executable, "-c", CODE, *arguments], input=typed, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize(
    "command",
    ["", "train", "predict", "evaluate", "score", "export", "demo", "tasks", "lightning", "check", "learn", "exam"],
)
def test_help_imports_neither_torch_nor_numpy(command: str) -> None:
    assert not modules_of(*command.split(), "--help") & {*NEVER, "torch", "numpy", "tokenizers", "henkan.tasks"}


def test_a_prediction_imports_nothing_that_it_does_not_need() -> None:
    modules = modules_of("predict", str(BUNDLE), "--engine", "torch", typed="1\n")
    assert "torch" in modules, "what is looked for is found where it is"
    assert not modules & {*NEVER, "rich", "tokenizers", "torch._dynamo", "torch._inductor", "sympy"}


@pytest.mark.skipif(find_spec("ctranslate2") is None, reason="CTranslate2 is not installed")
@pytest.mark.parametrize("options", [(), ("--beam", "4"), ("--json",)], ids=str)
def test_a_prediction_by_ctranslate2_does_not_import_torch(options: tuple[str, ...], tmp_path: Path) -> None:
    bundle = shutil.copytree(BUNDLE, tmp_path / "bundle")
    modules_of("export", str(bundle))
    modules = modules_of("predict", str(bundle), "--engine", "ctranslate2", *options, typed="1\n")
    assert "ctranslate2" in modules
    assert not modules & {*NEVER, "torch", "numpy", "rich", "tokenizers"}


@pytest.mark.parametrize("package", LATE, ids=lambda path: path.name)
def test_no_name_that_comes_late_is_called_like_a_module_beside_it(package: Path) -> None:
    """To import the module would put it where the name should be."""
    modules = {path.stem for path in package.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert not modules & names_for_type_checkers(package / "__init__.py").keys()
    assert len(LATE) > 1
