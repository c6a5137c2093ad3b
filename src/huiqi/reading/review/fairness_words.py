"""The fair-competition review of words: what a sentence grants, on which condition, to whom.

A sentence is judged as a whole. A condition that favours local operators counts only where the same
measure also gives something (给予, 奖励, 减免 …) or demands something (必须, 方可 …); what is forbidden,
abolished or promised to all alike is no finding. Titles in 《》 and responsible units do not count.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from huiqi.reading.folding import fold, matches
from huiqi.reading.review.align import Passage, at
from huiqi.reading.review.findings import Evidence, Finding, Kind, Severity, Source, finding
from huiqi.reading.values import Reading

_OURS = r"(?:我|本)(?:省|市|县|区|州|盟|旗|镇|乡|地|自治区|自治州|自治县)"
_HERE = rf"(?:{_OURS}|本地|当地|辖区内|市内|省内|县内|区内|州内|域内|属地)"
_BENEFIT = re.compile(
    r"给予|奖励|奖补|补助|补贴|资助|贴息|扶持资金|资金支持|资金扶持|专项资金|减免|免征|减征|返还|优惠|免租|租金|"
    r"落户奖|开办费|配套支持|[万亿]元的?(?:支持|扶持|资金|经费)|支持[^,。;]{0,8}[万亿]元"
)
_DEMAND = re.compile(
    r"必须|应当|须(?!知)|方可|方能|才能|才可|前提|作为条件|为条件|要求其|承诺|不予|优先|"
    r"(?:申报|申请|享受|支持|扶持|奖励|认定|准入)(?:条件|对象|范围|主体)|适用范围|适用对象|申报企业"
)
_ANAPHOR = re.compile(
    r"^(?:对|给予)?(?:符合(?:上述|以上|前述)?条件|上述|以上|此类|该类|前款|前述|其中|其)"
)
_FORBIDDEN = re.compile(r"不得|严禁|禁止|不准|不许|杜绝|防止|纠正|破除|打破|整治|查处")
_UNDONE = re.compile(
    r"取消|清理|废除|废止|不以|不将|不再|无需|不要求|不设|一律不|不因|不论|无论|不分|不受|反对"
)
_ALIKE = re.compile(
    r"一视同仁|同等(?:享受|对待|条件|适用|待遇)|平等|不论|无论|不分|各类所有制|各种所有制|公平竞争"
)
_BREAK = re.compile(r"[。;!?\n]")
_COMMA = re.compile(r"[,、:]")
_RELOCATION = re.compile(r"退城|入园|易地|扶贫|危化|库区|采煤|棚户|拆迁|征收|避险|移民")
_PEOPLE = re.compile(r"人才|毕业生|农民工|博士|户口|家属|子女|配偶|人员|学生|居民|军人|流动人口|籍")
_STOP = re.compile(r"[,;。]")
_LONGEST = 400
"""Characters of a passage that is shown as the words of a finding."""
_REACH = 200
"""How far back and ahead a word counts, so that no text takes more than linear time."""


@dataclass(frozen=True)
class Pattern:
    """Words that show a kind, what else the measure must say, and what clears it.

    `given` asks for a benefit, `demanded` accepts a demand instead; with neither the words suffice.
    """

    kind: Kind
    severity: Severity
    words: re.Pattern[str]
    given: bool = False
    demanded: bool = False
    also: re.Pattern[str] | None = None
    unless: re.Pattern[str] | None = None


_FIRM = r"(?:企业|项目|总部|机构|公司|基金|平台)"
_ERROR, _WARNING = Severity.ERROR, Severity.WARNING

_COMPANY = r"[一-龥]{2,20}(?:有限公司|有限责任公司|股份公司|集团公司)"
_OWNERS = r"(?:民营|民办|私营|国有|国企|央企|外资|外商投资|集体所有|非公有制|国资)"
_NOT_A_FIRM = r"人才|博士|硕士|人员|技术|设备|成果|专利|团队|品种|院士|专家|毕业生|智力|资金|贷款"

PATTERNS: tuple[Pattern, ...] = (
    Pattern(
        Kind.MOVE_IN,
        _ERROR,
        re.compile(
            r"迁入|迁至|迁到|迁来|迁回|迁移(?:至|到|入)|整体搬迁|搬迁(?:至|到|入|来)|转移(?:至|到|入)"
            r"|注册地[^,。;]{0,14}(?:变更|调整)(?:至|到|为|登记)"
        ),
        given=True,
        also=re.compile(
            rf"{_OURS}|本地|(?:市|省|县|区|州|域|境)外|外地|异地|注册地|税务关系|税收户管"
        ),
        unless=re.compile(rf"{_RELOCATION.pattern}|户籍|户口|人口|技术转移(?:至|到|入)|资金转移"),
    ),
    Pattern(
        Kind.MOVE_IN,
        _ERROR,
        re.compile(
            rf"落户[^,。;]{{0,16}}{_FIRM}|{_FIRM}[^,。;]{{0,10}}落户"
            rf"|(?:新引进|新招引|招引|引进|招商引资)(?:的|到)?"
            rf"(?:(?!{_NOT_A_FIRM})[^,。;]){{0,14}}{_FIRM}"
        ),
        given=True,
        unless=re.compile(r"人才引进|引进人才|引才|引智|成果落户|专家"),
    ),
    Pattern(
        Kind.MOVE_OUT,
        _ERROR,
        re.compile(
            r"(?:承诺|保证|约定|须|必须|应当)[^。;]{0,24}(?:不(?:得)?(?:将[^,。;]{0,12})?|不再)"
            r"(?:迁出|迁离|搬离|迁移|外迁|变更注册地)"
            rf"|(?:企业|公司|机构|经营者|年内)[^,。;]{{0,10}}不得(?:将[^,。;]{{0,12}})?"
            rf"(?:迁出|迁离|搬离|外迁){_HERE}?"
            r"|(?:迁出|迁离|搬离|外迁)[^。;]{0,30}(?:退回|退还|追回|收回|返还|追缴)"
        ),
        unless=re.compile(
            r"(?:不得|严禁|禁止|不准)(?:阻碍|限制|以任何|要求|干预|违法|违规)|自由(?:迁移|流动)|户籍"
        ),
    ),
    Pattern(
        Kind.BRANCH,
        _ERROR,
        re.compile(
            rf"(?:在|于){_HERE}[^,。;]{{0,12}}(?:设立|成立|注册|组建|设)[^,。;]{{0,12}}"
            r"(?:分公司|子公司|分支机构|独立法人|法人机构|法人公司|法人企业|法人主体|区域总部|总部)"
        ),
        given=True,
        demanded=True,
        unless=re.compile(r"大学生|毕业生|退役军人|农民工|个体"),
    ),
    Pattern(
        Kind.LOCAL_REGISTRATION,
        _WARNING,
        re.compile(
            rf"(?:在|于){_HERE}[^,。;]{{0,12}}(?:依法)?(?:登记|工商)?注册(?!资本)"
            rf"|注册(?:登记)?地(?:址)?(?:须|应|必须|应当)?(?:在|为|位于|均在){_HERE}"
        ),
        given=True,
        demanded=True,
        unless=re.compile(r"大学生|毕业生|退役军人|农民工|留学"),
    ),
    Pattern(
        Kind.LOCAL_SHARE,
        _ERROR,
        re.compile(
            rf"{_HERE}(?:企业|中小企业|产品)?(?:的)?(?:协作)?"
            r"(?:配套率?|采购(?:率|额|比例|量)|供应(?:率|比例)|产品(?:占比|比例|份额)|用工(?:占比|比例)|零部件)"
            r"|本地化(?:率|配套|采购|比例)|(?:配套|采购|用工|供应)(?:的)?本地(?:化|率|比例)"
        ),
        given=True,
        demanded=True,
    ),
    Pattern(Kind.RETURN_INVESTMENT, _WARNING, re.compile(r"返投")),
    Pattern(
        Kind.BUY_LOCAL,
        _ERROR,
        re.compile(
            r"(?:采购|购买|选用|使用|采用|订购|首购|订货)[^,。;]{0,8}"
            rf"(?:{_HERE}|市产|省产|地产)[^,。;]{{0,12}}"
            r"(?:产品|商品|服务|设备|材料|建材|装备|原料|软件)"
        ),
        given=True,
        demanded=True,
        also=re.compile(
            r"优先|鼓励|支持|引导|必须|应当|须|一律|统一|首选|比例|给予|奖励|补贴|补助"
        ),
    ),
    Pattern(
        Kind.BUY_LOCAL,
        _ERROR,
        re.compile(
            r"(?:优先|一律|必须|应当|首选|统一|鼓励|引导)[^,。;]{0,6}(?:采购|购买|选用|使用|采用|订购)"
            rf"(?:{_HERE}|市产|省产|地产)[^,。;]{{0,8}}(?:产品|商品|服务|设备|材料|建材|装备|软件)"
        ),
    ),
    Pattern(
        Kind.LOCAL_FAVOUR,
        _WARNING,
        re.compile(
            rf"(?:降低|放宽){_HERE}(?:的)?[^,。;]{{0,12}}(?:企业|经营者)[^,。;]{{0,6}}(?:门槛|准入|条件|标准)"
            r"|(?:优先(?:安排|考虑|支持|给予|推荐)?|给予|减免|奖励|补助|补贴)(?:给|对)?(?:本地|当地)(?:的)?"
            r"[^,。;为向]{0,10}(?:企业|经营者|供应商|承包商|施工单位)"
            rf"|优先(?:选择|选用|使用|采购|发包|委托|考虑)(?:给)?{_HERE}(?:的)?[^,。;为向]{{0,10}}"
            r"(?:企业|经营者|供应商|承包商|施工单位)"
            rf"|(?:对|给予?){_HERE}(?:的)?[^,。;]{{0,8}}(?:企业|供应商|投标人)[^,。;]{{0,10}}(?:加分|优先中标|优先入围)"
        ),
    ),
    Pattern(
        Kind.SUPPLIER,
        _ERROR,
        re.compile(
            r"(?:指定|限定)的?[^,。;]{0,10}(?:供应商|经营者|公司|品牌|服务商|中介机构|检测机构|评估机构|担保机构)"
            r"|(?:必须|须|一律|统一|只能|应当)[^,。;]{0,10}(?:购买|采购|使用|选用|选择|委托)"
            r"[^,。;]{0,20}(?:公司|品牌|集团)(?!法)"
        ),
        unless=re.compile(r"随机|招标|遴选|比选|抽取"),
    ),
    Pattern(
        Kind.SUPPLIER,
        _WARNING,
        re.compile(
            r"(?:合同|采购|经营权|订单)[^,。;]{0,6}直接授予|直接授予[^,。;]{0,16}供应商"
            r"|直接(?:委托|交由|指定)[^,。;]{0,20}(?:公司|集团|供应商)"
            rf"|(?:使用|选用|购买|采购|委托)[^,。;]{{0,12}}{_COMPANY}"
            rf"|由[^,。;]{{0,12}}{_COMPANY}[^,。;]{{0,16}}(?:开发|提供|运营|承办|供应|检测|评估|服务)"
        ),
        unless=re.compile(r"典型经验|成功模式|先进经验|经验做法|招标"),
    ),
    Pattern(
        Kind.TAX_LINK,
        _ERROR,
        re.compile(
            r"(?:财政|地方财力|地方经济|地方|税收|经济)贡献(?!率)|纳税(?:额|总额|规模|贡献|大户)"
            r"|(?:缴纳|实缴|入库|上缴)(?:的)?(?:各项)?(?:税收|税款|税金|增值税|所得税|税费|企业所得税)"
            r"|税收(?:地方)?留成|地方留成|地方留存"
            rf"|在{_HERE}[^,。;]{{0,10}}(?:纳税(?!信用)|缴税)|先征后返|先征后奖|列收列支|税收返还|税收奖励"
            rf"|在{_HERE}[^,。;]{{0,12}}(?:入统|纳入统计|纳统)|纳入{_HERE}[^,。;]{{0,6}}统计"
        ),
        given=True,
        demanded=True,
        unless=re.compile(r"技术贡献|科技贡献|突出贡献(?:人员|专家)|缓缴|延期缴纳|社会保险"),
    ),
    Pattern(
        Kind.TAX_RELIEF,
        _WARNING,
        re.compile(
            r"(?:免征|减征|减半征收|暂免|免缴|缓征|抵免)[^。;]{0,20}税|税[^,。;]{0,6}加计扣除|加计扣除[^,。;]{0,6}税"
            r"|即征即退|(?:增值税|所得税|房产税|土地使用税|契税)[^,。;]{0,8}(?:免征|减征|减半)"
        ),
    ),
    Pattern(
        Kind.OWNER,
        _ERROR,
        re.compile(
            rf"(?:对|向|给予|面向|支持|优先|用于|仅限)[^,。;]{{0,10}}{_OWNERS}"
            r"[^,。;]{0,14}?(?:企业|机构|经济|众创空间|孵化器|载体|项目|团队|主体|医院|学校|资本)"
        ),
        also=re.compile(r"给予|奖励|奖补|补助|补贴|倾斜|比例|份额|优先|减免|资助|扶持"),
        unless=re.compile(rf"{_ALIKE.pattern}|国有企业改革|混合所有制|混改|纠纷|账款|拖欠"),
    ),
    Pattern(
        Kind.OWNER,
        _ERROR,
        re.compile(
            rf"{_OWNERS}(?:控股)?(?:企业|机构)[^,。;]{{0,8}}(?:不得|不能|不予|除外|不适用)"
            r"[^,。;]{0,8}(?:享受|参加|参与|申报|支持|纳入|本政策|本办法|$)"
        ),
        unless=re.compile(r"不得(?:参与|以)[^,。;]{0,6}(?:垄断|拖欠|任何|竞争性)"),
    ),
    Pattern(
        Kind.EXCLUSIVE,
        _ERROR,
        re.compile(
            rf"(?:仅限|只限|限于|仅对|仅面向|只面向)(?:于)?[^,。;]{{0,8}}{_HERE}"
            r"[^,。;]{0,14}(?:企业|经营者|单位|机构|产品|供应商|投标人)"
            r"|(?:独家|排他性?|唯一)(?:的)?(?:经营|代理|授权|特许|供应|服务|运营|承办|销售)"
            r"|只能由[^,。;]{0,20}(?:公司|企业|机构)"
            rf"|(?:具有|具备|取得|须有){_HERE}[^,。;]{{0,8}}(?:资质|业绩|备案|认证|奖项)"
        ),
        unless=re.compile(r"不设|不要求"),
    ),
)

MESSAGES: dict[Kind, tuple[str, str]] = {
    Kind.MOVE_IN: (
        "把经营者从外地迁来或者落户作为给钱给优惠的条件",
        "改成不看从哪里来、只看做了什么的条件，或者删去；要保留的须援用例外并写期限",
    ),
    Kind.MOVE_OUT: (
        "限制经营者迁出，或者迁出就追回已给的支持",
        "删去不得迁出的承诺和追回；确需约束的改为项目完成情况",
    ),
    Kind.BRANCH: (
        "要求或者奖励在本地设立分支机构、法人",
        "删去设立机构的条件，改看服务能力或者实绩",
    ),
    Kind.LOCAL_REGISTRATION: (
        "以在本地登记注册为条件：是财政支持的适用范围，还是排斥外地经营者，要由人判断",
        "说明为什么需要这一条件，或者放宽到在本地开展业务的经营者",
    ),
    Kind.LOCAL_SHARE: (
        "按本地配套、本地采购的多少给支持，外地的商品和经营者因此吃亏",
        "改为不分产地的协作、采购或者技术指标；要保留的须援用例外并写期限",
    ),
    Kind.RETURN_INVESTMENT: (
        "基金出资附有投回本地的比例要求",
        "降低或者取消返投比例，或者说明依据",
    ),
    Kind.BUY_LOCAL: ("鼓励或者要求购买本地产品", "删去产地要求，改为质量和性能条件"),
    Kind.LOCAL_FAVOUR: ("给本地经营者另外的优待", "把对象改为所有符合条件的经营者，或者说明理由"),
    Kind.SUPPLIER: (
        "点名或者指定经营者，或者把合同直接给某个经营者",
        "改为公开选择，或者写明法定依据",
    ),
    Kind.TAX_LINK: (
        "把支持与纳税、财政贡献或者纳入本地统计挂钩",
        "改为与投入、产出等客观条件挂钩；按税额返还的须删去",
    ),
    Kind.TAX_RELIEF: ("写有税收减免，地方文件无权自定", "写明所依据的法律、行政法规或者国务院文件"),
    Kind.OWNER: (
        "按所有制或者举办主体区别对待",
        "改为不分所有制的条件，或者写明上位依据并援用例外",
    ),
    Kind.EXCLUSIVE: ("资格只给本地的或者某一个经营者", "放开资格，改为公平、明确的条件"),
}


@dataclass(frozen=True)
class Hit:
    """Words of one kind found in a text; offsets count characters of that text."""

    kind: Kind
    severity: Severity
    start: int
    end: int


@dataclass(frozen=True)
class _Stretch:
    start: int
    end: int
    giving: bool


def hits(text: str, giving: bool = False) -> list[Hit]:
    """All findings in a text; `giving` says that the whole text describes a benefit."""
    shadow = _masked(fold(text))
    out = []
    for stretch in _stretches(shadow, giving):
        body = shadow[stretch.start : stretch.end]
        kinds: set[Kind] = set()
        for pattern in PATTERNS:
            found = None if pattern.kind in kinds else _first(pattern, body, stretch.giving)
            if found is not None:
                kinds.add(pattern.kind)
                start, end = _whole(body, *found)
                out.append(
                    Hit(pattern.kind, pattern.severity, stretch.start + start, stretch.start + end)
                )
    return out


def _masked(shadow: str) -> str:
    """The shadow with the insides of 《》 blanked: a title grants nothing."""
    chars = list(shadow)
    for start, end in matches(shadow, "《", 200).items():
        chars[start + 1 : end] = "　" * (end - start - 1)
    return "".join(chars)


def _stretches(shadow: str, giving: bool) -> Iterator[_Stretch]:
    """Sentences, each with whether it gives something: itself, its lead-in, or what follows it."""
    spans = []
    start = 0
    for found in _BREAK.finditer(shadow):
        if shadow[start : found.start()].strip():
            spans.append((start, found.start()))
        start = found.end()
    if shadow[start:].strip():
        spans.append((start, len(shadow)))
    lead = False
    for index, (start, end) in enumerate(spans):
        body = shadow[start:end].strip()
        own = _BENEFIT.search(body) is not None
        follow = shadow[slice(*spans[index + 1])].strip() if index + 1 < len(spans) else ""
        after = _ANAPHOR.match(follow) is not None and _BENEFIT.search(follow) is not None
        item = re.match(r"[((]?[一二三四五六七八九十\d①-⑳]{1,3}[)).、:]", body) is not None
        if not item:
            lead = False
        yield _Stretch(start, end, giving or own or after or lead)
        if body.endswith(":"):
            lead = own


def _first(pattern: Pattern, body: str, giving: bool) -> tuple[int, int] | None:
    """Where the pattern's first standing words are in a sentence."""
    if pattern.also is not None and not pattern.also.search(body):
        return None
    if pattern.unless is not None and pattern.unless.search(body):
        return None
    if pattern.given or pattern.demanded:
        demanded = pattern.demanded and _DEMAND.search(body) is not None
        if not (giving and pattern.given) and not demanded:
            return None
    for found in pattern.words.finditer(body):
        before = body[max(found.start() - _REACH, 0) : found.start()]
        part = body[_part_start(body, found.start()) : found.start()]
        denied = _FORBIDDEN.search(before) or _UNDONE.search(part)
        if denied and pattern.kind is not Kind.MOVE_OUT:
            continue
        if pattern.kind is Kind.MOVE_IN and _PEOPLE.search(_around(body, found)):
            continue
        return found.start(), found.end()
    return None


