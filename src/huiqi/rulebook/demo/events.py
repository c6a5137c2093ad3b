"""Events: which owners have any, when they happen, and what hangs together in one row."""

from collections.abc import Callable, Mapping
from datetime import date

import polars as pl

from huiqi.rulebook.bulk.snapshot import ID, LINK, OWNER
from huiqi.rulebook.demo import enterprises as firm
from huiqi.rulebook.demo.chance import IDENTITY, Chance, identity
from huiqi.rulebook.demo.generic import (
    FEN,
    FOUNDED,
    INDUSTRY,
    MOMENT,
    REGION,
    YEAR_END,
    amount,
    bounded,
    months_later,
)  # fmt: skip
from huiqi.rulebook.demo.showcase import OWNERS
from huiqi.rulebook.demo.world import ANCHOR, FIRST, SLOT, Part
from huiqi.rulebook.language.literals import days
from huiqi.rulebook.language.nodes import Kind
from huiqi.rulebook.library.vocabulary import FactSpec, Table

ENTRIES = 4  # yearly entries of a technology firm that are on record
HIGHEST = "此前最高营业收入"
SLOTS = 2**10  # an owner has fewer events of one table
CARRIED = (REGION, INDUSTRY, FOUNDED, ANCHOR)
Made = tuple[pl.DataFrame, frozenset[str]]
"""The frame of a table and the facts that must not be moved to a boundary."""


def rows(
    part: Part, table: Table, owners: pl.DataFrame, count: pl.Expr, *carried: str, start: int = 0
) -> pl.DataFrame:
    """`count` rows for each owner, with what is carried over from it; slots from ``start``."""
    known = [name for name in (*CARRIED, *carried) if name in owners.columns]
    frame = (
        owners.with_columns(
            pl.int_range(pl.len(), dtype=pl.UInt32).alias(OWNER), count.cast(pl.Int64).alias("_count")
        )
        .filter(pl.col("_count") > 0)
        .select(
            OWNER, pl.col(ID).cast(pl.Int64).alias("_number"), *known,
            pl.col(IDENTITY).alias(OWNERS),
            pl.int_ranges(0, pl.col("_count")).alias(SLOT),
        )
        .explode(SLOT)
        .with_columns(pl.col(SLOT) + start)
    )  # fmt: skip
    return identified(part, table, frame)


