"""The region is reproducible, complete and plausible."""

import shutil
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from stdnum.cn import ric, uscc

from huiqi.rulebook.bulk.engine import Engine
from huiqi.rulebook.bulk.snapshot import ID, LINK, OWNER, Snapshot, schema_of
from huiqi.rulebook.demo import make_region
from huiqi.rulebook.demo.edges import edges_of
from huiqi.rulebook.demo.profile import load_profile
from huiqi.rulebook.language.answers import Answer
from huiqi.rulebook.language.bounds import hard_bounds
from huiqi.rulebook.language.literals import days
from huiqi.rulebook.language.nodes import DISCRETE, QUANTITIES, Kind
from huiqi.rulebook.library.policy import Library
from huiqi.rulebook.library.vocabulary import Vocabulary, load_vocabulary
from tests.conventions.repository import ROOT
from tests.rulebook.demo.conftest import ENTERPRISES, TODAY

BLOCK = 5_000


def table(snapshot: Snapshot, name: str) -> pl.DataFrame:
    """A whole table as it is stored, part after part."""
    parts = range(snapshot.parts(name))
    return pl.concat([pl.read_parquet(snapshot.path(name, part)) for part in parts])


def events(snapshot: Snapshot, vocabulary: Vocabulary, name: str) -> pl.DataFrame:
    """A whole event table with `_owner` as the owner's number in the region."""
    owner, frames, before = vocabulary.tables[name].owner, [], 0
    for part in range(snapshot.parts(name)):
        frame = pl.read_parquet(snapshot.path(name, part))
        frames.append(frame.with_columns(pl.col(OWNER) + before))
        before += snapshot.tables[owner][part]
    return pl.concat(frames)


def whole(snapshot: Snapshot, vocabulary: Vocabulary) -> dict[str, pl.DataFrame]:
    return {
        name: events(snapshot, vocabulary, name) if declared.is_event else table(snapshot, name)
        for name, declared in vocabulary.tables.items()
    }


# ------------------------------------------------------------------------------ reproducible


def make(library: Library, out: Path, enterprises: int, **more: int) -> Snapshot:
    return make_region(
        library.vocabulary, out, enterprises=enterprises, today=TODAY, supports=library.supports,
        **more,
    )  # fmt: skip


def test_the_same_arguments_write_the_same_bytes(library: Library, tmp_path: Path) -> None:
    one, two = make(library, tmp_path / "1", 3_000), make(library, tmp_path / "2", 3_000)
    files = sorted(path.relative_to(one.folder) for path in one.folder.rglob("*.*"))
    assert files == sorted(path.relative_to(two.folder) for path in two.folder.rglob("*.*"))
    assert len(files) > len(library.vocabulary.tables)
    differing = [
        str(file)
        for file in files
        if (one.folder / file).read_bytes() != (two.folder / file).read_bytes()
    ]
    assert differing == []


def test_another_seed_makes_another_region(library: Library, tmp_path: Path) -> None:
    one = make(library, tmp_path / "1", 1_000, seed=1)
    two = make(library, tmp_path / "2", 1_000, seed=2)
    name = "从业人员"
    assert not table(one, "企业")[name].equals(table(two, "企业")[name])


