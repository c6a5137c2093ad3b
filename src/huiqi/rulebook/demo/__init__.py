"""A synthetic region for demonstrations, tests and benchmarks.

:func:`make_region` writes it as a snapshot, :func:`export_tables` as the tables an office would hand
in. Nothing in it is real: see :mod:`huiqi.rulebook.demo.keys` for how that shows.
"""

from huiqi.rulebook.demo.export import export_tables
from huiqi.rulebook.demo.region import make_region

__all__ = ["export_tables", "make_region"]
