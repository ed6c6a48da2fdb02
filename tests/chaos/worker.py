"""A worker as `serve` starts it, which also says when it takes tasks.

Who kills it before that has proved nothing. python -m tests.chaos.worker FILE worker --pool=…
"""

import sys
from pathlib import Path

from celery.__main__ import main
from celery.signals import worker_ready

if __name__ == "__main__":
    mark = Path(sys.argv.pop(1))
    worker_ready.connect(lambda **kwargs: mark.touch(), weak=False)
    sys.argv[1:1] = ["--quiet", "-A", "config.celery:app"]
    main()
