"""Enterprises: where, in which industry, how large, since when; and what leads to their titles.

Beside the facts the frame holds what is true of the firm without being a fact itself, in columns that
begin with an underscore; events read them.
"""

from datetime import date

import polars as pl

from huiqi.rulebook.bulk.snapshot import ID
from huiqi.rulebook.demo.chance import IDENTITY, Chance, identity
from huiqi.rulebook.demo.generic import FEN, FOUNDED, INDUSTRY, REGION, bounded
from huiqi.rulebook.demo.keys import credit_codes, enterprise_names
from huiqi.rulebook.demo.world import ANCHOR, FIRST, Part
from huiqi.rulebook.language.literals import days
from huiqi.rulebook.language.nodes import Kind
from huiqi.rulebook.library.vocabulary import FactSpec, Table

TECH, LEADER, GUARANTOR = "_tech", "_leader", "_guarantor"
TECH_SME_SINCE, HIGHTECH_ON, RENEWALS = "_tech_sme_since", "_hightech_on", "_renewals"
GRADE, GRADE_ON = "_grade", "_grade_on"
MOVED_ON, MOVED_FROM, CERTIFIED_ON = "_moved_on", "_moved_from", "_certified_on"
GUARANTOR_AT, LEADER_AT = 7, 11  # which of so many enterprises it is
DEPARTMENTS = {"企业": 1, "个体工商户": 2, "农民专业合作社": 3}  # second digit of the code
TAILS = {"个体工商户": "商行", "农民专业合作社": "合作社"}  # of names; others are 公司
AGES = (
    (0, 18),
    (365, 30),
    (3 * 365, 30),
    (8 * 365, 15),
    (15 * 365, 7),
)  # from so many days · weight


def enterprises(part: Part, table: Table) -> pl.DataFrame:
    """The enterprises of a part, facts known and latent columns beside them."""
    world, profile = part.world, part.world.profile
    chance = Chance(FIRST)
    frame = part.numbers(FIRST).with_columns(
        identity(pl.col(ID), world.seed, FIRST).alias(IDENTITY),
        pl.col(ID).cast(pl.Int64).alias(ANCHOR),
    )
    focus = profile.data["focus"]
    guarantor = pl.col(ID) % int(focus["guarantor_every"]) == GUARANTOR_AT
    leader = pl.col(ID) % int(focus["leader_every"]) == LEADER_AT
    industries = profile.industries
    finance = _positions(part, "J")
    industrial = _positions(part, "C", "B")
    every = {index: item.weight for index, item in enumerate(industries)}
    lending = {index: 1.0 for index, item in enumerate(industries) if item.position in finance}
    making = {index: 1.0 for index, item in enumerate(industries) if item.position in industrial}
    frame = frame.with_columns(guarantor.alias(GUARANTOR), leader.alias(LEADER)).with_columns(
        pl.when(pl.col(GUARANTOR))
        .then(chance.pick("industry/lending", lending or every))
        .when(pl.col(LEADER))
        .then(chance.pick("industry/making", making or every))
        .otherwise(chance.pick("industry", every))
        .alias("_trade"),
        pl.when(pl.col(GUARANTOR) | pl.col(LEADER))
        .then(chance.pick("region/focus", profile.focus))
        .otherwise(chance.pick("region", profile.places))
        .alias(REGION),
    )
    frame = frame.with_columns(_of(part, "position").alias(INDUSTRY))
    frame = _sized(part, frame, chance)
    frame = _aged(part, frame, chance)
    frame = _striving(part, frame, chance)
    return _facts(part, table, frame, chance)


def _positions(part: Part, *codes: str) -> set[int]:
    tree = part.world.vocabulary.industries
    return {
        position
        for code in codes
        if tree.get(code) is not None
        for position in range(*tree.interval(code))
    }


def _of(part: Part, what: str) -> pl.Expr:
    """A property of the row's industry."""
    values = pl.Series([getattr(item, what) for item in part.world.profile.industries])
    return pl.lit(values).gather(pl.col("_trade").cast(pl.UInt32))


