"""The course as software: exercises that name the mistake, equations that lead to their line of code."""
