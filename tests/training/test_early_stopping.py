"""Stopping: not too early, not never."""

import pytest

from henkan.training import EarlyStopping


def test_it_stops_after_patience_calls_without_improvement() -> None:
    stopping = EarlyStopping(patience=3, min_delta=0.0)
    assert [stopping(loss) for loss in (1.0, 0.9, 0.95, 0.9, 0.91)] == [False, False, False, False, True]
    assert (stopping.counter, stopping.best_loss, stopping.should_stop) == (3, 0.9, True)


def test_an_improvement_starts_the_count_again() -> None:
    stopping = EarlyStopping(patience=2)
    assert not any(stopping(loss) for loss in (1.0, 1.0, 0.5, 0.6, 0.4, 0.7))
    assert stopping.counter == 1


def test_an_improvement_smaller_than_min_delta_is_none() -> None:
    stopping = EarlyStopping(patience=1, min_delta=0.1)
    stopping(1.0)
    assert stopping(0.95)
    assert stopping.best_loss == 1.0


def test_a_loss_that_is_not_a_number_is_no_improvement() -> None:
    stopping = EarlyStopping(patience=1)
    assert stopping(float("nan"))


def test_the_published_defaults() -> None:
    stopping = EarlyStopping()
    assert (stopping.patience, stopping.min_delta, stopping.counter, stopping.should_stop) == (10, 0.001, 0, False)


def test_no_patience_is_refused() -> None:
    with pytest.raises(ValueError, match="patience=0"):
        EarlyStopping(patience=0)
