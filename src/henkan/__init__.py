"""henkan (変換, "to transform"): a Transformer to read, train on your own pairs, look into, and ship.

A name is imported when it is first used: `import henkan` is quick, and only a name that needs an optional package asks
for it.
"""

from typing import TYPE_CHECKING

from henkan.late import late

if TYPE_CHECKING:
    from henkan.bundle import Bundle
    from henkan.decoding import BeamSearch, Greedy, Hypothesis, Sampling, generate, greedy_decode, score
    from henkan.nn import (
        Decoder,
        DecoderLayer,
        Encoder,
        EncoderLayer,
        FeedForward,
        LayerNorm,
        MultiHeadAttention,
        PositionalEncoding,
        PositionwiseFeedForward,
        SelfAttention,
        Transformer,
        TransformerDecoder,
        TransformerEncoder,
        count_parameters,
        create_look_ahead_mask,
        create_masks,
        create_padding_mask,
    )
    from henkan.tasks import CopyTaskDataset, collate_fn
    from henkan.training import (
        EarlyStopping,
        LabelSmoothingCrossEntropy,
        NoamScheduler,
        evaluate,
        load_model,
        save_model,
        train_epoch,
    )
    from henkan.training.lightning import LitTransformer, greedy_decode_lightning

__version__ = "0.1.0"
__all__ = [
    "BeamSearch",
    "Bundle",
    "CopyTaskDataset",
    "Decoder",
    "DecoderLayer",
    "EarlyStopping",
    "Encoder",
    "EncoderLayer",
    "FeedForward",
    "Greedy",
    "Hypothesis",
    "LabelSmoothingCrossEntropy",
    "LayerNorm",
    "LitTransformer",
    "MultiHeadAttention",
    "NoamScheduler",
    "PositionalEncoding",
    "PositionwiseFeedForward",
    "Sampling",
    "SelfAttention",
    "Transformer",
    "TransformerDecoder",
    "TransformerEncoder",
    "collate_fn",
    "count_parameters",
    "create_look_ahead_mask",
    "create_masks",
    "create_padding_mask",
    "evaluate",
    "generate",
    "greedy_decode",
    "greedy_decode_lightning",
    "load_model",
    "save_model",
    "score",
    "train_epoch",
]

__getattr__ = late(__name__)