def _part_start(body: str, place: int) -> int:
    """Where the part between commas that holds a place begins; not further back than the reach."""
    first = max(place - _REACH, 0)
    return max((m.end() for m in _COMMA.finditer(body, first, place)), default=first)


def _around(body: str, found: re.Match[str]) -> str:
    """The part between commas in which the words stand."""
    last = min(found.end() + _REACH, len(body))
    stop = _STOP.search(body, found.end(), last)
    return body[_part_start(body, found.start()) : stop.start() if stop else last]


def _whole(body: str, start: int, end: int) -> tuple[int, int]:
    """The sentence, or for a very long one the parts around the words and the benefit after them."""
    left = len(body) - len(body.lstrip())
    if len(body.strip()) <= _LONGEST // 2:
        return left, len(body.rstrip())
    first = max(_part_start(body, max(start - 40, 0)), left)
    benefit = _BENEFIT.search(body, end)
    last = benefit.end() if benefit and benefit.end() - first < _LONGEST else end
    stop = _STOP.search(body, last)
    return first, stop.start() if stop else len(body.rstrip())


def fair_words(reading: Reading, passages: Sequence[Passage]) -> list[Finding]:
    """The findings in a printed text, one for each kind and clause, with all their words."""
    units = [(unit.start, unit.end) for passage in passages for unit in passage.clause.units]
    out = []
    for hit in hits(reading.text):
        inside = any(start <= hit.start and hit.end <= end for start, end in units)
        if inside or all(_covered(place, units) for place in (hit.start, hit.end - 1)):
            continue
        passage = at(passages, hit.start)
        words = Evidence(
            Source.TEXT, reading.text[hit.start : hit.end], start=hit.start, end=hit.end
        )
        whole = hit.kind is Kind.LOCAL_REGISTRATION
        out.append(
            fair_finding(
                hit.kind, hit.severity, words, "" if whole or passage is None else passage.id
            )
        )
    return out


def _covered(place: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start <= place < end for start, end in spans)


def fair_finding(
    kind: Kind, severity: Severity, evidence: Evidence, clause: str, support: str = ""
) -> Finding:
    """A fair-competition finding of a kind; words and rules of one clause fall into one finding."""
    message, remedy = MESSAGES[kind]
    return finding(
        kind, message, remedy, evidence, clause=clause, support=support, severity=severity
    )
