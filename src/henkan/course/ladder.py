"""The ladder of checks, from the shape of a result up to whether it trains: the first that fails ends the climb."""

import time
import traceback
from collections.abc import Sequence
from pathlib import Path

import henkan
from henkan.course.exercise import Exercise, Part
from henkan.course.finding import Failure, Finding, Report, Skipped
from henkan.course.recognise import recognise

LIBRARY = Path(henkan.__file__).parent


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
        except NotImplementedError:
            failure = Failure(name, "not_written_yet")
            break
        except Exception as error:  # whatever it is, it is the learner's, and they should read it
            failure = Failure(name, "raised", _describe(error), mistake=recognise(exercise, parts))
            break
        passed.append(name)
    return Report(exercise.id, tuple(passed), len(exercise.checks), time.perf_counter() - start, failure, skipped)


def _describe(error: Exception) -> dict[str, str]:
    """What was raised, and the last line of the learner's file that led to it."""
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if "henkan" not in Path(frame.filename).parts
    ]
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
    return {"error": f"{type(error).__name__}: {error}", "where": where}
