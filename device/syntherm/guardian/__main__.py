"""`python -m syntherm.guardian CONFIG.toml`."""

import sys

from syntherm.guardian.command import main

if __name__ == "__main__":
    sys.exit(main())
