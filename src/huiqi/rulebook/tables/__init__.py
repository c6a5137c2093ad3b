"""Tables as people keep them (CSV, workbooks, Parquet) -> a snapshot for the bulk engine.

Call :func:`prepare`. What is read how: `cells` values, `keys` codes and ids, `headings` columns,
`delimited`, `workbook` and `parquet` files, `trailers` totals and footnotes; `stage` and `prepare`
are the two passes. :func:`template` makes an empty workbook to fill in.
"""

from huiqi.rulebook.tables.ledger import write_problems
from huiqi.rulebook.tables.prepare import Counted, Prepared, prepare
from huiqi.rulebook.tables.template import template

__all__ = ["Counted", "Prepared", "prepare", "template", "write_problems"]
