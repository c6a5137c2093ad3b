"""`huiqi coverage` and `huiqi test`."""

from pathlib import Path

from tests.cli.running import Huiqi, changed


def test_every_clause_of_the_packaged_policies_is_carried(huiqi: Huiqi) -> None:
    made = huiqi("coverage", "--json").json
    assert made["ok"] is True
    assert sum(len(document["clauses"]) for document in made["documents"]) == 172
    assert [document["bare"] for document in made["documents"]] == [[], [], [], [], []]


def test_one_document_by_its_number(huiqi: Huiqi) -> None:
    made = huiqi("coverage", "--document", "高发改发〔2022〕43号", "--json").json
    [document] = made["documents"]
    assert document["document"] == "gaoping-2022-43"
    clause = next(item for item in document["clauses"] if item["clause"] == "19")
    assert clause["supports"] == ["gaoping-2022-43/质押贷款费用资助"]


def test_a_clause_that_nothing_carries_is_shown(huiqi: Huiqi, policies: Path) -> None:
    file = policies / "gaoping-2022-43" / "policy.yaml"
    text = file.read_text("utf-8")
    at = text.index('  - 编号: "4"\n')
    start = text.index("    职责:", at)
    end = text.index("  - 编号:", start)
    file.write_text(f"{text[:start]}    职责: []\n{text[end:]}", "utf-8")
    ran = huiqi("coverage", policies)
    assert ran.code == 1
    [line] = [line for line in ran.out.splitlines() if "没有承接" in line]
    assert line.split() == ["第4条", "鼓励建设共享厂房", "没有承接"]
    assert huiqi("coverage", policies, "--json").json["documents"][0]["bare"] == ["4"]


def test_the_boundary_cases_hold(huiqi: Huiqi) -> None:
    ran = huiqi("test", "--json")
    assert ran.code == 0
    assert ran.json["failures"] == []
    assert ran.json["cases"] > 700


def test_a_case_that_does_not_hold_is_shown_with_its_place(huiqi: Huiqi, policies: Path) -> None:
    file = policies / "gaoping-2022-43" / "cases" / "质押贷款费用资助.yaml"
    changed(file, "金额: 9万元", "金额: 9.01万元")
    made = huiqi("test", policies, "--support", "质押贷款费用资助", "--json").json
    failures = [item for item in made["failures"] if item["evaluator"] == "reference"]
    assert [(item["what"], item["expected"], item["found"]) for item in failures] == [
        ("金额", "9.01万元", "9万元")
    ]
    ran = huiqi("test", policies)
    assert ran.code == 1
    assert "应为 9.01万元，算得 9万元" in ran.out


def test_a_wrong_case_file_is_refused(huiqi: Huiqi, policies: Path) -> None:
    file = policies / "gaoping-2022-43" / "cases" / "质押贷款费用资助.yaml"
    changed(file, "贷款金额", "货款金额")
    ran = huiqi("test", policies)
    assert (ran.code, ran.out) == (1, "")
    assert "“贷款金额”" in ran.err
