"""Right solutions, written another way than the library."""
