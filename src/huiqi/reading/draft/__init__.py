"""From a reading to a draft policy folder, and how near it comes to rules written by hand."""

from huiqi.reading.draft.make import draft
from huiqi.reading.draft.values import Draft
from huiqi.reading.draft.write import write

__all__ = ["Draft", "draft", "write"]
