"""Learning: the loss, the schedule, one update, one epoch, a whole run."""

from henkan.training.average import mean_weights
from henkan.training.checkpoint import load_model, save_model
from henkan.training.early_stopping import EarlyStopping
from henkan.training.fit import Fit, fit
from henkan.training.keep_best import KeepBest
from henkan.training.loop import Evaluation, evaluate, train_epoch
from henkan.training.loss import LabelSmoothingCrossEntropy
from henkan.training.optimizer import make_optimizer, parameter_groups
from henkan.training.precision import choose_autocast
from henkan.training.reports import DevReport, FitResult, Observer, StepReport
from henkan.training.resume import load_checkpoint, read_about, save_checkpoint
from henkan.training.run import Run
from henkan.training.schedule import NoamScheduler, noam_rate, rate_at
from henkan.training.state import Checkpoint, Checkpoints, RunState
from henkan.training.step import compute_loss, train_step

__all__ = [
    "Checkpoint",
    "Checkpoints",
    "DevReport",
    "EarlyStopping",
    "Evaluation",
    "Fit",
    "FitResult",
    "KeepBest",
    "LabelSmoothingCrossEntropy",
    "NoamScheduler",
    "Observer",
    "Run",
    "RunState",
    "StepReport",
    "choose_autocast",
    "compute_loss",
    "evaluate",
    "fit",
    "load_checkpoint",
    "load_model",
    "make_optimizer",
    "mean_weights",
    "noam_rate",
    "parameter_groups",
    "rate_at",
    "read_about",
    "save_checkpoint",
    "save_model",
    "train_epoch",
    "train_step",
]
