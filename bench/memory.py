"""python -m bench.memory: resident memory (PSS) of the whole group at rest."""

import tempfile
import time
from pathlib import Path

from bench.cost import ARTICLE
from tests.group import running

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as group:
        for _ in range(20):
            group.fetch("/")
            group.fetch(ARTICLE)
        time.sleep(70)  # past the first tick of beat
        sizes = group.pss()
    for process, size in sizes.items():
        print(f"{size:6.1f} MB  {process}")
    print(f"{sum(sizes.values()):6.1f} MB  PSS of the whole group at rest")
