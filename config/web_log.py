"""The web server's own log: what broke and where; never who asked, nor for what."""

import sys
import traceback

from gunicorn.glogging import Logger


class Log(Logger):
    def warning(self, msg, *args, **kwargs):
        if str(msg).startswith("Invalid request from ip="):
            msg = "An invalid request was refused."
        super().warning(msg, *args, **kwargs)

    def exception(self, msg, *args, **kwargs):
        """By class and place, without the error's own words, as our own log does it."""
        kind, _error, trace = sys.exc_info()
        frames = reversed(traceback.extract_tb(trace)[-8:])
        trail = " < ".join(f"{f.filename}:{f.lineno} {f.name}" for f in frames)
        self.error("%s: %s", kind.__name__ if kind else "Error", trail)
