"""Pages of the workbench and of leaders: who opens them, what they say, at what cost."""

import html
import io
import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from python_calamine import CalamineWorkbook

from huiqi.portal.base.enums import Role
from huiqi.portal.base.models import AuditEntry, Job
from huiqi.portal.base.refusal import Refused
from huiqi.portal.matching import actions, queries, simulations
from huiqi.portal.matching.models import Run, Simulation
from huiqi.portal.policies import actions as policies
from huiqi.portal.policies.models import Release
from huiqi.portal.web.leader.overview import MOST
from huiqi.rulebook.bulk.snapshot import Snapshot
from huiqi.rulebook.bulk.targets import Standing
from huiqi.rulebook.library.home import policies_folder
from tests.portal import people
from tests.portal.matching.conftest import LATER, ON
from tests.portal.matching.test_simulations import CHANGES, KEY, save

pytestmark = pytest.mark.django_db
BENCH = reverse("web:bench", args=KEY.split("/"))
LIVE = reverse("web:bench_live", args=KEY.split("/"))


@pytest.fixture
def here(region: Snapshot, settings: object) -> Snapshot:
    """The region is the one that pages read."""
    settings.SNAPSHOTS = region.folder.parent  # type: ignore[attr-defined]
    return region


def text(client: Client, address: str, **data: str) -> str:
    answer = client.post(address, data) if data else client.get(address)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def queries_of(act: Callable[[], object]) -> int:
    act()  # what is cached once a process is not counted
    with CaptureQueriesContext(
        connection,
    ) as held:
        act()
    return len(held)


# ---------------------------------------------------------------- who opens what


@pytest.mark.parametrize("role", [None, *Role])
def test_roles_at_the_doors(db: None, role: Role | None) -> None:
    client = people.of_role(role).client
    desk, lead = role in (Role.AUTHOR, Role.SIGNER), role is Role.LEADER
    reads = desk or role in (Role.LEADER, Role.OFFICER)
    wanted = {
        reverse("web:workbench"): desk,
        BENCH: desk,
        reverse("web:simulations"): reads,
        reverse("web:overview"): lead,
        reverse("web:money"): lead,
        reverse("web:targets"): role in (Role.LEADER, Role.OFFICER, Role.AUTHOR),
    }
    found = {address: client.get(address).status_code for address in wanted}
    assert found == {address: 200 if may else 403 for address, may in wanted.items()}


def test_foreign_simulations_are_not_there(db: None) -> None:
    made = save(people.author())
    stranger = people.author(region="140500").client
    for name in ("simulation", "simulation_file"):
        assert stranger.get(reverse(f"web:{name}", args=[made.pk])).status_code == 404
    for name in ("compute", "share", "remove", "draft"):
        address = reverse(f"web:simulation_{name}", args=[made.pk])
        assert stranger.post(address).status_code == 404
    assert stranger.get(f"{BENCH}?simulation={made.pk}").status_code == 404
    assert (Simulation.objects.count(), Job.objects.count()) == (1, 0)


def test_who_it_is_shared_with_looks_and_changes_nothing(db: None) -> None:
    author, reader = people.author(), people.author(region="140500")
    made = save(author)
    actions.share_simulation(made, units=[reader.unit.pk], by=author.actor, at=LATER)
    assert made.name in text(reader.client, reverse("web:simulation", args=[made.pk]))
    for name in ("compute", "share", "remove", "draft"):
        address = reverse(f"web:simulation_{name}", args=[made.pk])
        assert reader.client.post(address).status_code == 403
    assert Simulation.objects.get().name == made.name


def test_a_trial_of_somebody_else_is_not_there(db: None) -> None:
    author = people.author()
    made = actions.try_changes(support=KEY, changes=CHANGES, on=ON, by=author.actor, at=LATER)
    address = reverse("web:trial", args=[made.pk])
    assert people.author(region="140500").client.get(address).status_code == 404
    assert "正在后台测算" in text(author.client, address)


# ---------------------------------------------------------------- the workbench


def test_the_bench_shows_rule_clause_and_cases(db: None) -> None:
    page = text(people.author().client, BENCH)
    for words in ("发证时注册在高平", "20万元", "边界用例", "还没有改动", "第14条"):
        assert words in page
    cases = simulations.run_cases(queries.rules.library(), queries.rules.library().by_key[KEY])
    assert all(case.name in page for case in cases)


def test_a_change_is_seen_at_once(here: Snapshot) -> None:
    page = text(people.author().client, LIVE, **{"x:奖励": "30万元", "on": ON.isoformat()})
    result = simulations.effect(queries.rules.library(), here, KEY, CHANGES, ON)
    change = result["supports"][0]
    assert f'>{change["gainers"]}<span class="unit">户' in page
    assert f"{change['after']['answers'][1]}</td>" in page
    assert 'id="effect-county"' in page
    assert "与原来的结论不同" in page


