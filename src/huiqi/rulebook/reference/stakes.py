"""What waits for a missing fact, form by form: money paid, tax saved and loans are never added together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from huiqi.rulebook.language.literals import show_money
from huiqi.rulebook.library.policy import Form
from huiqi.rulebook.reference.assess import Assessment
from huiqi.rulebook.reference.settle import total


@dataclass(frozen=True, slots=True)
class Stake:
    """What an answer could decide in one form: the money (fen), and of how many rows no bound is known."""

    form: Form
    fen: int
    unbounded: int = 0

    @property
    def words(self) -> str:
        """As pages say it: 拨付20万元以上."""
        if not self.fen:
            return f"{self.form}数额未知"
        return f"{self.form}{show_money(self.fen)}{'以上' if self.unbounded else ''}"


def stakes_of(items: Iterable[Assessment]) -> tuple[Stake, ...]:
    """What rows that wait for the same fact could still bring, by form; nothing for stated benefits."""
    waiting: dict[Form, list[Assessment]] = {}
    for item in items:
        waiting.setdefault(item.support.form, []).append(item)
    out = []
    for form, rows in waiting.items():
        known = [item for item in rows if item.bounded]
        low, high = total(known)
        stake = Stake(form, (high or 0) - low, len(rows) - len(known))
        if stake.fen or stake.unbounded:
            out.append(stake)
    return in_order(out)


def in_order(stakes: Iterable[Stake]) -> tuple[Stake, ...]:
    """Money that is paid first, then the other forms as :class:`Form` lists them."""
    return tuple(sorted(stakes, key=lambda stake: ORDER[stake.form]))


def weight(stakes: Sequence[Stake]) -> tuple[int, ...]:
    """To sort by, the most first: by the money that is paid, then by each other form in turn."""
    return tuple(-fen for fen in by_form(stakes).values())


def by_form(stakes: Sequence[Stake]) -> dict[Form, int]:
    """The money of every form in which there can be any (fen), 0 where nothing waits."""
    fen = {stake.form: stake.fen for stake in stakes}
    return {form: fen.get(form, 0) for form in Form if form is not Form.FAVOUR}


def stake_words(stakes: Sequence[Stake]) -> str:
    """All forms in one line; empty where only stated benefits wait."""
    return "、".join(stake.words for stake in stakes)


ORDER = {form: at for at, form in enumerate(Form)}
