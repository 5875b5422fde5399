"""Learning: the loss, the schedule, one update, one epoch, a whole run."""

from henkan.training.checkpoint import load_model, save_model
from henkan.training.early_stopping import EarlyStopping
from henkan.training.fit import DevReport, FitResult, Observer, StepReport, fit
from henkan.training.keep_best import KeepBest
from henkan.training.loop import Evaluation, evaluate, train_epoch
from henkan.training.loss import LabelSmoothingCrossEntropy
from henkan.training.optimizer import make_optimizer, parameter_groups
from henkan.training.precision import choose_autocast
from henkan.training.schedule import NoamScheduler, noam_rate, rate_at
from henkan.training.step import compute_loss, train_step

__all__ = [
    "DevReport",
    "EarlyStopping",
    "Evaluation",
    "FitResult",
    "KeepBest",
    "LabelSmoothingCrossEntropy",
    "NoamScheduler",
    "Observer",
    "StepReport",
    "choose_autocast",
    "compute_loss",
    "evaluate",
    "fit",
    "load_model",
    "make_optimizer",
    "noam_rate",
    "parameter_groups",
    "rate_at",
    "save_model",
    "train_epoch",
    "train_step",
]
