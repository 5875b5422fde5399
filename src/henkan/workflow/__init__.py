"""What the commands do, as functions: train, predict, evaluate, score, demo. The command line only calls them."""
