"""Decoding in several processes at once: the same outputs, in the same order."""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait

from henkan.bundle import Predictor
from henkan.workflow.engines import Engine, load_predictor
from henkan.workflow.predict import Chunk, Findings, Options, predict_chunk
from henkan.workflow.share import usable_threads

Answer = tuple[Chunk, list[str], Findings]  # lines of the input, output lines, findings
Result = tuple[list[str], Findings] | Exception

AHEAD = 2  # chunks per process that are read before their turn to be written: all stay busy, and little piles up


def predict_chunks(predictor: Predictor, chunks: Iterable[Chunk], options: Options) -> Iterator[Answer]:
    """The answer to each chunk, in this process."""
    for chunk in chunks:
        yield (chunk, *predict_chunk(predictor, chunk, options))


def predict_in_processes(
    bundles: Sequence[str],
    device: str,
    chunks: Iterable[Chunk],
    options: Options,
    workers: int,
    engine: Engine = "torch",
) -> Iterator[Answer]:
    """The answer to each chunk, in order, from so many processes that share the cores.

    One that dies is a ``ValueError``. Whatever ends this, Ctrl-C too, ends the processes at once; if this process is
    killed, they end by themselves.
    """
    threads = max(1, usable_threads(os.environ) // workers)
    with _processes(partial(load_predictor, tuple(bundles), device, engine, threads), options, workers) as idle:
        unread = iter(chunks)
        busy: dict[Connection, tuple[int, Chunk]] = {}
        done: dict[int, tuple[Chunk, Result]] = {}
        taken, written, more = 0, 0, True
        while more or busy or done:
            while more and idle and taken < written + AHEAD * workers:
                item = _next(unread)
                if isinstance(item, Chunk):
                    busy[_send(idle.popleft(), item, workers)] = taken, item
                elif item is not None:
                    done[taken] = Chunk(0, []), item  # raised in its turn, behind what comes before it
                more = isinstance(item, Chunk)
                taken += item is not None
            for connection in wait(list(busy)) if busy else []:
                assert isinstance(connection, Connection)
                number, chunk = busy.pop(connection)
                done[number] = chunk, _receive(connection, workers)
                idle.append(connection)
            while written in done:
                chunk, result = done.pop(written)
                if isinstance(result, Exception):
                    raise result
                yield (chunk, *result)
                written += 1


@contextmanager
def _processes(load: Callable[[], Predictor], options: Options, workers: int) -> Iterator[deque[Connection]]:
    """The near ends of pipes, each to a process that waits for chunks. None is left afterwards."""
    spawn = multiprocessing.get_context("spawn")  # threads and accelerators do not survive a fork
    started, connections = [], deque[Connection]()
    if hasattr(signal, "pthread_sigmask"):
        resource_tracker.ensure_running()  # when it starts it lets signals through, and a worker would get Ctrl-C
    try:
        for _ in range(workers):
            near, far = spawn.Pipe()
            connections.append(near)
            process = spawn.Process(target=_work, args=(far, load, options), daemon=True)
            with _without_interrupts():
                process.start()
            started.append(process)
            far.close()  # so that a process that ends closes its pipe
        yield connections
    finally:
        for process in started:
            process.kill()  # it holds nothing that it could lose
        for process in started:
            process.join()


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """A process started here never gets Ctrl-C, not even while it is starting; this one gets it afterwards."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(connection: Connection, load: Callable[[], Predictor], options: Options) -> None:
    """Answer chunks until the pipe ends, as it does when the process at its other end does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    predictor: Predictor | None = None
    while True:
        try:
            chunk = connection.recv()
            result: Result
            try:
                predictor = predictor or load()
                result = predict_chunk(predictor, chunk, options)
            except Exception as error:
                result = error
            connection.send(result)
        except (EOFError, OSError):
            return


def _next(chunks: Iterator[Chunk]) -> Chunk | Exception | None:
    """The next chunk, or why it cannot be read; nothing at the end."""
    try:
        return next(chunks, None)
    except Exception as error:
        return error


def _send(connection: Connection, chunk: Chunk, workers: int) -> Connection:
    try:
        connection.send(chunk)
    except OSError:
        raise _died(workers) from None
    return connection


def _receive(connection: Connection, workers: int) -> Result:
    try:
        return connection.recv()
    except (EOFError, OSError):
        raise _died(workers) from None


def _died(workers: int) -> ValueError:
    return ValueError(
        f"one of {workers} worker processes ended before its work was done, perhaps for want of memory: "
        f"try --workers {max(1, workers // 2)}"
    )
