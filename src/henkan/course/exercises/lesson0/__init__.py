"""The checks and mistakes of each exercise, beside the file with its texts."""
