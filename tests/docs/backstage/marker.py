"""What the pages of profiles take for granted."""

import pytest  # noqa: F401