def test_a_number_within_a_condition_can_be_changed(here: Snapshot) -> None:
    page = text(people.author().client, LIVE, **{"n:条件.3:0": "1次", "on": ON.isoformat()})
    changes = {"条件.3": "认定.此前同地同类数 等于 1次"}
    result = simulations.effect(queries.rules.library(), here, KEY, changes, ON)
    assert f"{result['supports'][0]['after']['answers'][1]}</td>" in page


def test_a_mistake_is_shown_at_its_field_with_the_remedy(db: None) -> None:
    page = text(people.author().client, LIVE, **{"x:条件.2": "认定.时注册的 属于 高平市"})
    fields = simulations.fields_of(queries.rules.library(), queries.rules.library().by_key[KEY])
    number = next(index for index, field in enumerate(fields) if field.path == "条件.2")
    place = page.split(f'id="error-{number}"', 1)[1].split("</div>", 1)[0]
    assert "不认识“认定.时注册的”" in place
    assert "认定.时注册地" in place
    assert page.count("field-error") == 1
    assert "改动没有通过检查" in page


def test_without_a_snapshot_the_page_says_so(db: None, settings: object, tmp_path: Path) -> None:
    settings.SNAPSHOTS = tmp_path / "none"  # type: ignore[attr-defined]
    assert "还没有可测算的数据" in text(people.author().client, LIVE, **{"x:奖励": "30万元"})


def test_a_large_region_is_computed_by_a_worker(
    here: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulations, "LIVE_ROWS", 10)
    author = people.author()
    asked = {"x:奖励": "30万元", "on": ON.isoformat()}
    assert "正在后台测算" in text(author.client, LIVE, **asked)
    made = Simulation.objects.get()
    simulations.work(made.pk, at=LATER, tell=lambda done, of, what: None)
    assert 'id="effect-county"' in text(author.client, reverse("web:trial", args=[made.pk]))
    assert 'id="effect-county"' in text(author.client, LIVE, **asked)
    assert Job.objects.count() == 1


@pytest.mark.parametrize("odd", ["²", "9" * 30])
def test_odd_numbers_in_addresses_are_nobodys(db: None, odd: str) -> None:
    client = people.author().client
    assert client.get(BENCH, {"simulation": odd}).status_code == 200
    compared = client.get(reverse("web:simulations_compare"), {"s": [odd, odd]})
    assert (compared.status_code, compared["Location"]) == (302, reverse("web:simulations"))


def test_saved_compared_exported_and_drafted(here: Snapshot) -> None:
    author = people.author()
    policies.seed(policies_folder(), at=LATER, by=people.operator().actor)
    for amount in ("30万元", "40万元"):
        answer = author.client.post(
            BENCH, {"do": "save", "name": f"提到{amount}", "x:奖励": amount, "on": ON.isoformat()}
        )
        assert answer.status_code == 302
    first, second = Simulation.objects.order_by("pk")
    assert (first.state, second.state) == ("done", "done")
    page = text(author.client, f"{reverse('web:simulations_compare')}?s={first.pk}&s={second.pk}")
    assert "提到30万元" in page
    assert "提到40万元" in page
    own = reverse("web:simulation", args=[first.pk])
    assert "发布了新版本" not in text(author.client, own)
    first.result |= {"rules": "0" * 64, "before": {"奖励": "15万元"}}
    first.save()
    old = text(author.client, own)
    assert "测算以后规则发布了新版本" in old
    assert "15万元" in old
    answer = author.client.get(reverse("web:simulation_file", args=[first.pk]))
    rows = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(answer.streaming_content)))  # type: ignore[attr-defined]
    sheet = rows.get_sheet_by_index(0).to_python()
    after = next(row for row in sheet if row[2] == "改后")
    assert after[3] == first.result["supports"][0]["after"]["answers"][1]
    assert round(after[6] * 100) == first.result["supports"][0]["after"]["low"]
    assert AuditEntry.objects.filter(act="simulation.export").count() == 1
    answer = author.client.post(reverse("web:simulation_draft", args=[first.pk]))
    draft = Release.objects.get(state="draft")
    assert answer.url == reverse("web:release", args=[draft.pk])  # type: ignore[attr-defined]
    answer = author.client.post(reverse("web:simulation_draft", args=[second.pk]))
    assert answer.status_code == 422
    assert "草稿" in answer.content.decode()