def _sized(part: Part, frame: pl.DataFrame, chance: Chance) -> pl.DataFrame:
    profile = part.world.profile
    scatter, focus = profile.data["scatter"], profile.data["focus"]
    leader = pl.col(LEADER)
    staff = (
        pl.when(leader)
        .then(float(focus["leader_staff"]))
        .otherwise(_of(part, "staff").cast(pl.Float64))
    )
    each = (
        pl.when(leader).then(float(focus["leader_turnover"]))
        .otherwise(_of(part, "turnover").cast(pl.Float64))
    )  # fmt: skip
    frame = frame.with_columns(
        chance.around("staff", staff, pl.when(leader).then(2 / 3).otherwise(_of(part, "spread")))
        .ceil().clip(1, 10**5).alias("_staff"),
        chance.around("turnover", each, float(scatter["turnover"])).alias("_each"),
        chance.around("assets", _of(part, "assets").cast(pl.Float64), float(scatter["assets"]))
        .alias("_worth"),
    )  # fmt: skip
    return frame.with_columns(
        pl.col("_staff").cast(pl.Int64),
        (pl.col("_staff") * pl.col("_each")).round().cast(pl.Int64).alias("_revenue"),
        (pl.col("_staff") * pl.col("_each") * pl.col("_worth"))
        .round()
        .cast(pl.Int64)
        .alias("_assets"),
    )


def _aged(part: Part, frame: pl.DataFrame, chance: Chance) -> pl.DataFrame:
    bands = chance.pick("age/band", {index: weight for index, (_, weight) in enumerate(AGES)})
    starts = pl.Series([start for start, _ in AGES], dtype=pl.Int64)
    ends = pl.Series([start for start, _ in AGES[1:]] + [30 * 365], dtype=pl.Int64)
    band = bands.cast(pl.UInt32)
    start, end = pl.lit(starts).gather(band), pl.lit(ends).gather(band)
    age = start + (chance.uniform("age") * (end - start)).floor().cast(pl.Int64)
    # A guarantor and a leader have stood for years.
    settled = pl.when(pl.col(GUARANTOR) | pl.col(LEADER)).then(age + 8 * 365).otherwise(age)
    return frame.with_columns((part.world.today - settled).alias(FOUNDED))


def _striving(part: Part, frame: pl.DataFrame, chance: Chance) -> pl.DataFrame:
    """Which titles the firm takes and when, and whether it moved."""
    profile, today, year = part.world.profile, part.world.today, part.world.year
    titles, moves = profile.data["titles"], profile.data["moves"]
    share = _of(part, "tech").cast(pl.Float64) * pl.when(pl.col("_staff") > 10).then(2.0).otherwise(
        1.0
    )
    frame = frame.with_columns((chance.happens("tech", share) | pl.col(LEADER)).alias(TECH))
    tech, open_since = pl.col(TECH), pl.col(FOUNDED)
    first_year = int(titles["first_year"])
    start = pl.max_horizontal(open_since, pl.lit(_january(first_year)))
    room = (today - start).clip(1)
    hightech = start + (chance.uniform("hightech/on") * room).floor().cast(pl.Int64)
    graded = start + (chance.uniform("grade/on") * room).floor().cast(pl.Int64)
    years = start.cast(pl.Int32).cast(pl.Date).dt.year().cast(pl.Int64)
    span = (year - years + 1).clip(1)
    since = years + (chance.uniform("tech_sme/since") * span).floor().cast(pl.Int64)
    renewed, up = float(titles["renewed"]), float(titles["step_up"])
    moved = chance.happens("moved", float(moves["share"]))
    abroad = dict.fromkeys(profile.abroad, 1.0) or profile.places
    moved_on = (
        today
        - (
            chance.uniform("moved/on") * pl.min_horizontal(today - open_since, pl.lit(6 * 365))
        ).floor()
    )
    frame = frame.with_columns(
        pl.when(tech & chance.happens("tech_sme", float(titles["tech_sme"]))).then(since)
        .alias(TECH_SME_SINCE),
        pl.when(tech & chance.happens("hightech", float(titles["hightech"]))).then(hightech)
        .alias(HIGHTECH_ON),
        _lasting("renewed", renewed, 4, chance).alias(RENEWALS),
        pl.when(tech & chance.happens("specialised", float(titles["specialised"])))
        .then(_lasting("grade", up, 5, chance) + 1).otherwise(0).alias(GRADE),
        graded.alias(GRADE_ON),
        pl.when(moved).then(moved_on.cast(pl.Int64)).alias(MOVED_ON),
        pl.when(moved & chance.happens("moved/abroad", float(moves["abroad"])))
        .then(chance.pick("moved/from/abroad", abroad))
        .when(moved).then(chance.pick("moved/from", profile.places)).alias(MOVED_FROM),
    )  # fmt: skip
    held = chance.happens("moved/certified", float(moves["certified"]))
    return frame.with_columns(
        pl.when(held)
        .then(pl.col(MOVED_ON) - chance.whole("moved/held", 0, 3 * 365))
        .alias(CERTIFIED_ON)
    )


