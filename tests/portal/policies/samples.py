"""A policies root for tests: the project's vocabulary with synthetic policies, and an official text.

The numbers mean nothing and no such document exists.
"""

import zipfile
from io import BytesIO
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile

from huiqi.portal.policies.files import read_folder, write_folder
from huiqi.rulebook.library.home import policies_folder

SLUG = "test-2026-1"
NUMBER = "示发〔2026〕1号"
TITLE = "高平市示例办公室关于支持示例企业的实施意见"

_POLICY = """\
编号: {slug}
文号: {number}
名称: {title}
发文机关: [高平市示例办公室]
印发日期: 2026-01-05
施行: {{起: 2026-01-05}}
适用地区: 高平市
条款:
  - 编号: 一
    号: 一
    章: [一、主要目标]
    标题: 培育示例企业
    单位: [市示例局, 市财政局]
    牵头: 市示例局
    职责: [每年报告示例企业的数量]
  - 编号: 二
    号: 二
    章: [二、支持措施]
    标题: 支持企业成长
    单位: [市财政局]
    职责: [兑现示例奖励]
    解释:
      - {{问: 示例证书丢了怎么办？, 答: 以登记为准。, 依据: 第二条, 决定: 测试组, 日期: 2026-01-06}}
"""
_TARGETS = """\
- 编号: 示例企业数
  条款: 一
  指标: 示例企业数量
  比较: 达到
  值: ["50"]
  单位: 家
  期限: 2027年
  截止: 2027-12-31
"""
_SUPPORT = """\
编号: {name}
名称: 示例企业{name}
条款: 二
类型: 奖励
对象: 认定
受益: 企业
参数: {{奖励: {amount}}}
条件:
  - {{条件: 认定.名称 是 高新技术企业 且 认定.级别 是 国家级, 说明: 有国家级证书}}
  - {{条件: 认定.时注册地 属于 高平市, 说明: 发证时注册在高平}}
金额: 奖励
次数: 每项一次
资金: 高平市财政
材料: [示例证书]
解释:
  - {{问: 发证当天算不算？, 答: 算。, 依据: 第二条, 决定: 测试组, 日期: 2026-01-06}}
"""
_CASES = """\
- 名: 发证当天注册在高平
  事实:
    认定: {{名称: 高新技术企业, 级别: 国家级, 发证日期: 2026-02-03, 时注册地: 高平市}}
  答: 应享
  金额: {amount}
- 名: 注册在阳城县
  事实:
    认定: {{名称: 高新技术企业, 级别: 国家级, 发证日期: 2026-02-03, 时注册地: 阳城县}}
  答: 不享
  因: [2]
"""
TEXT = """\
高平市示例办公室文件

示发〔2026〕1号

高平市示例办公室关于支持示例企业的实施意见

各乡镇人民政府，市直各单位：

为支持示例企业发展，结合实际，提出以下意见。

一、主要目标

（一）培育示例企业。到2027年，全市示例企业数量达到50家。（牵头单位：市示例局；责任单位：市财政局）

二、支持措施

（二）支持企业成长。对首次取得示例证书的企业，给予10万元一次性奖励，最高不超过30万元。（责任单位：市财政局）

高平市示例办公室
2026年1月5日
"""


def files(
    slug: str = SLUG,
    *,
    amount: str = "10万元",
    case: str = "",
    number: str = NUMBER,
    title: str = TITLE,
    supports: int = 1,
) -> dict[str, str]:
    """One policy folder; ``case`` is what its boundary case expects, where another amount."""
    out = {
        "policy.yaml": _POLICY.format(slug=slug, number=number, title=title),
        "targets.yaml": _TARGETS,
    }
    for index in range(1, supports + 1):
        name = f"奖励{index}"
        out[f"supports/{name}.yaml"] = _SUPPORT.format(name=name, amount=amount)
        out[f"cases/{name}.yaml"] = _CASES.format(amount=case or amount)
    return dict(sorted(out.items()))


def root(folder: Path, *policies: dict[str, str]) -> Path:
    """A policies root: vocabulary and reference of the project, and these policies."""
    for name in ("vocabulary", "reference"):
        write_folder(read_folder(policies_folder() / name), folder / name)
    for made in policies:
        slug = made["policy.yaml"].split("\n", 1)[0].removeprefix("编号: ")
        write_folder(made, folder / slug)
    return folder


def zipped(made: dict[str, str], top: str = "") -> BytesIO:
    """The files as a zip, below a folder where one is named."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in made.items():
            archive.writestr(f"{top}/{name}" if top else name, text)
    out.seek(0)
    return out


def upload(text: str = TEXT, name: str = "示例.txt") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode("utf-8"))
