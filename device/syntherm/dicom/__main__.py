"""`python -m syntherm.dicom CONFIG.toml`."""

import sys

from syntherm.dicom.command import main

if __name__ == "__main__":
    sys.exit(main())