def _lasting(name: str, share: float, most: int, chance: Chance) -> pl.Expr:
    """How many times in a row something happens, up to ``most``."""
    drawn = chance.uniform(name)
    return pl.sum_horizontal(
        [(drawn < share**times).cast(pl.Int64) for times in range(1, most + 1)]
    )


def _january(year: int) -> int:
    return days(date(year, 1, 1))


def _facts(part: Part, table: Table, frame: pl.DataFrame, chance: Chance) -> pl.DataFrame:
    """The facts that hang together; the rest is left to the defaults."""
    profile, vocabulary, facts = part.world.profile, part.world.vocabulary, table.facts
    made: dict[str, pl.Expr] = {}

    def put(name: str, kind: Kind, value: pl.Expr) -> None:
        """A fact that the vocabulary still declares so."""
        spec = facts.get(name)
        if spec is not None and spec.definition is None and spec.type.kind is kind:
            made[name] = (
                bounded(value, spec) if kind in (Kind.MONEY, Kind.COUNT, Kind.DATE) else value
            )

    old = chance.happens("region/abolished", profile.number("abolished", "share"))
    codes = dict.fromkeys(profile.abolished, 1.0) or profile.places
    put(
        "注册地",
        Kind.REGION,
        pl.when(old).then(chance.pick("region/old", codes)).otherwise(pl.col(REGION)),
    )
    put("行业", Kind.INDUSTRY, pl.col(INDUSTRY))
    put("成立日期", Kind.DATE, pl.col(FOUNDED))
    put("从业人员", Kind.COUNT, pl.col("_staff"))
    put("上年营业收入", Kind.MONEY, pl.col("_revenue") * FEN)
    put("资产总额", Kind.MONEY, pl.col("_assets") * FEN)
    put("在链主名单", Kind.BOOL, pl.col(LEADER))
    put(
        "规上工业企业",
        Kind.BOOL,
        (pl.col("_staff") >= 30) & pl.col(INDUSTRY).is_in(_positions(part, "B", "C", "D")),
    )
    put("融资担保公司", Kind.BOOL, pl.col(GUARANTOR))
    put("政府性融资担保机构", Kind.BOOL, pl.col(GUARANTOR) & (pl.col(ID) // 2 % 2 == 1))
    put("创新产品服务企业", Kind.BOOL, pl.col(TECH) & (chance.whole("supplier", 0, 3) == 0))
    frame = frame.with_columns(value.alias(name) for name, value in made.items())
    kinds = facts.get("主体类型")
    second: pl.Expr = pl.lit(1, dtype=pl.Int64)
    tail: pl.Expr | None = None
    if kinds is not None and kinds.type.kind is Kind.CHOICE:
        frame = _kinds(part, kinds, frame, chance)
        values = vocabulary.choices[kinds.type.choices]
        digits = pl.Series([DEPARTMENTS.get(value, 9) for value in values], dtype=pl.Int64)
        second = pl.lit(digits).gather(pl.col("主体类型").cast(pl.UInt32))
        tails = pl.Series([TAILS.get(value, "公司") for value in values])
        tail = pl.lit(tails).gather(pl.col("主体类型").cast(pl.UInt32))
    nodes = vocabulary.regions.nodes
    short = pl.Series([node.aliases[0] if node.aliases else node.name for node in nodes])
    name = enterprise_names(
        pl.col(ID), pl.lit(short).gather(pl.col(REGION).cast(pl.UInt32)), _of(part, "word"), tail
    )
    return frame.with_columns(
        credit_codes(pl.col(ID), second).alias(table.key),
        *([name.alias("名称")] if "名称" in facts else []),
    )


def _kinds(part: Part, spec: FactSpec, frame: pl.DataFrame, chance: Chance) -> pl.DataFrame:
    """The legal form: larger and technological firms are companies."""
    first = part.world.code(spec.type.choices, "企业")
    drawn = chance.pick(spec.name, part.world.profile.choices(spec))
    if first is None:
        return frame.with_columns(drawn.alias(spec.name))
    company = (pl.col("_staff") > 8) | pl.col(TECH) | pl.col(GUARANTOR) | pl.col(LEADER)
    return frame.with_columns(pl.when(company).then(first).otherwise(drawn).alias(spec.name))


__all__ = [
    "CERTIFIED_ON", "GRADE", "GRADE_ON", "GUARANTOR", "HIGHTECH_ON", "LEADER", "MOVED_FROM",
    "MOVED_ON", "RENEWALS", "TECH", "TECH_SME_SINCE", "enterprises",
]  # fmt: skip
