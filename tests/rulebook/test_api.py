"""The calls of `huiqi.rulebook`, as a program outside uses them."""

import subprocess
import sys
from datetime import date
from pathlib import Path

from huiqi import rulebook
from huiqi.rulebook.demo import make_region
from huiqi.rulebook.library.home import policies_folder

FACTS = """
企业: {注册地: 高平市}
认定: {名称: 高新技术企业, 级别: 国家级, 发证日期: 2023-10-16, 时注册地: 高平市}
"""
SUPPORT = "gaoping-2022-43/高企首次取得"
ON = date(2026, 11, 22)


def test_every_name_is_what_it_says_whatever_was_imported_before() -> None:
    """A module of the same name would take the place of a function once it is imported."""
    folder = Path(rulebook.__file__).parent
    modules = {path.stem for path in folder.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert modules & set(rulebook.__all__) == set()
    assert all(hasattr(rulebook, name) for name in rulebook.__all__)


def test_one_subject(tmp_path: Path) -> None:
    library, problems = rulebook.load(policies_folder())
    assert problems == []
    assert rulebook.check(policies_folder()) == []
    file = tmp_path / "企业.yaml"
    file.write_text(FACTS, "utf-8")
    facts, problems = rulebook.read_facts_file(file, library)
    assert problems == []
    made = rulebook.evaluate(library, facts, on=ON)
    found = next(item for item in made.assessments if item.support.key == SUPPORT)
    assert found.answer.chinese == "应享"
    amount = library.by_key[SUPPORT].figures()[0].pop()
    assert (found.low, found.high) == (amount, amount)
    told = rulebook.explain(made)
    assert SUPPORT in str(told)


def test_a_region(tmp_path: Path) -> None:
    library, _ = rulebook.load(policies_folder())
    make_region(
        library.vocabulary, tmp_path / "region", enterprises=300, today=ON,
        supports=library.supports,
    )  # fmt: skip
    region, problems = rulebook.open_region(tmp_path / "region", library)
    assert problems == []
    assert region is not None
    result = rulebook.match(library, region, on=ON, out=tmp_path / "out")
    assert (tmp_path / "out" / "match.json").is_file()
    assert result.rows["企业"] == 300
    what_if, problems = rulebook.simulate(library, region, {f"{SUPPORT}.金额": "1分"}, on=ON)
    assert problems == []
    assert what_if is not None
    assert [change.support for change in what_if.supports] == [SUPPORT]


def test_small_parts_start_without_the_columnar_engine() -> None:
    code = "import sys, huiqi.rulebook.problems; print('polars' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
