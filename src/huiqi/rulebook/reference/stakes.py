"""What waits for a missing fact, form by form: money paid, tax saved and loans are never added together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from huiqi.rulebook.language.literals import show_money
from huiqi.rulebook.library.policy import Form, Stacking
from huiqi.rulebook.reference.assess import Assessment
from huiqi.rulebook.reference.settle import stack


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
    """What rows that wait for the same fact could still bring, by form; nothing for stated benefits.

    Of a stacking group of which only one is had, the row that could bring most counts.
    """
    waiting: dict[Form, list[Assessment]] = {}
    for item in items:
        waiting.setdefault(item.support.form, []).append(item)
    found = (
        Stake(form, _undecided(rows), sum(not item.bounded for item in rows))
        for form, rows in waiting.items()
    )
    return in_order(stake for stake in found if stake.fen or stake.unbounded)


def _undecided(rows: Iterable[Assessment]) -> int:
    spans, best = 0, dict[object, int]()
    for item in rows:
        span = (item.high or 0) - (item.low or 0) if item.bounded else 0
        if item.support.stacking in (Stacking.HIGHEST, Stacking.EITHER):
            one = (item.support.group, *stack(item))
            best[one] = max(best.get(one, 0), span)
        else:
            spans += span
    return spans + sum(best.values())


def in_order(stakes: Iterable[Stake]) -> tuple[Stake, ...]:
    """Money that is paid first, then the other forms as :class:`Form` lists them."""
    return tuple(sorted(stakes, key=lambda stake: ORDER[stake.form]))


def weight(stakes: Sequence[Stake]) -> tuple[int, ...]:
    """To sort by, the most first: by the money that is paid, then by each other form in turn, then by how
    much has no bound that is known."""
    unbounded = sum(stake.unbounded for stake in stakes)
    return (*(-fen for fen in by_form(stakes).values()), -unbounded)


def by_form(stakes: Sequence[Stake]) -> dict[Form, int]:
    """The money of every form in which there can be any (fen), 0 where nothing waits."""
    fen = {stake.form: stake.fen for stake in stakes}
    return {form: fen.get(form, 0) for form in Form if form is not Form.FAVOUR}


def stake_words(stakes: Sequence[Stake]) -> str:
    """All forms in one line; empty where only stated benefits wait."""
    return "、".join(stake.words for stake in stakes)


ORDER = {form: at for at, form in enumerate(Form)}
