"""The five documents with hand-made labels: scores by the shared tool, thresholds of the issue."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from huiqi.reading import as_json, read

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
TOOL = SHARED / "tools" / "score_reading.py"

pytestmark = pytest.mark.skipif(
    not TOOL.exists(),
    reason="the folder `shared` with policies and labels is not beside the project",
)

LEAST = {"clauses": 0.99, "units": 0.98, "targets": 0.93, "money": 0.95}


def scorer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("score_reading", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def readings() -> list[tuple[Path, Path]]:
    return [
        (gold, SHARED / "policies" / f"{gold.name}.txt")
        for gold in sorted((SHARED / "gold").iterdir())
        if gold.is_dir()
    ]


def test_scores_reach_the_thresholds(tmp_path: Path) -> None:
    tool = scorer()
    totals: dict[str, list[int]] = {}
    for gold, policy in readings():
        out = tmp_path / f"{gold.name}.json"
        out.write_text(json.dumps(as_json(read(policy)), ensure_ascii=False), encoding="utf-8")
        compared: dict[str, Any] = tool.compare(tool.load(gold), tool.load(out))
        for part, (hit, found, want, _, _) in compared.items():
            total = totals.setdefault(part, [0, 0, 0])
            total[0] += hit
            total[1] += found
            total[2] += want
    scores = {part: 2 * hit / (found + want) for part, (hit, found, want) in totals.items()}
    assert {part: scores[part] >= least for part, least in LEAST.items()} == dict.fromkeys(
        LEAST, True
    ), scores


@pytest.mark.parametrize("part", ["number", "issuer", "issued_on"])
def test_facts_of_the_papers(part: str) -> None:
    for gold, policy in readings():
        wanted = json.loads((gold / "document.json").read_text("utf-8"))[part]
        assert as_json(read(policy))["document"][part] == wanted, gold.name


def test_papers_carried_out() -> None:
    for gold, policy in readings():
        wanted = json.loads((gold / "document.json").read_text("utf-8"))["based_on"]
        found = as_json(read(policy))["document"]["based_on"]
        assert [(b["title"], b["number"]) for b in found] == [
            (b["title"], b["number"]) for b in wanted
        ], gold.name


def test_headings_and_leads() -> None:
    for gold, policy in readings():
        rows = [
            json.loads(line) for line in (gold / "clauses.jsonl").read_text("utf-8").splitlines()
        ]
        found = as_json(read(policy))["clauses"]
        assert [c["heading"] for c in found] == [row["heading"] for row in rows], gold.name
        assert [c["lead"] for c in found] == [row["lead"] for row in rows], gold.name


def test_every_sentence_is_accounted_for() -> None:
    for gold, policy in readings():
        coverage = read(policy).coverage
        assert coverage.in_sentences == coverage.characters, gold.name
        assert coverage.share > 0.9, gold.name
