"""The ladder of checks, from the shape of a result up to whether it trains: the first that fails ends the climb."""

import inspect
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from henkan.course.exercise import Exercise, Part
from henkan.course.finding import Failure, Finding, Report, Skipped
from henkan.course.recognise import recognise

# What Python says of a call whose arguments the function does not take.
WRONG_CALL = ("positional argument", "unexpected keyword argument", "keyword-only argument", "multiple values for")


def climb(exercise: Exercise, parts: Sequence[Part]) -> Report:
    """Run the checks of ``exercise`` on the learner's ``parts``, in order, up to the first that fails.

    An exception in the learner's code is a failure like any other and says where it was raised.
    """
    start = time.perf_counter()
    passed: list[str] = []
    skipped: dict[str, str] = {}
    failure = None
    for name, check in exercise.checks.items():
        try:
            check(*parts)
        except Skipped as reason:
            skipped[name] = reason.message
            continue
        except Finding as finding:
            values = {key: str(value) for key, value in finding.values.items()}
            failure = Failure(name, finding.message, values, finding.rows, recognise(exercise, parts))
            break
        except (Exception, SystemExit) as error:  # whatever it is, it is the learner's, and they should read it
            failure = _failure(name, error, files_of(parts))
            if failure.message != "not_written_yet":
                failure = replace(failure, mistake=recognise(exercise, parts))
            break
        passed.append(name)
    return Report(exercise.id, tuple(passed), len(exercise.checks), time.perf_counter() - start, failure, skipped)


def files_of(parts: Sequence[Part]) -> set[str]:
    """The files in which the parts are written."""
    functions = [
        inspect.unwrap(function)
        for part in parts
        for function in (vars(part).values() if inspect.isclass(part) else [part])
        if inspect.isfunction(function)
    ]
    return {function.__code__.co_filename for function in functions}


def where_raised(error: BaseException, files: set[str]) -> dict[str, str]:
    """The last place in ``files`` that led to the error, with its line of code; empty if none did."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename in files]
    if not frames:
        return {"where": "", "code": ""}
    return {"where": f"{_name(frames[-1].filename)}:{frames[-1].lineno}", "code": frames[-1].line or ""}


def _failure(check: str, error: BaseException, files: set[str]) -> Failure:
    """The failure that the exception is: in the learner's code, or in what it was asked for or gave back."""
    values = {**where_raised(error, files), "error": f"{type(error).__name__}: {error}"}
    if isinstance(error, NotImplementedError) and values["where"]:
        return Failure(check, "not_written_yet", {"where": values["where"]})
    if isinstance(error, SystemExit):
        message = "left_python"
    elif values["where"]:
        message = "raised"
    elif isinstance(error, TypeError) and any(sign in str(error) for sign in WRONG_CALL):
        message = "wrong_arguments"
    else:
        message = "wrong_result"
    return Failure(check, message, values)


def _name(filename: str) -> str:
    """The name of the file, or of the notebook's cell as IPython shows it: ``In[5]``."""
    ipython = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    format_code_name = getattr(getattr(ipython, "compile", None), "format_code_name", None)
    cell = format_code_name(filename) if format_code_name is not None else None
    return str(cell[1]) if cell is not None else Path(filename).name
