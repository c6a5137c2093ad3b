"""Second half of an import: checked rows into records, statements and the columns that lists read.

A piece of rows is one transaction, with the place that the import has reached: after an interruption
the next run goes on behind it. What a row says is compared with what is known for the day it is valid
from; only a row that says something new becomes a statement. Facts of subjects hold from the day to
which the data go, those of events (which bear their own dates) always.
"""

from dataclasses import dataclass, field
from datetime import date, datetime

import polars as pl
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from huiqi.portal.base import places, rules, search
from huiqi.portal.base.jobs import Stopped
from huiqi.portal.registry import actions, columns, encoding, history, storing
from huiqi.portal.registry.history import Spoken
from huiqi.portal.registry.models import (
    BadRow,
    Batch,
    Certificate,
    Enterprise,
    Grant,
    Record,
    Statement,
)
from huiqi.portal.registry.staging import LINE, PAYMENTS, SHEET, SHOWN
from huiqi.rulebook.language.nodes import Kind
from huiqi.rulebook.library.vocabulary import Table, Vocabulary
from huiqi.rulebook.tables.keys import check_keys
from huiqi.rulebook.tables.payments import SHAPE, item_tables, item_words, unknown_support

ATTEMPTS = 3
SLOW = 500
"""Rows of one transaction where each has to be looked at alone."""
ID, OWNER, OLD = "_id", "_owner", "·"
_FOUND = {
    ID: pl.Int64(), "key": pl.String(), "_owned": pl.Int64(), "_since": pl.Date(),
    "_turns": pl.Date(), "_values": pl.String(),
}  # fmt: skip


