"""How sharp the checks are: small changes are made to the library's parts, and every one should be noticed.

    python -m course.mutation [ID ...] [--save]

A changed part, a mutant, is killed when a check of its exercise fails on it. One that survives is either as right as
the library, and then listed with the reason in ``equivalent.toml``, or it shows a check that is missing.
"""
