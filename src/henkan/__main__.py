"""``python -m henkan``."""

import sys

from henkan.cli import main

if __name__ == "__main__":
    sys.exit(main())