@dataclass
class _Bad:
    """Rows that can't be taken over, with the remedy."""

    frames: list[pl.DataFrame] = field(default_factory=list)

    def leave(
        self, rows: pl.DataFrame, wrong: pl.Expr, name: str, problem: str, remedy: str
    ) -> pl.DataFrame:
        """Notes the wrong rows and gives back the others."""
        mask = rows.select(wrong.fill_null(False).alias("wrong"))["wrong"]
        if not mask.any():
            return rows
        self.note(rows.filter(mask), name, problem, remedy)
        return rows.filter(~mask)

    def note(self, rows: pl.DataFrame, name: str, problem: str | pl.Expr, remedy: str) -> None:
        if rows.height:
            self.frames.append(
                rows.select(
                    pl.format("{}第{}行“{}”", pl.col(SHEET), pl.col(LINE), pl.lit(name))
                    .str.slice(0, 80)
                    .alias("place"),
                    pl.col(LINE).cast(pl.Int64).alias("row"),
                    pl.lit(name).alias("column"),
                    pl.col(name).cast(pl.String).fill_null("").str.slice(0, 200).alias("value"),
                    (pl.lit(problem) if isinstance(problem, str) else problem).alias("problem"),
                    pl.lit(remedy).alias("remedy"),
                )
            )

    def told(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The rows that are left out, and those that only bear a reminder."""
        listed = pl.concat(self.frames)
        reminds = pl.col("problem").str.starts_with(REMINDER)
        return listed.filter(~reminds), listed.filter(reminds)


REMINDER = "提醒："


def take(batch: Batch, rows: pl.DataFrame, *, at: datetime) -> None:
    """Takes one piece of rows over and moves the batch's mark behind it, all or nothing."""
    for attempt in range(ATTEMPTS):
        try:
            with storing.held_together(), transaction.atomic():
                _alone(batch)
                made = _Taking(batch, at)
                if batch.table == PAYMENTS:
                    made.payments(rows)
                else:
                    made.rows(rows)
                made.count(rows.height)
            return
        except _SlowError:
            for piece in rows.iter_slices(SLOW):
                take(batch, piece, at=at)
            return
        except IntegrityError:
            # Somebody else added one of these just now: the next look finds it.
            if attempt == ATTEMPTS - 1:
                raise
            batch.refresh_from_db()


def _alone(batch: Batch) -> None:
    """Two workers on one import, where the first was only taken for dead: the second goes on alone."""
    stands = Batch.objects.select_for_update().filter(pk=batch.pk)
    if list(stands.values_list("reached", flat=True)) != [batch.reached]:
        raise Stopped


class _SlowError(Exception):
    """Too many rows have to be looked at alone for one transaction."""


class _Taking:
    """One piece of rows within its transaction."""

    def __init__(self, batch: Batch, at: datetime) -> None:
        self.batch, self.at = batch, at
        self.vocabulary: Vocabulary = rules.library().vocabulary
        self.bad = _Bad()
        self.added = self.changed = self.same = 0
        self.change = storing.change_number()

    def count(self, rows: int) -> None:
        """Adds this piece's figures to the batch, with the rows that were left out."""
        batch = self.batch
        batch.reached += rows
        batch.added += self.added
        batch.changed += self.changed
        batch.same += self.same
        if self.bad.frames:
            refused, reminders = self.bad.told()
            batch.refused += refused.height
            # Reminders take half of the list at most: what is refused must be seen.
            shown = batch.bad_rows.count()
            refused = refused.head(max(0, SHOWN - shown))
            reminders = reminders.head(max(0, SHOWN // 2 - shown - refused.height))
            listed = pl.concat([refused, reminders])
            storing.insert(BadRow, listed.with_columns(pl.lit(batch.pk).alias("batch_id")))
        batch.save(update_fields=["reached", "added", "changed", "same", "refused"])

    # ------------------------------------------------------------ records

    def rows(self, rows: pl.DataFrame) -> None:
        table = self.vocabulary.tables[self.batch.table]
        names = [name for name in encoding.names_of(table) if name in rows.columns]
        self.valid_from = None if table.is_event else self.batch.as_of
        rows = self._owned(table, rows)
        rows = self._found(table, rows)
        rows = self._here(table, rows)
        self._remind(table, rows)
        new = rows.filter(pl.col(ID).is_null())
        old = rows.filter(pl.col(ID).is_not_null())
        late = pl.col("_turns").is_not_null()
        if self.valid_from is None:
            late = late | pl.col("_since").is_not_null()
        else:
            late = late | (pl.col("_since") > self.valid_from)
        late = late.fill_null(False)
        alone = old.filter(late)
        if alone.height > SLOW and rows.height > SLOW:
            raise _SlowError
        self._add(table, new, names)
        self._change(table, old.filter(~late), names)
        self._alone(alone, names)

    def _owned(self, table: Table, rows: pl.DataFrame) -> pl.DataFrame:
        """Events with the number of their owner; those whose owner isn't registered are left out."""
        if not table.is_event:
            return rows.with_columns(pl.lit(None, dtype=pl.Int64).alias(OWNER))
        keys = rows[table.owner].drop_nulls().unique()
        gone = f'CAST("values"{_as_text()} LIKE \'%%"{encoding.GONE}"%%\' AS integer)'
        found = storing.lookup(
            table.owner, keys, f"id, key, {gone}",
            {OWNER: pl.Int64(), "_key": pl.String(), "_gone": pl.Int64()},
        ).filter(pl.col("_gone") == 0)  # fmt: skip
        rows = rows.join(
            found.select(OWNER, "_key"), left_on=table.owner, right_on="_key", how="left",
            maintain_order="left",
        )  # fmt: skip
        return self.bad.leave(
            rows, pl.col(OWNER).is_null(), table.owner, f"登记库里没有这个{table.owner}",
            f"先导入“{table.owner}”，或核对代码",
        )  # fmt: skip

    def _found(self, table: Table, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows with the record that has their key, if there is one."""
        found = storing.lookup(
            table.name, rows[table.key],
            f'id, key, owner_id, since, turns_on, "values"{_as_text()}', _FOUND, lock=True,
        )  # fmt: skip
        known = encoding.columns(found["_values"], table)
        known = known.rename({name: f"{OLD}{name}" for name in known.columns})
        found = found.drop("_values").hstack(known)
        rows = rows.join(
            found, left_on=table.key, right_on="key", how="left", maintain_order="left"
        )
        rows = self.bad.leave(
            rows, pl.col(f"{OLD}{encoding.GONE}"), table.key, "这条登记已经撤销",
            "确实要用就先恢复登记",
        )  # fmt: skip
        return self.bad.leave(
            rows, pl.col("_owned") != pl.col(OWNER), table.key,
            f"这个编号已登记在别的{table.owner}名下", "核对编号；确实换了主体就先撤销原登记",
        )  # fmt: skip

    def _here(self, table: Table, rows: pl.DataFrame) -> pl.DataFrame:
        """Only rows of the region that the importing unit is concerned with."""
        region = places.reach(self.batch.unit.region) if self.batch.unit else ""
        if not region or not rows.height:
            return rows
        place, name = self._place(table, rows)
        if place is None:
            return rows
        rows = rows.with_columns(place.alias("_place"))
        rows = self.bad.leave(
            rows, pl.col("_place").is_null(), name, "不知道注册在哪里，分不清归不归本单位管",
            "补上注册地再导入",
        )  # fmt: skip
        shown = self.vocabulary.regions.get(region)
        return self.bad.leave(
            rows, ~pl.col("_place").is_in(places.codes(region)), name,
            f"不在本单位的辖区（{shown.name if shown else region}）", "请由所在地的单位导入",
        )  # fmt: skip

    def _place(self, table: Table, rows: pl.DataFrame) -> tuple[pl.Series | None, str]:
        """Where each row's subject is registered (known before, else as the row says)."""
        if table.owner == columns.ENTERPRISE:
            owners = rows[OWNER].unique()
            found = _regions(owners)
            place = rows.select(OWNER).join(found, on=OWNER, how="left", maintain_order="left")
            return place["region"], table.owner
        spec = next((item for item in table.stored if item.type.kind is Kind.REGION), None)
        if spec is None or table.is_event:
            return None, ""
        told = pl.col(spec.name) if spec.name in rows.columns else pl.lit(None, dtype=pl.String)
        known = pl.col(f"{OLD}{spec.name}")
        name = spec.name if spec.name in rows.columns else table.key
        return rows.select(pl.coalesce(known, told).alias("place"))["place"], name

    def _remind(self, table: Table, rows: pl.DataFrame) -> None:
        """Links to subjects that are not registered yet stand as they are, with a reminder."""
        for link, target in table.links.items():
            if link == table.owner or link not in rows.columns:
                continue
            keys = rows[link].drop_nulls().unique()
            found = storing.lookup(target, keys, "id, key", {ID: pl.Int64(), "key": pl.String()})
            missing = pl.col(link).is_not_null() & ~pl.col(link).is_in(found["key"].implode())
            self.bad.note(
                rows.filter(missing), link, f"{REMINDER}登记库里还没有这个{target}",
                f"把“{target}”也导入，这项关联随即生效",
            )  # fmt: skip

    # ------------------------------------------------------------ writing

    def _add(self, table: Table, rows: pl.DataFrame, names: list[str]) -> None:
        if not names:
            self.bad.note(
                rows, table.key, "除了编号，没有一列能导入", "核对表头，给各列选好对应的内容"
            )
            return
        if not rows.height:
            return
        self.added += rows.height
        rows = rows.with_columns(storing.reserve(Record, rows.height).alias(ID))
        facts = rows.select(names)
        texts = encoding.texts(facts, names)
        storing.insert(
            Record,
            rows.select(
                pl.col(ID).alias("id"),
                pl.lit(table.name).alias("table"),
                pl.col(table.key).alias("key"),
                pl.col(OWNER).alias("owner_id"),
                _label(table, facts),
                texts.alias("values"),
                encoding.digests(texts).alias("digest"),
                storing.moment(self.at).alias("known_at"),
                pl.lit(self.valid_from, dtype=pl.Date).alias("since"),
                pl.lit(None, dtype=pl.Date).alias("turns_on"),
                pl.lit(self.change).alias("change"),
            ),
        )
        self._say(rows[ID], texts)
        self._follow(table, rows, facts, is_new=True)

    def _change(self, table: Table, rows: pl.DataFrame, names: list[str]) -> None:
        """Rows whose record is known: what is new in them becomes a statement."""
        news = [
            pl.col(name).is_not_null() & pl.col(name).ne_missing(pl.col(f"{OLD}{name}"))
            for name in names
        ]
        differs = rows.select(pl.any_horizontal(news).alias("differs"))["differs"] if news else None
        if differs is None or not rows.height:
            self.same += rows.height
            return
        self.same += int((~differs).sum())
        rows = rows.filter(differs)
        if not rows.height:
            return
        self.changed += rows.height
        every = encoding.names_of(table)
        facts = rows.select(
            (
                pl.coalesce(pl.col(name), pl.col(f"{OLD}{name}"))
                if name in names
                else pl.col(f"{OLD}{name}")
            ).alias(name)
            for name in every
        )
        texts = encoding.texts(facts, every)
        self._say(rows[ID], encoding.texts(rows.select(names), names))
        storing.update(
            Record,
            rows.select(
                pl.col(ID).alias("id"),
                _label(table, facts),
                texts.alias("values"),
                encoding.digests(texts).alias("digest"),
                storing.moment(self.at).alias("known_at"),
                pl.lit(self.valid_from, dtype=pl.Date).alias("since"),
                pl.lit(self.change).alias("change"),
            ),
        )
        self._follow(table, rows, facts, is_new=False)

    def _say(self, numbers: pl.Series, texts: pl.Series) -> None:
        made = pl.DataFrame({"record_id": numbers, "values": texts}).with_columns(
            pl.lit(self.batch.source).alias("source"),
            pl.lit(self.batch.unit_id, dtype=pl.Int64).alias("unit_id"),
            pl.lit(self.valid_from, dtype=pl.Date).alias("valid_from"),
            pl.lit(None, dtype=pl.Date).alias("valid_until"),
            storing.moment(self.at).alias("known_at"),
            pl.lit(self.batch.pk).alias("batch_id"),
            pl.lit(self.batch.made_by_id, dtype=pl.Int64).alias("said_by_id"),
        )
        storing.insert(Statement, made)

    def _follow(
        self, table: Table, rows: pl.DataFrame, facts: pl.DataFrame, *, is_new: bool
    ) -> None:
        """What lists read, and what subjects are found by."""
        label = columns.label_fact(table)
        if label in facts.columns and not table.is_event:
            before = None if is_new else rows[f"{OLD}{label}"]
            renamed = facts[label].ne_missing(before)
            names = facts.filter(renamed).select(_label(table, facts.filter(renamed)))["name"]
            search.put(columns.SEARCH, columns.searched(rows[ID].filter(renamed), names))
        if table.name == columns.ENTERPRISE:
            made = columns.followed_frame(table.name, facts).with_columns(
                rows[ID].alias("record_id"), columns.sizes(facts, self.vocabulary).alias("size")
            )
            if is_new:
                made = made.with_columns(
                    rows[table.key].alias("credit_code"), pl.lit("").alias("titles")
                )
                storing.insert(Enterprise, made)
            else:
                storing.update(Enterprise, made, key="record_id")
        elif table.name == columns.CERTIFICATE:
            made = columns.followed_frame(table.name, facts).with_columns(
                rows[ID].alias("record_id")
            )
            if is_new:
                storing.insert(Certificate, made.with_columns(rows[OWNER].alias("enterprise_id")))
            else:
                storing.update(Certificate, made, key="record_id")
            retitle(rows[OWNER].unique(), timezone.localdate(self.at))

    # ------------------------------------------------------------ one by one

    def _alone(self, rows: pl.DataFrame, names: list[str]) -> None:
        """Rows older than what is known already, or whose record turns by itself: by the fold."""
        if not rows.height:
            return
        numbers = rows[ID].to_list()
        told: dict[int, list[Spoken]] = {}
        for item in history.spoken(numbers):
            told.setdefault(item.record, []).append(item)
        locked = Record.objects.in_bulk(numbers)
        for number, given in zip(numbers, rows.select(names).iter_rows(named=True), strict=True):
            values = {name: value for name, value in given.items() if value is not None}
            said = told.get(number, [])
            before = history.fold(said, self.valid_from or date.min)
            if all(
                name in before and before[name].value == value for name, value in values.items()
            ):
                self.same += 1
                continue
            self.changed += 1
            statement = Statement.objects.create(
                record_id=number, values=values, source=self.batch.source, unit=self.batch.unit,
                valid_from=self.valid_from, known_at=self.at, batch=self.batch,
                said_by=self.batch.made_by,
            )  # fmt: skip
            new = Spoken(
                number, values, self.batch.source, self.valid_from, None, self.at, statement.pk
            )
            on = timezone.localdate(self.at)
            actions.follow(locked[number], [*said, new], on=on, at=self.at)

    # ------------------------------------------------------------ payments

    def payments(self, rows: pl.DataFrame) -> None:
        """Supports already paid. A payment that stands there with the same amount is no new one."""
        for name in ("主体表", "事项"):
            if name not in rows.columns:
                rows = rows.with_columns(pl.lit(None, dtype=pl.String).alias(name))
        rows = rows.with_columns(pl.col("事项").fill_null(""))
        rows = self._paid_to(rows)
        rows = self.bad.leave(
            rows, ~pl.col("支持").str.contains(SHAPE), "支持",
            "支持应写成“政策编号/支持编号”", "如 gaoping-2022-43/高企首次取得",
        )  # fmt: skip
        rows = self._supports(rows)
        self._tell_items(rows)
        rows = rows.with_columns(pl.col("日期").cast(pl.Int32).cast(pl.Date))
        twice = ["_subject", "支持", "事项", "日期"]
        rows = self.bad.leave(
            rows, pl.struct(twice).is_first_distinct().not_(), "支持", "文件里同一笔写了两次",
            "同一笔只留一行；确是两笔，在“事项”里分开",
        )  # fmt: skip
        known = _granted(rows["_subject"].unique())
        rows = rows.join(
            known, left_on=twice, right_on=["record_id", "support", "item", "on"], how="left",
            maintain_order="left",
        )  # fmt: skip
        rows = self.bad.leave(
            rows, pl.col("amount") != pl.col("金额"), "金额", "这一笔已经登记过，金额不同",
            "核对金额；登记错了的请由登记单位更正",
        )  # fmt: skip
        self.same += rows.filter(pl.col("amount").is_not_null()).height
        rows = rows.filter(pl.col("amount").is_null())
        self.added += rows.height
        storing.insert(
            Grant,
            rows.select(
                pl.col("_subject").alias("record_id"),
                pl.col("支持").alias("support"),
                pl.col("事项").alias("item"),
                pl.col("金额").alias("amount"),
                pl.col("日期").alias("on"),
                pl.lit(self.batch.source).alias("source"),
                pl.lit(self.batch.pk).alias("batch_id"),
            ),
        )

    def _supports(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Payments of supports that their policy has; those of other policies bear a reminder."""
        known = rules.library().by_key
        for text in rows["支持"].unique().sort():
            unknown = unknown_support(text, known)
            same = pl.col("支持") == text
            if unknown is not None and unknown.wrong:
                rows = self.bad.leave(rows, same, "支持", unknown.message, unknown.remedy)
            elif unknown is not None:
                told = f"{REMINDER}{unknown.message}"
                self.bad.note(rows.filter(same), "支持", told, unknown.remedy)
        return rows

    def _tell_items(self, rows: pl.DataFrame) -> None:
        """Reminders where a payment of what is paid once an item names none, or one that is not there."""
        tables = item_tables(rules.library())
        for table in {tables.get(text, "") for text in rows["支持"].unique()} - {""}:
            mine = rows.filter(
                pl.col("支持").is_in([key for key, name in tables.items() if name == table])
            )
            found = storing.lookup(table, mine["事项"], "key", {"key": pl.String()})
            lost = mine.filter(~pl.col("事项").is_in(found["key"].implode()))
            named, unnamed = lost.filter(pl.col("事项") != ""), lost.filter(pl.col("事项") == "")
            words = {text: item_words(table, text) for text in lost["事项"].unique()}
            told = {text: f"{REMINDER}{said}" for text, (said, _) in words.items()}
            for name, some in (("事项", named), ("支持", unnamed)):
                if some.height:
                    problem = pl.col("事项").replace_strict(told, return_dtype=pl.String)
                    self.bad.note(some, name, problem, words[some["事项"][0]][1])

    def _paid_to(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Payments with the record of their subject."""
        subjects = [table for table in self.vocabulary.tables.values() if not table.is_event]
        names = {word: one.name for one in subjects for word in (one.name, one.identifier)}
        rows = self.bad.leave(
            rows, pl.col("主体表").is_not_null() & ~pl.col("主体表").is_in(list(names)), "主体表",
            "没有这张主体表", f"应填：{'、'.join(one.name for one in subjects)}",
        )  # fmt: skip
        rows = rows.with_columns(pl.col("主体表").replace(names))
        hits = []
        for one in subjects:
            keys, _, _ = check_keys(rows["主体"], one.key_format)
            asked = keys.zip_with(
                rows["主体表"].is_null() | (rows["主体表"] == one.name),
                pl.Series([None], dtype=pl.String),
            )
            found = storing.lookup(one.name, asked, "id, key", {ID: pl.Int64(), "key": pl.String()})
            hits.append(
                asked.replace_strict(
                    found["key"], found[ID], default=None, return_dtype=pl.Int64
                ).alias(one.name)
            )
        each = pl.DataFrame(hits)
        count = each.select(pl.sum_horizontal(pl.all().is_not_null().cast(pl.Int64)))[:, 0]
        number = each.select(pl.coalesce(pl.all()))[:, 0]
        rows = rows.with_columns(count.alias("_hits"), number.alias("_subject"))
        rows = self.bad.leave(
            rows, pl.col("_hits") == 0, "主体", "登记库里没有这个主体", "核对代码，或先导入主体"
        )
        return self.bad.leave(
            rows, pl.col("_hits") > 1, "主体", "不止一张主体表里有这个代码", "加一列“主体表”写明"
        )


# -------------------------------------------------------------------- look-ups


def retitle(enterprises: pl.Series, on: date) -> None:
    """Writes the valid titles of some enterprises."""
    held = storing.select(
        "SELECT enterprise_id, name FROM registry_certificate WHERE name <> '' "
        "AND (ends_on IS NULL OR ends_on >= %s) AND enterprise_id", [on.isoformat()], enterprises,
        {"record_id": pl.Int64(), "name": pl.String()},
    )  # fmt: skip
    grouped = held.group_by("record_id").agg("name")
    shown = pl.DataFrame({"record_id": enterprises.drop_nulls()}).join(
        grouped, on="record_id", how="left"
    )
    titles = [columns.titles_text(names or []) for names in shown["name"].to_list()]
    made = shown.select("record_id").with_columns(pl.Series("titles", titles, dtype=pl.String))
    storing.update(Enterprise, made, key="record_id")


def _label(table: Table, facts: pl.DataFrame) -> pl.Expr:
    name = columns.label_fact(table)
    if name and name in facts.columns:
        return pl.lit(facts[name]).fill_null("").str.slice(0, 120).alias("name")
    return pl.lit("").alias("name")


def _regions(enterprises: pl.Series) -> pl.DataFrame:
    found = storing.select(
        "SELECT record_id, region FROM registry_enterprise WHERE record_id", [], enterprises,
        {OWNER: pl.Int64(), "region": pl.String()},
    )  # fmt: skip
    return found.with_columns(pl.when(pl.col("region") != "").then(pl.col("region")))


def _granted(subjects: pl.Series) -> pl.DataFrame:
    return storing.select(
        'SELECT record_id, support, item, "on", amount FROM registry_grant WHERE record_id', [],
        subjects,
        {"record_id": pl.Int64(), "support": pl.String(), "item": pl.String(), "on": pl.Date(),
         "amount": pl.Int64()},
    )  # fmt: skip


def _as_text() -> str:
    return "::text" if connection.vendor == "postgresql" else ""
