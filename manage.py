#!/usr/bin/env python
import os
import sys


def main() -> None:
    """`serve` only watches other processes, so it is handed over before Django is loaded."""
    if sys.argv[1:2] == ["serve"]:
        from config import serve

        sys.exit(serve.main(sys.argv[2:]))

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as problem:
        if "--traceback" in sys.argv:
            raise
        sys.exit(f"Afterword cannot start: {problem}")


if __name__ == "__main__":
    main()
