"""The zoo: one class per known bug, each the right client with one small difference, and right clients of all kinds."""

from __future__ import annotations

import zoo_bad_days
import zoo_getting
import zoo_keeping
import zoo_refused
import zoo_renewing
import zoo_safety
from zoo_bugs import MUTANTS as ENTERED
from zoo_right import INNOCENT

__all__ = ["INNOCENT", "MUTANTS"]

CHAPTERS = (zoo_getting, zoo_keeping, zoo_renewing, zoo_refused, zoo_bad_days, zoo_safety)
MUTANTS = {name: cls for chapter in CHAPTERS for name, cls in ENTERED.items() if cls.__module__ == chapter.__name__}
