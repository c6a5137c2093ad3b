"""Write policies/reference/working_days.csv again.

Years with a published arrangement come from the library chinesecalendar; the two years after it are
provisional and hold the statutory holidays only. A year that somebody has entered by hand as
published, and that the library does not know yet, is kept as it stands in the file.

    python scripts/make_working_days.py policies/reference/working_days.csv

Needs the development package chinesecalendar.
"""

import csv
import sys
from datetime import date, timedelta
from pathlib import Path

from chinese_calendar import constants, get_solar_terms

HEADINGS = ("日期", "类型", "节日", "依据", "状态")
PROVISIONAL_YEARS = 2
STATUTE = "全国年节及纪念日放假办法（国务院令第795号）"

FESTIVALS = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "National Day": "国庆节",
    "Mid-autumn Festival": "中秋节",
    "Anti-Fascist 70th Day": "抗战胜利70周年纪念日",
}

NOTICES = {
    2008: "国办发明电〔2007〕52号",
    2009: "国办发明电〔2008〕42号",
    2010: "国办发明电〔2009〕27号",
    2011: "国办发明电〔2010〕40号",
    2012: "国办发明电〔2011〕45号",
    2013: "国办发明电〔2012〕33号",
    2014: "国办发明电〔2013〕28号",
    2015: "国办发明电〔2014〕28号",
    2016: "国办发明电〔2015〕18号",
    2017: "国办发明电〔2016〕17号",
    2018: "国办发明电〔2017〕12号",
    2019: "国办发明电〔2018〕15号",
    2020: "国办发明电〔2019〕16号",
    2021: "国办发明电〔2020〕27号",
    2022: "国办发明电〔2021〕11号",
    2023: "国办发明电〔2022〕16号",
    2024: "国办发明电〔2023〕7号",
    2025: "国办发明电〔2024〕12号",
    2026: "国办发明电〔2025〕7号",
}

# Days that a later notice changed within the year, first day to last.
CHANGES = (
    (date(2015, 9, 3), date(2015, 9, 6), "国发明电〔2015〕1号"),
    (date(2019, 4, 28), date(2019, 5, 5), "国办发明电〔2019〕3号"),
    (date(2020, 1, 31), date(2020, 2, 2), "国办发明电〔2020〕1号"),
)

# 春节, 端午节 and 中秋节 by month and day: the chinesecalendar package has no lunar calendar.
LUNAR_FESTIVALS = {
    2027: ((2, 6), (6, 9), (9, 15)),
    2028: ((1, 26), (5, 28), (10, 3)),
    2029: ((2, 13), (6, 16), (9, 22)),
    2030: ((2, 3), (6, 5), (9, 12)),
}

Row = tuple[str, str, str, str, str]


def basis(day: date) -> str:
    """The notice that arranged the day; one of December belongs to the notice of the next year."""
    for first, last, number in CHANGES:
        if first <= day <= last:
            return number
    year = day.year + 1 if day.month == 12 else day.year
    return NOTICES.get(year, f"国务院办公厅关于{year}年节假日安排的通知")


def published() -> list[Row]:
    """The exceptions to Monday to Friday that the library knows."""
    rows: list[Row] = []
    for day, festival in constants.holidays.items():
        if day.weekday() < 5:
            rows.append((day.isoformat(), "放假", FESTIVALS[festival], basis(day), "已公布"))
    for day, festival in constants.workdays.items():
        if day.weekday() >= 5:
            row = (day.isoformat(), "调休上班", FESTIVALS[festival], basis(day), "已公布")
            rows.append(row)
    return rows


def statutory(year: int) -> dict[date, str]:
    """Every day that the law gives to all citizens, with its festival (rules of 2025 on).

    Raises KeyError for a year whose lunar festivals are not listed above.
    """
    spring, dragon_boat, mid_autumn = (date(year, *place) for place in LUNAR_FESTIVALS[year])
    days: dict[date, list[str]] = {}

    def add(first: date, count: int, festival: str) -> None:
        for offset in range(count):
            days.setdefault(first + timedelta(days=offset), []).append(festival)

    add(date(year, 1, 1), 1, "元旦")
    add(spring - timedelta(days=1), 4, "春节")
    add(qingming(year), 1, "清明节")
    add(date(year, 5, 1), 2, "劳动节")
    add(dragon_boat, 1, "端午节")
    add(date(year, 10, 1), 3, "国庆节")
    add(mid_autumn, 1, "中秋节")
    return {day: "、".join(festivals) for day, festivals in days.items()}


def qingming(year: int) -> date:
    """The day of the solar term 清明, which always falls in early April."""
    for day, term in get_solar_terms(date(year, 4, 1), date(year, 4, 15)):
        if term == "清明":
            return date(day.year, day.month, day.day)
    raise ValueError(f"no 清明 found in {year}")


def provisional(year: int) -> list[Row]:
    """The statutory days on Monday to Friday; where the others are made up is not known yet."""
    return [
        (day.isoformat(), "放假", festival, STATUTE, "暂定")
        for day, festival in statutory(year).items()
        if day.weekday() < 5
    ]


def entered_by_hand(path: Path, after: int) -> list[Row]:
    """Rows of published years later than ``after`` that already stand in the file."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [tuple(row[heading] for heading in HEADINGS) for row in csv.DictReader(file)]
    return [
        (day, kind, festival, source, status)
        for day, kind, festival, source, status in rows
        if int(day[:4]) > after and status == "已公布"
    ]


def table(path: Path) -> list[Row]:
    """All rows, by date."""
    rows = published()
    last = max(int(row[0][:4]) for row in rows)
    kept = entered_by_hand(path, last)
    known = {int(row[0][:4]) for row in kept}
    for year in range(last + 1, last + 1 + PROVISIONAL_YEARS):
        if year not in known:
            rows.extend(provisional(year))
    return sorted(rows + kept)


def main(path: Path) -> None:
    rows = table(path)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADINGS)
        writer.writerows(rows)
    print(f"{path}：{len(rows)}行，{rows[0][0]} 至 {rows[-1][0]}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("用法：python scripts/make_working_days.py policies/reference/working_days.csv")
    main(Path(sys.argv[1]))
