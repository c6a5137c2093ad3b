"""`region.toml`: what the synthetic region looks like, and where places and industries lie."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from huiqi.rulebook.language.nodes import Kind
from huiqi.rulebook.language.trees import Tree
from huiqi.rulebook.library.vocabulary import FactSpec, Table, Vocabulary
from huiqi.rulebook.problems import Problem

FILE = Path(__file__).with_name("region.toml")
HOME = "山西省"
COUNTY = "县域"  # every county once, however many enterprises there are


@dataclass(frozen=True)
class Industry:
    """One industry's position in its tree with what firms in it are like."""

    position: int
    weight: float
    staff: float
    spread: float
    turnover: float
    assets: float
    tech: float
    word: str


@dataclass(frozen=True)
class Profile:
    """The figures of `region.toml`; look-ups fall back from a fact to its table to the default."""

    data: Mapping[str, Any]
    vocabulary: Vocabulary

    def of(self, section: str, spec: FactSpec) -> Any:
        """What a section says of a fact, of its table, or of all."""
        given = self.data[section]
        return given.get(spec.shown, given.get(spec.table, given.get("default")))

    def number(self, section: str, name: str) -> float:
        return float(self.data[section][name])

    def whole(self, section: str, name: str) -> int:
        return int(self.data[section][name])

    def subjects(self, table: str) -> tuple[int, int]:
        """One row of the subject per so many enterprises (0: none), and at least how many."""
        if table == COUNTY:
            return 0, len(self.counties)
        given = self.data["subjects"].get(table, self.data["subjects"]["default"])
        return int(given["per"]), int(given["least"])

    def events(self, table: str) -> Mapping[str, Any]:
        """Share of owners, least and most rows, and how rows follow one another."""
        given: Mapping[str, Any] = self.data["events"].get(table, self.data["events"]["default"])
        return given

    def unknown(self, table: Table, spec: FactSpec) -> float:
        """The share of rows that lack the fact, before it is varied by fact."""
        given = self.data["unknown"]
        if spec.shown in given:
            return float(given[spec.shown])
        if spec.judged:
            return float(given["judged"])
        if spec.type.kind is Kind.TEXT:
            return 0.0
        if spec.name == table.moment:
            return float(given["moment"])
        if any(holder in spec.source for holder in given["holders"]):
            return float(given["register"])
        return float(given["complete" if table.is_event and table.complete else "declared"])

    def showcase(self, table: str) -> float:
        """The share of a table's rows that are made to fit each support that reads it."""
        given = self.data["showcase"]
        return float(given.get(table, given["default"]))

    def edge(self, name: str, table: str) -> float:
        """How large a share of a table's values moves to a boundary."""
        given = self.data["edges"]
        return float(given.get(table, {}).get(name, given[name]))

    @cached_property
    def places(self) -> dict[int, float]:
        """Position of a current county -> weight."""
        return self._spread(self.data["places"])

    @cached_property
    def focus(self) -> dict[int, float]:
        """The same for the few enterprises that a demonstration must show."""
        return self._spread(self.data["focus"]["places"])

    @cached_property
    def counties(self) -> tuple[int, ...]:
        """Positions of the current counties of the province, in tree order."""
        tree = self.vocabulary.regions
        found = tree.find(HOME)
        if isinstance(found, Problem):
            return tuple(
                node.position for node in tree.nodes if node.current and _leaf(tree, node.position)
            )
        return tuple(_leaves(tree, found.position))

    @cached_property
    def abolished(self) -> tuple[int, ...]:
        """Positions of divisions that no longer exist."""
        return tuple(node.position for node in self.vocabulary.regions.nodes if not node.current)

    @cached_property
    def abroad(self) -> tuple[int, ...]:
        """Positions of current leaves outside the province."""
        home = set(self.counties)
        tree = self.vocabulary.regions
        return tuple(
            node.position for node in tree.nodes
            if node.current and _leaf(tree, node.position) and node.position not in home
        )  # fmt: skip

    def _spread(self, shares: Mapping[str, float]) -> dict[int, float]:
        tree = self.vocabulary.regions
        found = {name: tree.find(name) for name in shares}
        named = {name: node for name, node in found.items() if not isinstance(node, Problem)}
        taken = {node.position for node in named.values()}
        out: dict[int, float] = {}
        for name, node in named.items():
            inside = [
                p for p in _leaves(tree, node.position) if p == node.position or p not in taken
            ]
            inside = [p for p in inside if not _under_other(tree, p, node.position, taken)]
            for position in inside:
                out[position] = out.get(position, 0.0) + shares[name] / len(inside)
        return out or dict.fromkeys(range(len(tree)), 1.0)

    @cached_property
    def industries(self) -> tuple[Industry, ...]:
        """Every industry of the profile that the tree knows."""
        tree = self.vocabulary.industries
        out = []
        for group in self.data["industries"]:
            known = [node for code in group["codes"] if (node := tree.get(code)) is not None]
            for node in known:
                out.append(
                    Industry(
                        node.position, group["weight"] / len(known), group["staff"],
                        group["spread"], group["turnover"], group["assets"], group["tech"],
                        _trade(node.name),
                    )
                )  # fmt: skip
        if out:
            return tuple(out)
        return tuple(
            Industry(node.position, 1, 5, 1, 10**5, 1, 0, _trade(node.name)) for node in tree.nodes
        )

    @cached_property
    def weights(self) -> Mapping[str, Mapping[str, float]]:
        given: Mapping[str, Mapping[str, float]] = self.data["weights"]
        return given

    def choices(self, spec: FactSpec) -> dict[int, float]:
        """Position in the closed list -> weight; low grades of ordered lists are more frequent."""
        values = self.vocabulary.choices.get(spec.type.choices, ())
        given = self.weights.get(spec.shown, {})
        falls = spec.type.choices in self.vocabulary.ordered
        return {
            position: float(given.get(value, 1 / (1 + position) if falls else 1))
            for position, value in enumerate(values)
        }


def load_profile(vocabulary: Vocabulary, file: Path = FILE) -> Profile:
    """The profile of the demonstration region over a vocabulary."""
    return Profile(tomllib.loads(file.read_text("utf-8")), vocabulary)


def _leaf(tree: Tree, position: int) -> bool:
    node = tree.nodes[position]
    return not any(inner.current for inner in tree.nodes[position + 1 : node.end])


def _leaves(tree: Tree, position: int) -> list[int]:
    """Current nodes inside a node with no current node inside them."""
    end = tree.nodes[position].end
    return [p for p in range(position, end) if tree.nodes[p].current and _leaf(tree, p)]


def _under_other(tree: Tree, position: int, own: int, taken: set[int]) -> bool:
    """Whether a narrower named division contains the place."""
    own_end = tree.nodes[own].end
    return any(
        other != own and own < other < own_end and other <= position < tree.nodes[other].end
        for other in taken
    )


def _trade(name: str) -> str:
    """A short word for a firm's name: 通用设备制造业 -> 通用设备."""
    word = name.split("、")[0].split("和")[0]
    for tail in ("制造业", "加工业", "开采", "服务业", "活动", "业"):
        if word.endswith(tail) and len(word) > len(tail) + 1:
            return word.removesuffix(tail)
    return word


__all__ = ["COUNTY", "Industry", "Profile", "load_profile"]
