"""The legal yardsticks that findings touch, in our words, with document, number and article.

Sources: 公平竞争审查条例 (国令第783号, in force 2024-08-01), its 实施办法 (市场监管总局令第99号, in force
2025-04-20), the older 公平竞争审查制度实施细则 (国市监反垄规〔2021〕2号), 民法典第一千二百五十九条.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Standard:
    """One provision: where it stands and what it asks, in our words."""

    document: str
    number: str
    article: str
    gist: str

    def __str__(self) -> str:
        return f"《{self.document}》{self.article}"

    def as_dict(self) -> dict[str, str]:
        return {
            "document": self.document,
            "number": self.number,
            "article": self.article,
            "gist": self.gist,
        }


def _rules(article: str, gist: str) -> Standard:
    return Standard("公平竞争审查条例", "国令第783号", article, gist)


def _measures(article: str, gist: str) -> Standard:
    return Standard("公平竞争审查条例实施办法", "市场监管总局令第99号", article, gist)


def _details(article: str, gist: str) -> Standard:
    return Standard("公平竞争审查制度实施细则", "国市监反垄规〔2021〕2号", article, gist)


BOUNDARY = Standard(
    "民法典",
    "",
    "第一千二百五十九条",
    "以上、以下、以内、届满含本数，不满、超过、以外不含本数",
)
DESIGNATED = _rules("第八条第三项", "不得限定买卖或者使用某个经营者的商品和服务")
ENTRY = _rules("第八条第四项", "准入和退出的条件不得不合理、不得歧视")
LEAVING = _rules("第九条第一项", "不得阻碍本地经营者迁出，不得限制外地商品和要素进来")
BRANCH = _rules("第九条第二项", "不得强制外地经营者在本地投资或者设分支机构")
BIDDING = _rules("第九条第三项", "不得把外地经营者排斥在本地采购、招标之外")
UNEQUAL = _rules("第九条第四项", "补贴、收费和价格不得区别对待外地商品和要素")
TREATMENT = _rules("第九条第五项", "资质和监管不得对外地经营者另设要求")
TAX_FAVOUR = _rules("第十条第一项", "税收优惠要有法律、行政法规依据或者国务院批准")
GRANTS = _rules("第十条第二项", "没有上位依据，不得只给特定经营者奖励或者补贴")
CONDITIONS = _measures(
    "第十九条", "奖补不得以迁来注册、在本地纳税、纳入本地统计为条件，也不得按所有制给"
)
OLD_ENTRY = _details("第十三条", "市场准入和退出标准")
OLD_FLOW = _details("第十四条", "商品和要素自由流动标准")
OLD_COST = _details("第十五条", "影响生产经营成本标准，含财政支出不与纳税挂钩")
FUNDS = Standard(
    "国务院办公厅关于促进政府投资基金高质量发展的指导意见",
    "国办发〔2025〕1号",
    "关于基金投资运作的要求",
    "基金不以招商引资为目的，返投比例宜降低或者取消",
)
TAX_LAW = Standard("税收征收管理法", "", "第三条", "税收的减免退补依法律和国务院规定执行")
PERIOD = _rules("第十二条", "援用例外的，要能确定合理的实施期限或者终止条件")

EXEMPTIONS = (
    "第十二条第一项：维护国家安全和发展利益",
    "第十二条第二项：促进科学技术进步、增强自主创新能力",
    "第十二条第三项：节能环保、救灾救助等社会公共利益",
    "第十二条第四项：法律、行政法规规定的其他情形",
)
EXEMPTION_TEST = "援用例外还须同时说明：没有对竞争影响更小的办法，并写明实施期限或者终止条件"
