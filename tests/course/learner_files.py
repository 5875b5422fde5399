"""Files as a learner might have written them: with a named mistake, or with a right solution of another kind."""

from pathlib import Path

from henkan.course.exercise import load_card

HERE = Path(__file__).parent


def write_alternative(folder: Path, exercise_id: str, name: str | None = None) -> Path:
    """A file with the alternative ``name``, the first if none is named."""
    lines = [
        "import sys",
        f"sys.path.insert(0, {str(HERE)!r})",
        f"from alternatives.{exercise_id.replace('/', '_')} import ALTERNATIVES",
        f"parts = ALTERNATIVES[{name!r}]" if name else "parts = next(iter(ALTERNATIVES.values()))",
    ]
    return _write(folder, exercise_id, lines)


def write_mistake(folder: Path, exercise_id: str, name: str) -> Path:
    """A file with the mistake ``name``."""
    lines = [
        "from henkan.course.exercise import load_exercise",
        f"parts = load_exercise({exercise_id!r}).mistakes[{name!r}].parts",
    ]
    return _write(folder, exercise_id, lines)


def write_own_attention(folder: Path) -> Path:
    """A file with the multi-head attention of ``learner_parts``, which calls the library's formula by name."""
    lines = ["import sys", f"sys.path.insert(0, {str(HERE)!r})", "import learner_parts"]
    return _write(folder, "phase2/multi_head_attention", [*lines, "parts = (learner_parts.OwnAttention,)"])


def _write(folder: Path, exercise_id: str, lines: list[str]) -> Path:
    path = folder / f"{exercise_id.replace('/', '_')}.py"
    names = "".join(f"{name}, " for name in load_card(exercise_id).names)
    path.write_text("\n".join([*lines, f"{names}= parts", ""]).replace(", =", ",="), encoding="utf-8")
    return path
