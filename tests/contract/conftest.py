"""The zoo's modules are found by name, also by the runs inside of these tests."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