def identified(part: Part, table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with each row's identity."""
    number = pl.col("_number") * SLOTS + pl.col(SLOT)
    return frame.with_columns(identity(number, part.world.seed, table.name).alias(IDENTITY))


def declared(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """The finished frame with derived facts that enterprises state themselves.

    Chain leaders say how high revenue ever was, because records don't reach back that far.
    """
    if table.name != "年度经营" or not {HIGHEST, "营业收入"} <= set(table.facts):
        return frame
    spec = table.facts[HIGHEST]
    if (
        spec.definition is None
        or spec.type.kind is not Kind.MONEY
        or firm.LEADER not in frame.columns
    ):
        return frame
    before = pl.col("营业收入").cum_max(reverse=True).shift(-1).over(OWNER)
    known = pl.col(firm.LEADER) & before.is_not_null()
    return frame.with_columns(pl.when(known).then(before).alias(HIGHEST))


def of_owner(table: Table) -> Chance:
    """Draws that all events of one owner share."""
    return Chance(f"{table.name}/owner")


def count_of(part: Part, table: Table, owners: pl.DataFrame) -> pl.Expr:
    """How many events each owner has, by the profile."""
    shape = part.world.profile.events(table.name)
    low, high = shape["rows"]
    chance = of_owner(table)
    share: pl.Expr = pl.lit(float(shape["owners"]))
    if "tech" in shape and firm.TECH in owners.columns:
        share = share * pl.when(pl.col(firm.TECH)).then(float(shape["tech"])).otherwise(1.0)
    number = chance.whole("rows", int(low), int(high))
    return pl.when(chance.happens("has", share)).then(number).otherwise(0)


def general(part: Part, table: Table, owners: pl.DataFrame) -> Made:
    """Events of which nothing more is known than the profile says."""
    if table.moment == YEAR_END:
        return yearly(part, table, owners, count_of(part, table, owners))
    shape = part.world.profile.events(table.name)
    frame = rows(part, table, owners, count_of(part, table, owners), IDENTITY)
    every, together = int(shape.get("every", 0)), bool(shape.get("together", False))
    if every or together:
        frame = _followed(part, table, owners, every)
    return frame, frozenset()


def _followed(part: Part, table: Table, owners: pl.DataFrame, every: int) -> pl.DataFrame:
    """Rows that follow one another by months, or lie within one year."""
    world, chance = part.world, of_owner(table)
    span = world.profile.whole("dates", "years") * 365
    first = world.today - chance.whole("first", 0, span)
    owners = owners.with_columns(first.alias("_first"))
    frame = rows(part, table, owners, count_of(part, table, owners), "_first")
    if every:
        moment = months_later(pl.col("_first"), pl.col(SLOT) * every)
        return frame.with_columns(moment.alias(MOMENT)).filter(pl.col(MOMENT) <= world.today)
    moment = pl.col("_first") + pl.col(SLOT) * 20
    return frame.with_columns(moment.clip(upper_bound=world.today).alias(MOMENT))


def yearly(part: Part, table: Table, owners: pl.DataFrame, count: pl.Expr, *carried: str) -> Made:
    """One row per calendar year before this one, newest first, none before the owner was founded."""
    frame = rows(part, table, owners, count, *carried)
    ends = pl.Series(
        [days(date(part.world.year - 1 - back, 12, 31)) for back in range(64)], dtype=pl.Int64
    )
    frame = frame.with_columns(pl.lit(ends).gather(pl.col(SLOT).cast(pl.UInt32)).alias(MOMENT))
    if FOUNDED in frame.columns:
        frame = frame.filter(pl.col(FOUNDED) <= pl.col(MOMENT))
    return frame, frozenset({table.moment})


# ------------------------------------------------------------------------------ titles


def titles(part: Part, table: Table, owners: pl.DataFrame) -> Made:
    """Certificates in the order in which firms get them, with renewals and moves between places."""
    facts = table.facts
    kind, level, manner = facts.get("名称"), facts.get("级别"), facts.get("认定方式")
    wanted = ("名称", "级别", "认定方式", "发证日期", "有效期止", "时注册地")
    if kind is None or level is None or manner is None or any(name not in facts for name in wanted):
        return general(part, table, owners)
    series = _Titles(part, table, owners, kind, level, manner)
    frame = series.all()
    frame = frame.filter(pl.col(MOMENT) <= part.world.today).sort(OWNER, SLOT)
    chance = Chance(table.name)
    elsewhere = chance.happens("elsewhere", part.world.profile.number("titles", "elsewhere"))
    place = (
        pl.when(pl.col(firm.MOVED_ON) > pl.col(MOMENT)).then(pl.col(firm.MOVED_FROM))
        .when(elsewhere).then(chance.pick("place", part.world.profile.places))
        .otherwise(pl.col(REGION))
    )  # fmt: skip
    return frame.with_columns(place.alias("时注册地")), frozenset()


class _Titles:
    """The rows of `认定`, kind by kind; slots tell the kinds apart so that keys never meet."""

    def __init__(
        self, part: Part, table: Table, owners: pl.DataFrame, kind: FactSpec, level: FactSpec,
        manner: FactSpec,
    ) -> None:  # fmt: skip
        self.part, self.table, self.owners = part, table, owners
        self.kind, self.level, self.manner = kind, level, manner

    def all(self) -> pl.DataFrame:
        """Every row of every kind."""
        frames = [*self.tech_sme(), *self.hightech(), *self.specialised(), *self.others()]
        if not frames:
            frames = [self.rows(pl.lit(0), 0).with_columns(
                *(pl.lit(None, dtype=pl.Int64).alias(name)
                  for name in ("名称", "级别", "认定方式", MOMENT, "有效期止")),
            )]  # fmt: skip
        return pl.concat(frames, how="vertical")

    def rows(self, count: pl.Expr, start: int) -> pl.DataFrame:
        return rows(
            self.part, self.table, self.owners, count, firm.MOVED_ON, firm.MOVED_FROM,
            firm.TECH_SME_SINCE, firm.HIGHTECH_ON, firm.GRADE_ON, firm.CERTIFIED_ON, start=start,
        )  # fmt: skip

    def made(
        self, frame: pl.DataFrame, kind: str, level: str | pl.Expr, first: pl.Expr, moment: pl.Expr,
        until: pl.Expr,
    ) -> list[pl.DataFrame]:  # fmt: skip
        """The frame as rows of one kind; nothing where the lists lack its words."""
        world = self.part.world
        name = world.code(self.kind.type.choices, kind)
        grade = world.code(self.level.type.choices, level) if isinstance(level, str) else level
        new = world.code(self.manner.type.choices, "首次认定")
        again = world.code(self.manner.type.choices, "重新认定")
        if name is None or grade is None or new is None or again is None:
            return []
        frame = frame.with_columns(
            pl.lit(name, dtype=pl.Int64).alias("名称"),
            (pl.lit(grade) if isinstance(grade, int) else grade).cast(pl.Int64).alias("级别"),
            pl.when(first).then(new).otherwise(again).cast(pl.Int64).alias("认定方式"),
            moment.cast(pl.Int64).alias(MOMENT),
        )
        return [frame.with_columns(until.alias("有效期止"))]

    def tech_sme(self) -> list[pl.DataFrame]:
        """Entered year by year since the first; an entry holds until the end of next March."""
        world = self.part.world
        years = (world.year - pl.col(firm.TECH_SME_SINCE) + 1).clip(0, ENTRIES).fill_null(0)
        chance = Chance("认定/科技型中小企业")
        frame = self.rows(years, 0)
        starts = pl.Series(
            [days(date(y, 3, 1)) for y in range(1990, world.year + 2)], dtype=pl.Int64
        )
        ends = pl.Series(
            [days(date(y + 1, 3, 31)) for y in range(1990, world.year + 2)], dtype=pl.Int64
        )
        year = pl.max_horizontal(
            pl.col(firm.TECH_SME_SINCE), pl.lit(world.year - ENTRIES + 1)
        ) + pl.col(SLOT) - 1990  # fmt: skip
        place = year.clip(0, world.year + 1 - 1990).cast(pl.UInt32)
        moment = pl.lit(starts).gather(place) + chance.whole("day", 0, 270)
        return self.made(
            frame, "科技型中小企业", "省级", pl.col(SLOT) == 0, moment, pl.lit(ends).gather(place)
        )

    def hightech(self) -> list[pl.DataFrame]:
        """Valid for three years, renewed soon after; and the certificate a moving firm brought."""
        chance = Chance("认定/高新技术企业")
        own = self.rows(
            pl.when(pl.col(firm.HIGHTECH_ON).is_not_null()).then(pl.col(firm.RENEWALS) + 1).otherwise(0),
            16,
        )  # fmt: skip
        times = pl.col(SLOT) - 16
        moment = months_later(pl.col(firm.HIGHTECH_ON), times * 36) + pl.when(times > 0).then(
            chance.whole("late", 0, 60)
        ).otherwise(0)
        out = self.made(
            own, "高新技术企业", "国家级", times == 0, moment, months_later(pl.col(MOMENT), 36)
        )
        brought = self.rows(pl.col(firm.CERTIFIED_ON).is_not_null().cast(pl.Int64), 32)
        return out + self.made(
            brought, "高新技术企业", "国家级", pl.lit(True), pl.col(firm.CERTIFIED_ON),
            months_later(pl.col(MOMENT), 36),
        )  # fmt: skip

    def specialised(self) -> list[pl.DataFrame]:
        """One grade after the other, each for three years."""
        steps = (
            ("创新型中小企业", "省级"), ("专精特新中小企业", "市级"), ("专精特新中小企业", "省级"),
            ("专精特新小巨人企业", "省级"), ("专精特新小巨人企业", "国家级"),
        )  # fmt: skip
        chance, out = Chance("认定/专精特新"), []
        for step, (kind, level) in enumerate(steps):
            frame = self.rows((pl.col(firm.GRADE) > step).cast(pl.Int64), 40 + step)
            moment = months_later(pl.col(firm.GRADE_ON), 14 * step) + chance.whole("day", 0, 90)
            until = months_later(pl.col(MOMENT), 36)
            out += self.made(frame, kind, level, pl.lit(True), moment, until)
        return out

    def others(self) -> list[pl.DataFrame]:
        """Every other title of the list."""
        known = {
            "科技型中小企业",
            "高新技术企业",
            "创新型中小企业",
            "专精特新中小企业",
            "专精特新小巨人企业",
        }
        world, out = self.part.world, []
        span = world.profile.whole("dates", "years") * 365
        for index, kind in enumerate(world.vocabulary.choices[self.kind.type.choices]):
            if kind not in known:
                chance, owner = Chance(f"认定/{kind}"), of_owner(self.table)
                share = world.profile.number("titles", "other")
                frame = self.rows(owner.happens(kind, share).cast(pl.Int64), 64 + index)
                level = chance.pick("level", world.profile.choices(self.level))
                moment = world.today - chance.whole("day", 0, span)
                until = months_later(pl.col(MOMENT), 36)
                out += self.made(frame, kind, level, pl.lit(True), moment, until)
        return out


# ------------------------------------------------------------------------------ figures of years


def business_years(part: Part, table: Table, owners: pl.DataFrame) -> Made:
    """Revenue that grows to last year's, research costs of technology firms, chain leaders."""
    world, chance, owner = part.world, Chance(table.name), of_owner(table)
    low, high = world.profile.events(table.name)["rows"]
    share = float(world.profile.events(table.name)["owners"])
    tech = pl.col(firm.TECH) | pl.col(firm.LEADER)
    has = tech | owner.happens("has", share)
    count = pl.when(has).then(owner.whole("rows", int(low), int(high))).otherwise(0)
    growth = world.profile.number("scatter", "growth")
    # Chain leaders grow faster, so that some reach a new grade.
    drift = pl.when(pl.col(firm.LEADER)).then(growth * 2).otherwise(growth / 4)
    owners = owners.with_columns((owner.normal("growth") * growth + drift).alias("_growth"))
    frame, exact = yearly(
        part, table, owners, count, "_revenue", "_staff", "_growth", firm.TECH, firm.LEADER,
        firm.TECH_SME_SINCE, firm.HIGHTECH_ON, firm.RENEWALS,
    )  # fmt: skip
    back = pl.col(SLOT).cast(pl.Float64)
    noise = pl.when(pl.col(SLOT) == 0).then(0.0).otherwise(chance.normal("noise") * growth / 2)
    revenue = (pl.col("_revenue") * (noise - pl.col("_growth") * back).exp()).round().cast(pl.Int64)
    frame = frame.with_columns((revenue * FEN).alias("_now"))
    intensity = chance.whole("rd/rate", 10, 120)  # thousandths of revenue
    spends = pl.col(firm.TECH) | (chance.whole("rd", 0, 3) == 0)
    year = pl.col(MOMENT).cast(pl.Int32).cast(pl.Date).dt.year().cast(pl.Int64)
    since = pl.col(firm.TECH_SME_SINCE)
    until = months_later(pl.col(firm.HIGHTECH_ON), (pl.col(firm.RENEWALS) + 1) * 36)
    bought = pl.col("_now") * chance.whole("bought", 20, 400) // 1000
    leader, moment = pl.col(firm.LEADER), pl.col(MOMENT)
    made = {
        "营业收入": (Kind.MONEY, pl.col("_now")),
        "研发费用": (Kind.MONEY, pl.when(spends).then(pl.col("_now") * intensity // 1000 // FEN * FEN).otherwise(0)),
        "从业人员": (Kind.COUNT, (pl.col("_staff") * (chance.normal("staff") / 10).exp()).round().cast(pl.Int64)),
        "属科技型中小企业": (Kind.BOOL, ((since <= year) & (year < since + 6)).fill_null(False)),
        "属高新技术企业": (Kind.BOOL, ((pl.col(firm.HIGHTECH_ON) <= moment) & (moment <= until)).fill_null(False)),
        "属链主企业": (Kind.BOOL, leader),
        "本地配套率增幅": (Kind.RATE, pl.when(leader).then(chance.whole("gain", -300, 1100) * 100)),
        "配套增幅对应采购额": (Kind.MONEY, pl.when(leader).then(bought // FEN * FEN)),
        "新产品销售收入": (Kind.MONEY, pl.when(pl.col(firm.TECH)).then(bought // FEN * FEN).otherwise(0)),
    }  # fmt: skip
    return put(table, frame, made), exact


def put(
    table: Table, frame: pl.DataFrame, made: Mapping[str, tuple[Kind, pl.Expr]]
) -> pl.DataFrame:
    """The frame with those of the facts that the vocabulary still declares so."""
    out = []
    for name, (kind, value) in made.items():
        spec = table.facts.get(name)
        if spec is not None and spec.definition is None and spec.type.kind is kind:
            numeric = kind in (Kind.MONEY, Kind.COUNT, Kind.RATE, Kind.DATE)
            out.append((bounded(value, spec) if numeric else value).alias(name))
    return frame.with_columns(out)


# ------------------------------------------------------------------------------ loans, guarantees


def pledge_loans(part: Part, table: Table, owners: pl.DataFrame) -> Made:
    """Interest and fees in proportion to the loan."""
    frame, exact = general(part, table, owners)
    spec = table.facts.get("贷款金额")
    if spec is None or spec.type.kind is not Kind.MONEY:
        return frame, exact
    chance = Chance(table.name)
    frame = frame.with_columns(
        amount(part.world.profile.of("amounts", spec), "贷款金额", chance).alias("贷款金额")
    )
    loan = pl.col("贷款金额")

    def portion(name: str, low: int, high: int, none: int = 1) -> tuple[Kind, pl.Expr]:
        """Between so many thousandths of the loan; zero for all but one in ``none``."""
        value = loan * chance.whole(name, low, high) // 1000 // FEN * FEN
        return Kind.MONEY, pl.when(chance.whole(f"{name}/none", 1, none) == 1).then(
            value
        ).otherwise(0)

    made = {
        "登记金额": portion("登记金额", 1000, 1500), "利息": portion("利息", 25, 60),
        "担保费": portion("担保费", 5, 20, 2), "保险费": portion("保险费", 2, 10, 4),
        "评估费": portion("评估费", 3, 12, 2),
    }  # fmt: skip
    return put(table, frame, made), exact


def guarantees(part: Part, table: Table, owners: pl.DataFrame) -> Made:
    """Only guarantors have any, each many; the yearly fee follows from amount and rate."""
    world, chance, owner = part.world, Chance(table.name), of_owner(table)
    low, high = world.profile.events(table.name)["rows"]
    count = (
        pl.when(pl.col(firm.GUARANTOR)).then(owner.whole("rows", int(low), int(high))).otherwise(0)
    )
    frame = rows(part, table, owners, count)
    spec, rate = table.facts.get("担保金额"), table.facts.get("担保费率")
    if (
        spec is None
        or rate is None
        or spec.type.kind is not Kind.MONEY
        or rate.type.kind is not Kind.RATE
    ):
        return frame, frozenset()
    low_rate, high_rate = world.profile.of("rates", rate)
    fee = chance.whole("fee", 0, round((high_rate - low_rate) * 2000)) * 500 + round(
        low_rate * 10**6
    )
    frame = frame.with_columns(
        amount(world.profile.of("amounts", spec), "担保金额", chance).alias("担保金额"),
        fee.alias("担保费率"),
    )
    one = pl.col("担保金额")
    more = (
        pl.when(chance.whole("more", 0, 2) == 0)
        .then(one * chance.whole("times", 2, 4))
        .otherwise(one)
    )
    made = {
        "单户担保金额": (Kind.MONEY, more),
        "年担保费": (Kind.MONEY, one // FEN * pl.col("担保费率") // 10**4),
        "被担保人行业": (
            Kind.INDUSTRY, chance.pick("debtor", {item.position: item.weight for item in world.profile.industries}),
        ),
    }  # fmt: skip
    return put(table, frame, made), frozenset()


def moves(part: Part, table: Table, owners: pl.DataFrame) -> Made:
    """Firms that moved in, some with a high-technology certificate."""
    count = pl.col(firm.MOVED_ON).is_not_null().cast(pl.Int64)
    frame = rows(
        part, table, owners, count, firm.MOVED_ON, firm.MOVED_FROM, firm.CERTIFIED_ON
    ).with_columns(pl.col(firm.MOVED_ON).alias(MOMENT))
    made = {
        "迁出地": (Kind.REGION, pl.col(firm.MOVED_FROM)),
        "迁入地": (Kind.REGION, pl.col(REGION)),
        "所持高企发证日期": (Kind.DATE, pl.col(firm.CERTIFIED_ON)),
        "所持高企有效期止": (Kind.DATE, months_later(pl.col(firm.CERTIFIED_ON), 36)),
    }
    return put(table, frame, made), frozenset()


# ------------------------------------------------------------------------------ carriers, platforms


def grades(part: Part, table: Table, owners: pl.DataFrame) -> Made:
    """Titles of carriers and platforms: grade after grade from the lowest, some reviewed again."""
    facts, world = table.facts, part.world
    level, manner = facts.get("级别"), facts.get("认定方式")
    if level is None or manner is None or level.type.choices not in world.vocabulary.ordered:
        return general(part, table, owners)
    owner, chance = of_owner(table), Chance(table.name)
    span = world.profile.whole("dates", "years") * 365
    steps = len(world.vocabulary.choices[level.type.choices])
    reached = owner.whole("reached", 1, steps)
    first = world.today - owner.whole("first", 365, span + 365)
    owners = owners.with_columns(first.alias("_first"), reached.alias("_reached"))
    kind = facts.get("名称")
    own = "类型"
    frame = rows(
        part, table, owners, reached + owner.whole("again", 0, 1), "_first", "_reached", own
    )
    new, again = (world.code(manner.type.choices, word) for word in ("首次认定", "复核"))
    later = pl.col(SLOT) >= pl.col("_reached")
    grade = pl.min_horizontal(pl.col(SLOT), pl.col("_reached") - 1)
    moment = pl.col("_first") + pl.col(SLOT) * 400 + chance.whole("day", 0, 120)
    made = {"级别": (Kind.CHOICE, grade)}
    if new is not None and again is not None:
        made["认定方式"] = (Kind.CHOICE, pl.when(later).then(again).otherwise(new).cast(pl.Int64))
    same = part.world.vocabulary.tables[table.owner].facts.get(own)
    if kind is not None and same is not None and kind.type == same.type and own in frame.columns:
        drawn = chance.pick("名称", world.profile.choices(kind))
        other = chance.whole("other", 0, 19) == 0
        made["名称"] = (Kind.CHOICE, pl.when(other).then(drawn).otherwise(pl.col(own)))
    frame = frame.with_columns(moment.alias(MOMENT)).filter(pl.col(MOMENT) <= world.today)
    return put(table, frame, made), frozenset()


MAKERS: dict[str, Callable[[Part, Table, pl.DataFrame], Made]] = {
    "认定": titles, "年度经营": business_years, "质押融资": pledge_loans, "担保业务": guarantees,
    "迁入": moves, "载体认定": grades, "平台认定": grades,
}  # fmt: skip


def events(part: Part, table: Table) -> Made:
    """The events of one table in a part: facts known so far, and those fixed for good."""
    owners = part.frames[table.owner]
    maker = MAKERS.get(table.name, general)
    # A maker reads what enterprises are; for another owner only the general one fits.
    needs_firm = maker not in (general, grades)
    made, exact = (general if needs_firm and table.owner != FIRST else maker)(part, table, owners)
    chance = Chance(table.name)
    links = [link for link in table.links if link != table.owner]
    return made.with_columns(
        part.link(chance, link, table.links[link]).alias(LINK + link) for link in links
    ), exact