@pytest.fixture(scope="module")
def parted(library: Library, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """The region once more, in parts."""
    return make(library, tmp_path_factory.mktemp("parted"), ENTERPRISES, part_rows=BLOCK)


def test_the_size_of_parts_changes_nothing(
    library: Library, region: Snapshot, parted: Snapshot
) -> None:
    vocabulary = library.vocabulary
    assert (parted.parts("企业"), region.parts("企业")) == (4, 1)
    left, right = whole(parted, vocabulary), whole(region, vocabulary)
    for name in vocabulary.tables:
        assert_frame_equal(left[name], right[name])


@pytest.mark.slow
def test_a_larger_region_begins_with_the_same_rows(
    library: Library, parted: Snapshot, tmp_path: Path
) -> None:
    vocabulary = library.vocabulary
    small = make(library, tmp_path, 10_000)
    left, right = whole(small, vocabulary), whole(parted, vocabulary)
    for name, declared in vocabulary.tables.items():
        if declared.is_event:
            rows = small.rows(declared.owner)
            assert_frame_equal(left[name], right[name].filter(pl.col(OWNER) < rows))
        else:
            assert_frame_equal(left[name], right[name].head(small.rows(name)))


def test_sizes_that_cannot_be_made_are_refused(library: Library, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="企业数"):
        make(library, tmp_path, 0)
    with pytest.raises(ValueError, match="倍数"):
        make(library, tmp_path, 10, part_rows=7)


def test_progress_is_told(library: Library, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    make_region(
        library.vocabulary, tmp_path, enterprises=BLOCK + 1, today=TODAY, part_rows=BLOCK,
        on_progress=lambda done, of: told.append((done, of)),
    )  # fmt: skip
    assert told == [(5_000, 5_001), (5_001, 5_001)]


@pytest.mark.parametrize("enterprises", [1, 8])
def test_a_tiny_region_has_every_table(library: Library, tmp_path: Path, enterprises: int) -> None:
    snapshot = make(library, tmp_path, enterprises)
    assert set(snapshot.tables) == set(library.vocabulary.tables)
    assert snapshot.rows("企业") == enterprises


# ------------------------------------------------------------------------------ complete


def test_every_table_and_stored_fact_is_there(region: Snapshot, library: Library) -> None:
    given = {}
    for name, declared in library.vocabulary.tables.items():
        found = dict(pl.read_parquet_schema(region.path(name, 0)))
        assert {key: found.get(key) for key in schema_of(declared)} == schema_of(declared), name
        every = schema_of(declared, derived=True)
        more = {key: type_ for key, type_ in found.items() if key not in schema_of(declared)}
        assert more == {key: every[key] for key in more}
        given |= {name: list(more)} if more else {}
    assert given == {"年度经营": ["此前最高营业收入"]}


def test_almost_every_support_has_somebody_to_show(region: Snapshot, library: Library) -> None:
    budgets = Engine(library, region, TODAY).budget()
    open_ = (Answer.MISSING, Answer.JUDGE, Answer.YES)
    nobody = [item.support for item in budgets if not sum(map(item.count, open_))]
    assert nobody == []
    entitled = [item.support for item in budgets if item.count(Answer.YES)]
    assert len(entitled) > len(budgets) * 4 // 5


def test_what_leaders_state_is_the_highest_before(region: Snapshot) -> None:
    frame = table(region, "年度经营").with_columns(pl.col("年末日").dt.year().alias("year"))
    stated = frame.drop_nulls(["此前最高营业收入", "营业收入", "year"])
    assert stated.height > 10
    earlier = stated.join(stated, on=OWNER, suffix="_other").filter(
        pl.col("year_other") < pl.col("year")
    )
    assert (earlier["营业收入_other"] <= earlier["此前最高营业收入"]).all()


def test_every_support_has_rows_to_assess(region: Snapshot, library: Library) -> None:
    empty = [item.key for item in library.supports if not region.rows(item.table)]
    assert empty == []
    assert "企业20000" in region.note


def test_rows_lie_with_owners_and_links(region: Snapshot, library: Library) -> None:
    for name, declared in library.vocabulary.tables.items():
        frame = table(region, name)
        if declared.is_event:
            assert frame[OWNER].max() < region.rows(declared.owner), name
            assert frame[OWNER].is_sorted(), name
        else:
            assert frame[ID].to_list() == list(range(region.rows(name))), name
        for link, target in declared.links.items():
            if link != declared.owner:
                assert frame[LINK + link].max() < region.rows(target), (name, link)


def test_keys_are_unique_and_valid(region: Snapshot, library: Library) -> None:
    for name, declared in library.vocabulary.tables.items():
        keys = table(region, name)[declared.key]
        assert keys.null_count() == 0
        assert keys.n_unique() == region.rows(name), name
        check = {"信用代码": uscc.is_valid, "身份证": ric.is_valid}.get(declared.key_format)
        if check is not None:
            assert [key for key in keys.head(3_000) if not check(key)] == []


def test_names_can_be_mistaken_for_nobodys(region: Snapshot) -> None:
    names = table(region, "企业")["名称"]
    assert names.str.contains(r"^示例.+（虚拟）$").all()
    assert names.n_unique() == ENTERPRISES
    assert table(region, "人员")["姓名"].str.contains(r"^示例人员\d+（虚拟）$").all()


def test_values_keep_their_bounds(region: Snapshot, library: Library) -> None:
    offences = []
    for name, declared in library.vocabulary.tables.items():
        frame = table(region, name)
        for spec in declared.stored:
            kind = spec.type.kind
            values = frame[spec.name].drop_nulls()
            if kind in QUANTITIES and len(values):
                low, high = hard_bounds(spec.type)
                low = low if spec.low is None else spec.low
                high = high if spec.high is None else spec.high
                numbers = values.cast(pl.Int32) if kind is Kind.DATE else values
                if not numbers.is_between(low, high).all():
                    offences.append(spec.shown)
            elif kind in DISCRETE and len(values):
                codes = (
                    library.vocabulary.choices[spec.type.choices]
                    if kind is Kind.CHOICE
                    else library.vocabulary.trees[kind].nodes
                )
                if values.max() >= len(codes):
                    offences.append(spec.shown)
    assert offences == []


# ------------------------------------------------------------------------------ new words

INVENTED = """
  会飞: {标识: can_fly, 类型: 是否, 问: 会飞吗？, 来源: 民航部门}
  飞行收入: {标识: flight_income, 类型: 金额, 问: 飞行收入多少？, 来源: 民航部门}
  飞机数: {标识: aircraft, 类型: 数量, 单位: 项, 问: 有几架飞机？, 来源: 民航部门}
  上座率: {标识: load_factor, 类型: 比例, 下限: 0%, 上限: 100%, 问: 上座率多少？, 来源: 民航部门}
  首飞日期: {标识: first_flight_on, 类型: 日期, 问: 哪天首飞？, 来源: 民航部门}
  飞行级别: {标识: flight_level, 类型: 类别, 类别: 级别, 问: 哪一级？, 来源: 民航部门}
  起飞地: {标识: takes_off_in, 类型: 地区, 问: 从哪里起飞？, 来源: 民航部门}
  飞行行业: {标识: flight_industry, 类型: 行业, 问: 什么行业？, 来源: 民航部门}
  机号: {标识: tail_number, 类型: 文字, 问: 机号？, 来源: 民航部门}
  飞得好: {标识: flies_well, 类型: 是否, 认定: 是, 问: 飞得好吗？, 来源: 民航部门}
"""
AIRFIELD = f"""主体: 机场
标识: airfield
键: 机场编号
键格式: 编号
关联: {{经营单位: 企业}}
事实:{INVENTED}"""
FLIGHT = f"""事件: 航班
标识: flight
键: 航班编号
键格式: 编号
所属: 机场
时点: 首飞日期
登记完整: 否
关联: {{机长: 人员}}
事实:{INVENTED}"""


def test_a_new_word_of_the_vocabulary_is_generated(tmp_path: Path) -> None:
    policies = tmp_path / "policies"
    shutil.copytree(ROOT / "policies" / "vocabulary", policies / "vocabulary")
    shutil.copytree(ROOT / "policies" / "reference", policies / "reference")
    firms = policies / "vocabulary" / "企业.yaml"
    firms.write_text(firms.read_text("utf-8").rstrip("\n") + INVENTED, "utf-8")
    (policies / "vocabulary" / "机场.yaml").write_text(AIRFIELD, "utf-8")
    (policies / "vocabulary" / "航班.yaml").write_text(FLIGHT, "utf-8")
    vocabulary, problems = load_vocabulary(policies)
    assert problems == []
    snapshot = make_region(vocabulary, tmp_path / "out", enterprises=3_000, today=TODAY)
    invented = ["会飞", "飞行收入", "飞机数", "上座率", "首飞日期", "飞行级别", "起飞地", "飞行行业", "机号"]  # fmt: skip
    for name in ("企业", "机场"):
        frame = table(snapshot, name)
        assert [fact for fact in invented if frame[fact].n_unique() < 2] == []
        assert frame["飞得好"].null_count() > frame.height // 2
    assert snapshot.rows("航班") > 0


def test_a_word_that_goes_breaks_nothing(tmp_path: Path) -> None:
    policies = tmp_path / "policies"
    shutil.copytree(ROOT / "policies" / "vocabulary", policies / "vocabulary")
    shutil.copytree(ROOT / "policies" / "reference", policies / "reference")
    for file, gone in {
        "认定": "  认定方式:",
        "质押融资": "  贷款金额:",
        "担保业务": "  担保费率:",
        "年度经营": "  研发费用:",
        "载体认定": "  名称:",
        "企业": "  主体类型:",
    }.items():
        path = policies / "vocabulary" / f"{file}.yaml"
        lines = [line for line in path.read_text("utf-8").split("\n") if not line.startswith(gone)]
        path.write_text("\n".join(lines), "utf-8")
    vocabulary, _ = load_vocabulary(policies)
    snapshot = make_region(vocabulary, tmp_path / "out", enterprises=500, today=date(2024, 2, 29))
    assert [name for name in vocabulary.tables if name not in snapshot.tables] == []
    assert "认定方式" not in table(snapshot, "认定").columns


# ------------------------------------------------------------------------------ plausible

PER_ENTERPRISE = {
    "认定": (0.05, 0.2), "年度经营": (0.6, 1.3), "质押融资": (0.004, 0.02),
    "知识产权交易": (0.01, 0.04), "担保业务": (0.015, 0.05), "人员": (0.15, 0.25),
}  # fmt: skip


@pytest.mark.parametrize("name", PER_ENTERPRISE)
def test_there_are_about_as_many_as_in_life(region: Snapshot, name: str) -> None:
    low, high = PER_ENTERPRISE[name]
    assert low < region.rows(name) / ENTERPRISES < high


def test_most_enterprises_are_micro_and_few_are_large(region: Snapshot, library: Library) -> None:
    # By staff alone, with the classes of industry: under 20, under 300, under 1,000, and larger.
    staff = table(region, "企业")["从业人员"].drop_nulls()
    shares = [(staff < 20).mean(), (staff >= 300).mean(), (staff >= 1_000).mean()]
    assert 0.7 < shares[0] < 0.9
    assert 0.001 < shares[1] < 0.02
    assert 0.0001 < shares[2] < 0.005


def test_places_are_as_the_profile_wants(region: Snapshot, library: Library) -> None:
    profile = load_profile(library.vocabulary)
    tree = library.vocabulary.regions
    homes = table(region, "企业")["注册地"].drop_nulls()
    found = {}
    for name in ("高平市", "长治市", "朔州市", "吕梁市"):
        node = tree.find(name)
        low, high = tree.interval(node.code)  # type: ignore[union-attr]
        found[name] = round(float(homes.is_between(low, high - 1).mean()), 2)  # type: ignore[arg-type]
    places = profile.data["places"]
    assert {name: abs(share - places[name]) < 0.02 for name, share in found.items()} == dict.fromkeys(found, True)  # fmt: skip
    old = [node.position for node in tree.nodes if not node.current]
    assert 0 < homes.is_in(old).sum() < ENTERPRISES / 50


def test_size_goes_with_turnover_and_assets(region: Snapshot) -> None:
    logs = (
        table(region, "企业")
        .select(pl.col("从业人员", "上年营业收入", "资产总额").cast(pl.Float64).log1p())
        .drop_nulls()
    )
    pairs = logs.select(
        pl.corr("从业人员", "上年营业收入").alias("a"),
        pl.corr("上年营业收入", "资产总额").alias("b"),
    )
    assert pairs["a"][0] > 0.6
    assert pairs["b"][0] > 0.6


def test_unknown_facts_stay_within_reason(region: Snapshot, library: Library) -> None:
    out = {}
    for name, declared in library.vocabulary.tables.items():
        frame = table(region, name)
        if frame.height < 1_000:
            continue
        for spec in declared.stored:
            share = frame[spec.name].null_count() / frame.height
            optional = name in ("年度经营", "迁入") and ("配套" in spec.name or "所持" in spec.name)
            if spec.judged:
                fits = 0.8 < share < 0.95
            elif spec.type.kind is Kind.TEXT:
                fits = share == 0
            else:
                fits = share < 0.32 or optional
            if not fits:
                out[spec.shown] = round(share, 2)
    assert out == {}
    firms = table(region, "企业")
    declared_share = firms["上年营业收入"].null_count() / ENTERPRISES
    assert 0.1 < declared_share < 0.3
    assert firms["注册地"].null_count() / ENTERPRISES < 0.05


def test_values_stand_on_the_boundaries_of_the_rules(region: Snapshot, library: Library) -> None:
    edges = edges_of(library.vocabulary, library.supports, days(TODAY))
    shown = [
        ("质押融资", "贷款金额"), ("担保业务", "单户担保金额"), ("担保业务", "担保费率"),
        ("企业", "上年营业收入"), ("企业", "从业人员"), ("年度经营", "营业收入"),
        ("人员", "带动就业人数"), ("企业", "成立日期"), ("认定", "发证日期"),
    ]  # fmt: skip
    for name, fact in shown:
        values = table(region, name)[fact].drop_nulls()
        if values.dtype == pl.Date:
            values = values.cast(pl.Int32)
        on = values.is_in(list(edges.values[(name, fact)])).sum()
        assert on > 0, (name, fact)
    loans = table(region, "质押融资")["贷款金额"].drop_nulls()
    edge = edges.values[("质押融资", "贷款金额")][0]
    below = loans.is_between(edge - 100, edge - 1).sum()
    above = loans.is_between(edge + 1, edge + 100).sum()
    assert min(below, above) > 0
    assert loans.is_between(edge - 100, edge + 100).mean() > 0.03


def test_tied_facts_are_equal_for_some_rows(region: Snapshot) -> None:
    frame = table(region, "担保业务")
    assert (frame["行业盈亏平衡费率"] == frame["担保费率"]).sum() > 0


def test_some_buyers_exceed_the_cap_of_a_year(region: Snapshot, library: Library) -> None:
    support = library.by_key["lvliang-2022-22/知识产权交易补助"]
    rate = support.parameters["最高比例"].value / 10**6  # type: ignore[union-attr]
    totals = (
        table(region, "知识产权交易")
        .group_by(OWNER, pl.col("交易日期").dt.year())
        .agg(pl.col("交易金额").sum())
    )
    assert support.year_cap is not None
    assert (totals["交易金额"] * rate > support.year_cap).sum() > 0


def test_certificates_follow_their_order(region: Snapshot, library: Library) -> None:
    frame = table(region, "认定")
    names = library.vocabulary.choices["认定名称"]
    hightech = frame.filter(pl.col("名称") == names.index("高新技术企业")).drop_nulls()
    length = (hightech["有效期止"] - hightech["发证日期"]).dt.total_days()
    assert length.is_between(1_095, 1_096).mean() > 0.7  # some lie on a boundary instead
    again = library.vocabulary.choices["认定方式"].index("重新认定")
    assert hightech.filter(pl.col("认定方式") == again).height > 0
    assert frame["发证日期"].max() <= TODAY


def test_payments_name_supports_and_subjects(region: Snapshot, library: Library) -> None:
    paid = pl.read_parquet(region.folder / "paid.parquet")
    assert set(paid["支持"]) <= set(library.by_key)
    assert paid["支持"].n_unique() >= 3
    assert set(paid["主体表"]) == {"企业"}
    assert paid["主体"].max() < ENTERPRISES
    assert paid["金额"].min() >= 0
    keys = set(table(region, "认定")["认定编号"])
    titles = paid.filter(pl.col("支持") == "gaoping-2022-43/高企首次取得")
    assert set(titles["事项"]) <= keys
    assert paid["日期"].max() <= TODAY
