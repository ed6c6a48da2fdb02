import tempfile
from pathlib import Path

import pytest


@pytest.fixture
def data_dir():
    """With a short path, unlike pytest's own, so that the broker's socket lies within."""
    with tempfile.TemporaryDirectory(prefix="aw-") as folder:
        yield Path(folder)
