"""The command `huiqi`. One module per command; :mod:`huiqi.cli.main` lists them."""

import sys


def app_main() -> None:
    """The entry point of the installed command; Ctrl+C is answered calmly while it is still loading."""
    try:
        from huiqi.cli import main
    except KeyboardInterrupt:
        sys.exit(130)
    main.app_main()


__all__ = ["app_main"]
