"""From text to batches: vocabulary, tokenizers, pairs from files, splits by source, token-budget batches.

Read in this order: `vocabulary`, `tokenizers` (then `words`, `subwords`, `feature_tokenizer`, `tokenizer_kinds`),
`codec`, `lines`, `pairs`, `splits`, `batch`, `arrays`, `batching`, then `choose` and `report`, which look at data for
its owner.
"""

from typing import TYPE_CHECKING

from henkan.late import late

if TYPE_CHECKING:
    from henkan.data.arrays import PairArrays
    from henkan.data.batch import Batch, EncodedPair, encode_examples, encode_pair, iter_encoded, pad_rows
    from henkan.data.batching import TokenBatches
    from henkan.data.choose import choose_kind
    from henkan.data.codec import Codec, Copied, copy_symbols
    from henkan.data.feature_tokenizer import FeatureTokenizer
    from henkan.data.features import Features
    from henkan.data.lines import decode_lines, iter_lines, read_lines
    from henkan.data.pair_reader import PairReader, ReadReport
    from henkan.data.pairs import Example, PairFile, group_rows, read_pairs
    from henkan.data.report import DataReport
    from henkan.data.rows import open_pairs
    from henkan.data.splits import Splits, source_fraction, split_by_source
    from henkan.data.subwords import BytePairTokenizer, UnigramTokenizer
    from henkan.data.survey import make_data_report
    from henkan.data.tokenizers import KINDS, CharacterTokenizer, Kind, SeparatorTokenizer, Tokenizer
    from henkan.data.vocabulary import BOS_IDX, EOS_IDX, NUM_SPECIALS, PAD_IDX, UNK_IDX, UNKNOWN, Vocabulary
    from henkan.data.words import WordTokenizer

__all__ = [
    "BOS_IDX",
    "EOS_IDX",
    "KINDS",
    "NUM_SPECIALS",
    "PAD_IDX",
    "UNKNOWN",
    "UNK_IDX",
    "Batch",
    "BytePairTokenizer",
    "CharacterTokenizer",
    "Codec",
    "Copied",
    "DataReport",
    "EncodedPair",
    "Example",
    "FeatureTokenizer",
    "Features",
    "Kind",
    "PairArrays",
    "PairFile",
    "PairReader",
    "ReadReport",
    "SeparatorTokenizer",
    "Splits",
    "TokenBatches",
    "Tokenizer",
    "UnigramTokenizer",
    "Vocabulary",
    "WordTokenizer",
    "choose_kind",
    "copy_symbols",
    "decode_lines",
    "encode_examples",
    "encode_pair",
    "group_rows",
    "iter_encoded",
    "iter_lines",
    "make_data_report",
    "open_pairs",
    "pad_rows",
    "read_lines",
    "read_pairs",
    "source_fraction",
    "split_by_source",
]

__getattr__ = late(__name__)
