"""Stopping when nothing improves any more."""


class EarlyStopping:
    """Says when a loss has not fallen by more than ``min_delta`` for ``patience`` calls in a row."""

    def __init__(self, patience: int = 10, min_delta: float = 0.001) -> None:
        if patience < 1:
            raise ValueError(f"patience={patience} must be at least 1: it is a number of evaluations")
        self.patience = patience
        self.min_delta = min_delta
        self.counter = 0
        self.best_loss = float("inf")
        self.should_stop = False

    def __call__(self, loss: float) -> bool:
        """Whether to stop, now that the loss is ``loss``. A loss that is not a number is no improvement."""
        if loss < self.best_loss - self.min_delta:
            self.best_loss = loss
            self.counter = 0
        else:
            self.counter += 1
        self.should_stop = self.counter >= self.patience
        return self.should_stop
