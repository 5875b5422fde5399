"""Decoding in several processes at once: the same outputs, in the same order."""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from henkan.bundle import Ensemble, Predictor
from henkan.workflow.predict import Chunk, Findings, Options, predict_chunk

Answer = tuple[int, list[str], Findings]  # lines of the input, output lines, findings

_predictor: Predictor  # of this worker


def predict_chunks(predictor: Predictor, chunks: Iterable[Chunk], options: Options) -> Iterator[Answer]:
    """The answer to each chunk, in this process."""
    for chunk in chunks:
        yield (len(chunk.sources), *predict_chunk(predictor, chunk, options))


def predict_in_processes(
    bundles: Sequence[str], device: str, chunks: Iterable[Chunk], options: Options, workers: int
) -> Iterator[Answer]:
    """The answer to each chunk, in order, from so many processes that share the cores.

    One that dies is a ``ValueError``. Whatever ends this, Ctrl-C too, ends the processes.
    """
    spawn = multiprocessing.get_context("spawn")  # threads and accelerators do not survive a fork
    threads = max(1, (os.cpu_count() or 1) // workers)
    pool = ProcessPoolExecutor(workers, spawn, initializer=_begin, initargs=(tuple(bundles), device, threads))
    waiting: deque[Future[Answer]] = deque()
    try:
        for chunk in chunks:
            waiting.append(pool.submit(_answer, chunk, options))
            if len(waiting) > 2 * workers:  # so that input and outputs do not pile up
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool:
        raise ValueError(
            f"one of {workers} worker processes ended before its work was done, perhaps for want of memory: "
            f"try --workers {max(1, workers // 2)}"
        ) from None
    except BaseException:
        for process in multiprocessing.active_children():
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(bundles: tuple[str, ...], device: str, threads: int) -> None:
    global _predictor
    import torch

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the business of the process that reads and writes
    torch.set_num_threads(threads)
    _predictor = load_predictor(bundles, device)


def _answer(chunk: Chunk, options: Options) -> Answer:
    return (len(chunk.sources), *predict_chunk(_predictor, chunk, options))


def load_predictor(bundles: Sequence[str], device: str) -> Predictor:
    """The bundle of a folder, or the ensemble of several."""
    ensemble = Ensemble.load(bundles, device)
    return ensemble.bundles[0] if len(bundles) == 1 else ensemble
