"""henkan beside its peers on this machine: the same sizes, the same data, the same work, in turn."""