def test_an_unnamed_simulation_is_refused_with_the_form_as_it_was(db: None) -> None:
    answer = people.author().client.post(BENCH, {"do": "save", "name": "", "x:奖励": "30万元"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "没有写名称" in page
    assert 'value="30万元"' in page
    assert Simulation.objects.count() == 0


def test_comparing_needs_two(db: None) -> None:
    answer = people.author().client.get(reverse("web:simulations_compare"), follow=True)
    assert "至少选两次" in answer.content.decode()


def test_lists_of_simulations_cost_the_same(db: None) -> None:
    author = people.author()
    save(author)
    lists = (reverse("web:simulations"), reverse("web:workbench"))
    one = [queries_of(lambda address=address: author.client.get(address)) for address in lists]
    save(author, name="第二次")
    save(author, name="第三次")
    three = [queries_of(lambda address=address: author.client.get(address)) for address in lists]
    assert three == one


# ---------------------------------------------------------------- leaders


def test_the_overview_counts_what_the_run_found(matched: Run) -> None:
    leader = people.leader(region="140000")
    page = text(leader.client, reverse("web:overview"))
    lines = queries.target_lines(matched, ON)
    for word, count in queries.standings(lines):
        assert f'<dt>{word}</dt><dd>{count}<span class="unit">' in page
    late = [line for line in lines if line.is_late]
    # The list is of what is due: no row says so again.
    assert page.count('class="tag state-bad"') == min(len(late), MOST) > 0
    assert "已到期" not in page


def test_an_empty_registry_says_what_to_do(db: None) -> None:
    for name in ("overview", "targets", "money"):
        assert "还没有匹配结果" in text(people.leader().client, reverse(f"web:{name}"))


def test_targets_are_filtered_and_exported(matched: Run) -> None:
    leader = people.leader(region="140000")
    address = reverse("web:targets")
    lines = queries.target_lines(matched, ON)
    reached = [line for line in lines if line.result.standing == Standing.REACHED]
    assert f"共{len(reached)}项" in text(leader.client, f"{address}?standing=已达到")
    assert f"共{len(lines)}项" in text(leader.client, f"{address}?policy=没有")
    answer = leader.client.get(f"{address}?format=xlsx&standing=已达到")
    book = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(answer.streaming_content)))  # type: ignore[attr-defined]
    assert len(book.get_sheet_by_index(0).to_python()) == 1 + len(reached)
    assert AuditEntry.objects.filter(act="target.export").count() == 1


def test_a_county_sees_its_own(matched: Run) -> None:
    whole, county = people.leader(region="140000"), people.leader(region="140581")
    assert queries.scope(whole.actor) == ""
    assert queries.scope(county.actor) == "140581"
    shown = queries.group_lines(county.actor, run=matched)
    assert {line.code for line in shown} == {"140581"}
    listed = queries.entitlements(county.actor, run=matched).values_list("region", flat=True)
    assert set(listed) == {"140581"}
    concerned = {line.result.policy for line in queries.target_lines(matched, ON, "140581")}
    assert concerned == {"gaoping-2022-43", "shanxi-2017-51"}
    assert text(county.client, reverse("web:overview")).count('class="tile ') == 1 + len(
        [1 for line in shown if line.low]
    )


def test_late_means_the_day_has_passed(matched: Run) -> None:
    before = queries.target_lines(matched, ON - timedelta(days=365 * 20))
    assert not any(line.is_late or line.may_be_late for line in before)
    late = queries.late_units(queries.target_lines(matched, ON))
    assert sum(len(unit.late) for unit in late) == sum(
        line.is_late for line in queries.target_lines(matched, ON)
    )


def test_the_operators_map_is_served_where_there_is_one(
    matched: Run, settings: object, tmp_path: Path
) -> None:
    settings.HOME = tmp_path  # type: ignore[attr-defined]
    leader = people.leader(region="140000")
    address = reverse("web:county_map")
    assert leader.client.get(address).status_code == 404
    assert address not in text(leader.client, reverse("web:overview"))
    shapes = {"type": "FeatureCollection", "features": []}
    (tmp_path / "counties.geojson").write_text(json.dumps(shapes), "utf-8")
    assert leader.client.get(address).json() == shapes
    assert address in text(leader.client, reverse("web:overview"))


def test_pages_of_leaders_cost_the_same_with_more_entitlements(matched: Run) -> None:
    leader = people.leader(region="140000")
    addresses = [reverse(f"web:{name}") for name in ("overview", "targets", "money")]
    counted = [queries_of(lambda at=at: leader.client.get(at)) for at in addresses]
    queries.visible(matched).filter(answer="yes").delete()
    assert [queries_of(lambda at=at: leader.client.get(at)) for at in addresses] == counted
    assert max(counted) < 20


def test_refusals_name_the_remedy(db: None) -> None:
    with pytest.raises(Refused) as refused:
        save(people.author(), changes={})
    assert str(refused.value) == "没有改动。改一个数字或条件再保存"


@pytest.mark.parametrize("name", ["overview", "money"])
def test_a_leader_goes_on_to_who_it_is(matched: Run, name: str) -> None:
    client = people.leader(region="140581").client
    shown = client.get(reverse(f"web:{name}")).content.decode()
    links = re.findall(r'href="(/office/matching/supports/[^"]+)"', shown)
    assert len(links) > 3
    for link in links[:3]:
        assert client.get(html.unescape(link)).status_code == 200
    exported = re.findall(r'href="([^"]+format=xlsx[^"]*)"', shown)
    assert len(exported) == (name == "money")
    for link in exported:
        file = client.get(html.unescape(link))
        assert file.status_code == 200
        assert b"".join(file.streaming_content).startswith(b"PK")  # type: ignore[attr-defined]
