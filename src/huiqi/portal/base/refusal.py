"""How an action refuses: what is wrong and what to do, in Chinese, for the person who asked."""

from typing import Any


class Refused(Exception):
    """An act that is not done. Nothing of it is saved.

    ``what`` says what is wrong, ``remedy`` what to do; ``field`` names the field of the form to show
    it at, empty for the whole form.
    """

    def __init__(self, what: str, remedy: str = "", field: str = "") -> None:
        super().__init__(what)
        self.what, self.remedy, self.field = what, remedy, field

    @property
    def details(self) -> dict[str, Any]:
        """What a page shows beside the words, as plain values; kept with a job that was refused."""
        return {}

    def __str__(self) -> str:
        """Both in one sentence."""
        if not self.remedy:
            return self.what
        stop = "" if self.what.endswith(("。", "？", "！")) else "。"
        return f"{self.what}{stop}{self.remedy}"
