"""From text to batches: vocabulary, tokenizers, pairs from files, splits by source, token-budget batches.

Read in this order: `vocabulary`, `tokenizers`, `lines`, `pairs`, `splits`, `batch`, `batching`.
"""

from henkan.data.batch import Batch, EncodedPair, encode_examples, pad_rows
from henkan.data.batching import TokenBatches
from henkan.data.lines import decode_lines, read_lines
from henkan.data.pairs import Example, PairFile, ReadReport, read_pairs
from henkan.data.splits import Splits, source_fraction, split_by_source
from henkan.data.tokenizers import CharacterTokenizer, Kind, SeparatorTokenizer, Tokenizer
from henkan.data.vocabulary import BOS_IDX, EOS_IDX, NUM_SPECIALS, PAD_IDX, UNK_IDX, UNKNOWN, Vocabulary

__all__ = [
    "BOS_IDX",
    "EOS_IDX",
    "NUM_SPECIALS",
    "PAD_IDX",
    "UNKNOWN",
    "UNK_IDX",
    "Batch",
    "CharacterTokenizer",
    "EncodedPair",
    "Example",
    "Kind",
    "PairFile",
    "ReadReport",
    "SeparatorTokenizer",
    "Splits",
    "TokenBatches",
    "Tokenizer",
    "Vocabulary",
    "decode_lines",
    "encode_examples",
    "pad_rows",
    "read_lines",
    "read_pairs",
    "source_fraction",
    "split_by_source",
]
