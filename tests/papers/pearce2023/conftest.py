"""Lets the tests of this paper share made-up runs."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
