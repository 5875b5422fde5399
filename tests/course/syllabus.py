"""The mistakes that the syllabus names, by exercise, and the exercises that exist so far."""

from pathlib import Path

import henkan.course
from henkan.course.exercise import ORDER

MISTAKES = {
    "phase1/embedding_as_matmul": {"missing_sqrt_d", "scale_by_d", "pad_row_trained"},
    "phase1/sinusoidal_table": {"exponent_i_not_2i", "sin_cos_swapped", "halves_not_interleaved", "starts_at_one"},
    "phase1/positional_encoding": {"pe_is_parameter", "added_along_batch", "dropout_before_sum"},
    "phase1/relative_shift": {"rotation_transposed"},
    "phase2/softmax": {"no_max_shift", "wrong_dim"},
    "phase2/sdpa": {"no_scale", "div_by_d_k", "scale_sqrt_d_model", "softmax_over_queries", "scores_transposed"},
    "phase2/masked_sdpa": {"mask_after_softmax", "mask_inverted", "additive_bool_mask", "fill_overflows_half"},
    "phase2/split_merge_heads": {"view_without_transpose", "merge_without_transpose"},
    "phase2/multi_head_attention": {
        "no_output_projection",
        "shared_qk_projection",
        "softmax_over_heads",
        "dropout_on_scores",
    },
    "phase2/cross_attention": {"kv_from_query"},
}

ROOT = Path(__file__).parents[2]
ALTERNATIVES = Path(__file__).parent / "alternatives"
FOLDER = Path(henkan.course.__file__).parent / "exercises"


def files_of(exercise_id: str) -> tuple[Path, Path, Path]:
    """The card, the checks, and other right solutions."""
    others = ALTERNATIVES / f"{exercise_id.replace('/', '_')}.py"
    return FOLDER / f"{exercise_id}.toml", FOLDER / f"{exercise_id}.py", others


WRITTEN = [exercise_id for exercise_id in ORDER if all(path.exists() for path in files_of(exercise_id))]
