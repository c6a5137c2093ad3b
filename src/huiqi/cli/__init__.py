"""The command `huiqi`. One module per command; :mod:`huiqi.cli.main` lists them."""

from huiqi.cli.main import app_main, run

__all__ = ["app_main", "run"]
