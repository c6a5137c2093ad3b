"""A small policy of our own with its text, to be changed by the tests."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from shutil import copytree

from huiqi.reading import Reading, read
from huiqi.reading.review import Documents, Finding, review
from huiqi.rulebook.library.home import policies_folder
from huiqi.rulebook.library.loader import load
from huiqi.rulebook.library.policy import Library
from huiqi.rulebook.problems import errors

ID = "yunling-2023-15"
TODAY = date(2026, 11, 22)

TEXT = """云岭市人民政府
关于支持企业创新的若干措施
云政发〔2023〕15号
各县（市、区）人民政府：
为支持企业创新，根据《云岭省创新条例》，制定本措施。
一、加大金融支持
（一）降低质押成本。对单笔贷款额300万元以上的知识产权质押贷款，市财政按利息的50%给予补助，最高20万元，不与其他贴息重复享受。（市市场监管局、市财政局）
（二）支持小额担保。对单户担保金额1000万元以下、担保费率低于1%的业务，市财政给予担保机构2%的补助。（市财政局）
二、培育创新主体
（三）奖励新认定企业。对首次认定的省级以上专精特新中小企业，给予10万元奖励。到2025年，全市专精特新企业达到35家以上。（市工信局牵头，市财政局配合）
本措施自2023年6月1日起施行，有效期至2026年5月31日。
云岭市人民政府
2023年5月20日
"""

POLICY = """编号: yunling-2023-15
文号: 云政发〔2023〕15号
名称: 云岭市人民政府关于支持企业创新的若干措施
发文机关: [云岭市人民政府]
印发日期: 2023-05-20
施行: {起: 2023-06-01, 止: 2026-05-31}
适用地区: 朔州市
依据:
  - 名称: 云岭省创新条例
条款:
  - {编号: 一, 章: [一、加大金融支持], 标题: 降低质押成本, 单位: [市市场监管局, 市财政局], 职责: [办理质押补助]}
  - {编号: 二, 章: [一、加大金融支持], 标题: 支持小额担保, 单位: [市财政局], 职责: [办理担保补助]}
  - {编号: 三, 章: [二、培育创新主体], 标题: 奖励新认定企业, 单位: [市工信局, 市财政局], 牵头: 市工信局, 职责: [兑现认定奖励]}
"""

TARGETS = """- 编号: 专精特新数
  条款: 三
  指标: 全市专精特新企业
  比较: 达到
  值: "35"
  单位: 家
  期限: 2025年
  截止: 2025-12-31
"""

SUPPORTS = {
    "质押补助": """编号: 质押补助
名称: 知识产权质押贷款补助
条款: 一
类型: 补助
对象: 质押融资
参数: {门槛: 300万元, 比例: 50%, 封顶: 20万元}
条件:
  - 质押融资.贷款金额 达到 门槛
比例: 比例
基数: 质押融资.利息
上限: 封顶
叠加: 不与其他贴息重复
资金: 市财政
""",
    "担保补助": """编号: 担保补助
名称: 小额担保补助
条款: 二
类型: 补助
对象: 担保业务
条件:
  - 担保业务.单户担保金额 不超过 1000万元
  - 担保业务.担保费率 低于 1%
比例: 2%
基数: 担保业务.担保金额
叠加: 可叠加
资金: 市财政
""",
    "认定奖励": """编号: 认定奖励
名称: 首次认定专精特新中小企业奖励
条款: 三
类型: 奖励
对象: 认定
条件:
  - 认定.名称 是 专精特新中小企业 且 认定.级别 不低于 省级
  - 认定.此前同级同类数 等于 0次
金额: 10万元
叠加: 可叠加
资金: 市财政
""",
}


@dataclass
class Draft:
    """A policies folder with this one policy, and the text beside it."""

    root: Path
    text: str = TEXT

    @property
    def folder(self) -> Path:
        return self.root / ID

    def change(self, file: str, old: str, new: str) -> "Draft":
        """Replace words in one file of the policy; the words must stand there."""
        path = self.folder / file
        before = path.read_text("utf-8")
        assert old in before
        path.write_text(before.replace(old, new), "utf-8")
        return self

    def rewrite(self, old: str, new: str) -> "Draft":
        """Replace words in the text; the words must stand there."""
        assert old in self.text
        self.text = self.text.replace(old, new)
        return self

    def library(self) -> Library:
        library, problems = load(self.root)
        assert errors(problems) == []
        return library

    def reading(self) -> Reading:
        reading = read(self.text.encode(), name="措施.txt")
        assert reading.problems == ()
        return reading

    def findings(
        self, with_text: bool = True, documents: Documents | None = None
    ) -> tuple[Finding, ...]:
        library = self.library()
        return review(
            library.by_id[ID],
            self.reading() if with_text else None,
            documents=documents,
            vocabulary=library.vocabulary,
            on=TODAY,
        )

    def ids(self, with_text: bool = True) -> list[str]:
        """The ids of the findings that this test's change made, the standing ones left out."""
        return [item.id for item in self.findings(with_text) if item.id not in STANDING]


STANDING = ("效力不明-全文",)
"""What is found in the unchanged draft: the document that it carries out is not in the file."""


def draft(root: Path) -> Draft:
    """A fresh copy below a test's own folder."""
    for name in ("vocabulary", "reference"):
        copytree(policies_folder() / name, root / name)
    folder = root / ID
    (folder / "supports").mkdir(parents=True)
    (folder / "policy.yaml").write_text(POLICY, "utf-8")
    (folder / "targets.yaml").write_text(TARGETS, "utf-8")
    for name, words in SUPPORTS.items():
        (folder / "supports" / f"{name}.yaml").write_text(words, "utf-8")
    return Draft(root)
