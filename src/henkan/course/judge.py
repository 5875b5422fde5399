"""One run of the checks, in a process of its own: ``python -m henkan.course.judge ID FILE FOLDER SECONDS``.

The report goes to ``report.json`` in the folder, complete or not at all, and whatever is printed to ``output.txt``.
When the time is over, or Python itself breaks down, the stack goes to ``stack.txt`` and the process ends.
"""

import difflib
import faulthandler
import inspect
import json
import os
import sys
import time
from pathlib import Path
from types import ModuleType

from henkan.course.exercise import Card, load_card, load_exercise
from henkan.course.finding import Failure, Report
from henkan.course.ladder import climb, where_raised
from henkan.course.solved import load_module

REPORT, OUTPUT, STACK = "report.json", "output.txt", "stack.txt"
THREADS = 2
MAX_BYTES = 2**24  # of any file that a run writes: an endless loop of prints shall not fill the disk
MAX_MEMORY = 2**32  # bytes: more than ten times what a check of attention takes, torch included
LOADING, RUNNING = "loading", "running"
"""The rungs below the checks: the learner's file can be read and has the parts, and a run comes to its end."""


def judge(exercise_id: str, path: Path, folder: Path, seconds: float) -> None:
    """Check the learner's file ``path`` within ``seconds``; leave the report in ``folder``."""
    _settle(folder, seconds)
    report = _report(exercise_id, path)
    faulthandler.cancel_dump_traceback_later()
    temporary = folder / f"{REPORT}.tmp"
    temporary.write_text(json.dumps(report.to_dict()), encoding="utf-8")
    temporary.replace(folder / REPORT)


def _settle(folder: Path, seconds: float) -> None:
    """Nothing of the outside world is left to the learner's code but its own file and a clock."""
    stack = (folder / STACK).open("w", encoding="utf-8")  # left open: it is written when all else is over
    faulthandler.enable(stack)
    faulthandler.dump_traceback_later(seconds, exit=True, file=stack)
    output = os.open(folder / OUTPUT, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    # New streams: those of before may be a notebook's, a test runner's, or closed.
    sys.stdin = os.fdopen(0, "r", encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", errors="replace", buffering=1, closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="replace", buffering=1, closefd=False)
    sys.dont_write_bytecode = True
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_BYTES, MAX_BYTES))
        if sys.platform == "linux":  # elsewhere the limit is not heeded, or counts what others hold
            resource.setrlimit(resource.RLIMIT_DATA, (MAX_MEMORY, MAX_MEMORY))


def _report(exercise_id: str, path: Path) -> Report:
    start = time.perf_counter()
    card = load_card(exercise_id)
    module, failure = _load(card, path)
    if failure is not None:
        return Report(exercise_id, (), len(card.check_names), time.perf_counter() - start, failure)
    exercise = load_exercise(exercise_id)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(THREADS)
    return climb(exercise, [getattr(module, name) for name in card.names])


def _load(card: Card, path: Path) -> tuple[ModuleType | None, Failure | None]:
    """The learner's file as a module, or why that cannot be."""
    try:
        module = load_module(card, path)
    except FileNotFoundError:
        return None, Failure(LOADING, "no_file", {"file": path.name, "exercise": card.id})
    except SyntaxError as error:
        if not _is_utf8(path):
            return None, Failure(LOADING, "not_utf8")
        line = (error.text or "").strip()
        where = f"{path.name}:{error.lineno}" if error.lineno else path.name
        return None, Failure(LOADING, "syntax_error", {"where": where, "code": line, "error": str(error.msg)})
    except (Exception, SystemExit) as error:
        values = {**where_raised(error, {str(path)}), "error": f"{type(error).__name__}: {error}"}
        return None, Failure(LOADING, "left_python" if isinstance(error, SystemExit) else "raised", values)
    for name in card.names:
        if not callable(getattr(module, name, None)):
            close = _similar_name(name, module)
            values = {"name": name, "file": path.name, "close": close or ""}
            return module, Failure(LOADING, "renamed" if close else "missing", values)
    return module, None


def _is_utf8(path: Path) -> bool:
    try:
        path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _similar_name(name: str, module: ModuleType) -> str | None:
    """What the learner probably calls it: a name like it among those that their file defines."""
    own = [
        other
        for other, value in vars(module).items()
        if (inspect.isfunction(value) or inspect.isclass(value)) and value.__module__ == module.__name__
    ]
    return next(iter(difflib.get_close_matches(name, own, n=1)), None)


if __name__ == "__main__":
    judge(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), float(sys.argv[4]))
