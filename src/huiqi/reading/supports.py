"""Supports: who gets what, how much, up to how much; and which figures only bound who is meant.

Each figure of a sentence gets a role from the words beside it: amount, rate, cap, floor, instalment,
threshold or baseline. Words decide, never the size of the figure: what stands before the verb of
giving and inside a condition (…达到3亿元的) bounds; what stands after it (给予…) is paid.
"""

import re
from dataclasses import dataclass, field
from decimal import Decimal

from huiqi.reading.clauses import ClauseText
from huiqi.reading.figures import COUNT, MONEY, MULTIPLE, PERCENT, POINT, TIME, Figure
from huiqi.reading.sentences import Stretch, parts, segments, sentences
from huiqi.reading.values import Support, Threshold, Tier

# Verbs and nouns of giving. The first group gives by itself; the second only beside an amount.
GIVE = re.compile(
    r"给予|给与|予以(?!免责|公布|公示|通报|表彰|支持$|处理|处罚|追究|收回)|奖励(?!政策|机制|制度|办法|措施|先进|惩)|奖补(?!政策|机制|制度|办法)|"
    r"补助(?!政策|机制|制度|办法)|补贴(?!政策|机制|制度|办法)|资助(?!政策|机制|制度|办法)|贴息(?!政策|机制|办法)|奖金|补偿(?!等|机制|和|体系|制度|政策|资金池|基金)|补差|返还|补足|补齐|配套奖|资助|"
    r"奖(?=\d)|补(?=\d)|发放|拨付|拨款|兑现|一次性奖|激励资金|扶持资金|报销|核发|计发|奖助|安家费|创新券|享受.{0,12}(?:奖|补)|减免|"
    r"支持(?=\d|最高|不超过)|扶持(?=\d|最高|不超过)|配套(?=\d|资金\d|支持)|资金支持|经费支持|支持额度|资助额度|补助额度"
)
_NOUN_AFTER = re.compile(
    r"(?:左右|以上|以内|以下)?(?:标准|的标准|比例|的比例|限额|的额度|额度)?(?:,?(?:一次性|连续)?(?:给予|予以|发放|进行|拨付|计发|兑现|补足))?的?"
    r"(?:一次性|资金|现金|财政|建设|启动|研发|运营|工作|项目|专项|配套|经费|后|定额|最高|首次|额外|入库|认定|进档|资助|房租|租金|场地|生活|购房|租房|"
    r"科研|利息|保费|贷款|担保|费用|人才|创业|就业|设备|投资|贡献|上市|市级|县级|区级|省级|再|直接|相应|开办|带动|岗位|社保|社会保险|培训|见习|引才|孵化|风险|"
    r"成果|转化|检测|展位|展会|参展|年度|稳岗|扩岗|吸纳|求职|交通|住房|安家|人民币|\(人民币\)){0,4}"
    r"(?:奖励|奖补|补助|补贴|资助|支持|扶持|贴息|奖金|配套|补偿|创新券|经费|安家费|津贴|补差|薪酬|奖)"
)
_CAP_BEFORE = re.compile(
    r"(?:最高(?:可?给予|可达|可获得|可申请|可享受|可|限额|额度|金额|奖励|补助|补贴|资助|支持|奖补|贷款额度)?(?:不超过|不高于|为|达)?|不超过|不得超过|不高于|不得高于|不多于|至多|最多(?:不超过)?|上限(?:为|是)?|限额(?:为)?|"
    r"封顶(?:为)?|最大|以内|额度(?:最高)?(?:为|是|不超过)|最高额度(?:为|是)?|最高贷款额度(?:为|是)?|控制在|总额达到?)(?:人民币)?[:]?$"
)
_CAP_AFTER = re.compile(r"(?:\([^()]{1,8}\))?(?:为限|封顶|为上限|以内|以下|之内)")
_FLOOR_BEFORE = re.compile(r"(?:不低于|不少于|不得低于|不得少于|最低(?:不低于|为)?|至少)(?:人民币)?$")
_BOUNDED_NOUN = re.compile(
    r"(?:以上|以下|以内|及以上|及以下|之间|左右|不等)?(?:\([^()]{1,10}\))?(?:以上|以下)?(?:的|部分)(?!一次性|奖|补|资助|支持|扶持|贴息|贷款再|贷款额|创新券|经费|"
    r"标准|额度|比例|资金|定额|最高|建设经费|启动|研发经费|配套|财政|比率|给予|生活|购房|租房|安家|住房|科研|项目经费|项目资助|现金|市级|区级|省级|专项|创业担保贷款|场地|"
    r"房租|信用贷款|无息|免息|免抵押|低息|稳岗|就业|创业补|薪酬|工作经费|运营|认定)"
)
_CONDITION_END = re.compile(
    r"(?:的|者|时|后|期间|情况下|基础上|范围内)[,;:]?$"
)
_CONDITION_NOUN = re.compile(
    r"^(?:对|凡|对于|凡是|鼓励|支持|经|将)[^,]{0,200}(?:企业|项目|单位|机构|个人|人员|团队|平台|基地|产品|园区|载体|孵化器|空间|主体|法人|组织|合作社|商户|"
    r"家庭|毕业生|人才|院校|高校|中心|业务|贷款|技术|成果|联盟|实验室|工作站|药品|医院|协会|商会|基金|农户|车间|农场|店|品牌|标准|专利|作品|奖项|赛事|活动|投资|交易|合同|设备|产业园|融资|债券|员工|学生|学员|博士|硕士|专家|村|县|街区)[,;:]?$"
)
_FINE = re.compile(r"罚款|处以|没收|违约金|注册资本|注册资金|实缴资本")
_SHARE_NOUN = re.compile(
    r"(?:支持|倾斜|出资|返投|补偿|分担|补助|补贴|资助|贴息|奖励|奖补|扣除|留存|减免|优惠|配套|报销|返还|返还率|代偿|风险|让利|预留|加计扣除|承担|提取|收益分配|分配|计提)"
    r"(?:资金)?(?:的)?(?:比例|标准|幅度|份额|系数|额度|率)(?:,)?(?:要|应|可|均|原则上|由|从|一般|最高|提高|放宽|上调|调整|扩大)*"
)
_RATE_BEFORE = re.compile(r"按|按照|以|依照|不超过|最高|比例为|给予|补助|补贴|资助|奖励|贴息|返还|补偿|承担|减按|减免|下浮|优惠|报销|资助|配套|分担|提高|达到")
_PERMIT = re.compile(r"可(?!持续|再生|靠|信|复制|视|行性|控|及|观|追溯|研|能|循环|见|穿戴)")
_FREE = re.compile(
    r"免征|免收|免缴|免交|免除(?=[^,。;]{0,10}(?:费|租|税|息))|免租|免房租|免费(?!午餐|师范)|减半(?:征收|收取|缴纳|征|收)?|全额(?!拨款|事业|预算|为单位|缴纳|缴清|退还押)(?=[^,。;]{0,16}(?:补|列入|扣除|返还|资助|报销|承担|贴息|奖|减免|支持|退|抵扣|免|列支))"
    r"|零租金|零房租"
)
_TAX = re.compile(r"税|加计扣除|列入经营成本|税前")
_CHARGE = re.compile(r"费|租|免费|押金|保证金|评估|服务|用电|用水|用气")
_FROM = re.compile(r"(?:由|从|自)(?:现行的|原来的|原来|现有的|目前的|原)?$")
_RAISED = re.compile(r" ?(?:逐步)?(?:提高|提升|增加|扩大|上调|调整|降低|下降|下调|降|放宽|压缩|缩短|减少|压减)")
_STACKING = re.compile(
    r"在[^,。;]{0,24}(?:奖励|补助|奖补|补贴|支持|资助)(?:的)?基础上|[^,。;]{0,16}奖励政策外|就高不重复[^,。;]{0,8}|就高不就低[^,。;]{0,10}|从高不重复[^,。;]{0,8}|不重复(?:享受|奖励|支持|补助|资助|补贴)|不(?:得|再)重复[^,。;]{0,10}|"
    r"不可(?:叠加|重复)[^,。;]{0,6}|可(?:以)?(?:叠加|累加|累计|同时)(?:享受|申报|申请)?|叠加(?:享受|支持|奖励)|择[优高一](?:不重复)?[^,。;]{0,8}|补差|补足差额|差额(?:补足|奖励|补助|部分)[^,。;]{0,6}|配套奖励|"
    r"按(?:最高|就高|从高|从优)[^,。;]{0,14}|同一(?:企业|项目|主体|单位|事项|年度)[^。;]{0,30}(?:不重复|只|仅|择|就高)[^,。;]{0,14}|不(?:与|和)[^,。;]{2,30}重复[^,。;]{0,6}"
)
_PERIOD = re.compile(
    r"一次性|每年新认定|每年|连续(?:[一二两三四五六七八九十]|\d{1,2})(?:个)?年|最长(?:不超过)?(?:[一二两三四五六七八九十]|\d{1,2})(?:个)?[年月]|首次|每次|"
    r"(?:为期|期限为?|补贴期限|补助期限|奖励期限|享受期限|期限不超过)[^,。;]{0,3}(?:[一二两三四五六七八九十]|\d{1,2})(?:个)?[年月]|分(?:[二两三四五]|\d)年|按年度|按季度|按月|"
    r"第[一二三四五]年|自[^,。;]{2,20}起(?:[一二两三四五六七八九十]|\d{1,2})年内|(?:[一二两三四五六七八九十]|\d{1,2})年内|同一企业同一年度内|阶段性"
)
_EVENT = re.compile(
    r"(?:每年)?(?:新)?(?:首次)?(?:被|获|经|通过)?(?:国家|省|市|县|区)?(?:级)?(?:重新认定|首次认定|新认定|首次获批|新获批|获批|认定为|被认定|首次入库|新入库|首次入选|入选|首次通过|首次获得|首次取得|首次突破|"
    r"首次达到|首次进入|首次上市|新引进|引进|新设立|新注册|新建|新落户|迁入|落户|上市|挂牌|新增|获得|获评|被评为|新升规|首次升规|升规|入规|纳统|参展|中标|备案|购买|租赁|并购|改制|股改|孵化|吸纳|招用|"
    r"招聘|创办|从事个体经营|签订|毕业|转化|授权|质押|贷款|担保|认定|取得|通过|主导制定|参与制定|主持制定|建设|举办|承办)"
)
_PER = re.compile(
    r"每(?:个)?(?:人次|人|户|家|年度|年|月|天|日|平方米|亩|件|项|台套|台|套|次|个|名|张|吨|席|位|场|届|期|季度|千瓦时|千瓦|度|公里|立方米|岗位|床位|摊位|展位|单|车次|车|标箱|箱|架次|新增|吸纳|招用|孵化|培育|引进|提高|增加)"
)
_PAYER = re.compile(
    r"(?:由)?((?:从[^,。;、]{2,20}(?:经费|资金|基金)(?:中)?)|(?:省|市|县|区|州|本级|同级|中央|受益|各级|市县|市区)(?:、[省市县区]){0,2}(?:本?级)?财政(?:部门|局)?(?:按[^,。;]{1,14}比例)?)"
)
_INSTALMENT = re.compile(
    r"第[一二三四五]年|首年|次年|首期|首付|首笔|先(?:行)?(?:拨付|兑付|支付|发放|给予)|剩余|余款|验收(?:合格)?后|分(?:[二两三四五]|\d)(?:年|期|次|批|档)?(?:拨付|兑现|兑付|发放|给予|支付)|预拨|尾款|拨付|兑付|兑现"
)


@dataclass
class _Draft:
    """A support while its sentence is being read."""

    start: int
    end: int
    clause: ClauseText | None
    amounts: list[Decimal] = field(default_factory=list)
    rates: list[Decimal] = field(default_factory=list)
    caps: list[Decimal] = field(default_factory=list)
    floor: Decimal | None = None
    instalments: list[str] = field(default_factory=list)
    tiers: list[Tier] = field(default_factory=list)
    thresholds: list[Figure] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    stacking: list[str] = field(default_factory=list)

    @property
    def filled(self) -> bool:
        return bool(self.amounts or self.rates or self.caps or self.instalments or self.floor is not None)


@dataclass(frozen=True)
class SupportsFound:
    """The supports, and for each figure (by its start) the role it was given."""

    supports: tuple[Support, ...]
    roles: dict[int, str]
    # Starts of sentences that say how supports of the clause go together.
    stacking_sentences: frozenset[int]


AMOUNT, RATE, CAP, FLOOR, INSTALMENT, THRESHOLD, BASELINE = (
    "amount",
    "rate",
    "cap",
    "floor",
    "instalment",
    "threshold",
    "baseline",
)


class Supports:
    """Reads the supports of one document, clause by clause."""

    def __init__(self, text: str, shadow: str, inside: bytearray, figures: list[Figure]) -> None:
        self.text = text
        self.shadow = shadow
        self.inside = inside
        self.figures = figures
        self.starts = [figure.start for figure in figures]
        self.roles: dict[int, str] = {}
        self.found: list[Support] = []
        self.stacking: set[int] = set()

    def read(self, clause: ClauseText | None, spans: tuple[tuple[int, int], ...]) -> None:
        """Supports of one clause, or of text outside clauses."""
        first = len(self.found)
        mode = False
        units = clause.unit_spans if clause else ()
        for start, end in spans:
            for sentence in sentences(self.shadow, start, end, self.inside):
                if any(a <= sentence.start and sentence.end <= b + 1 for a, b in units):
                    continue
                mode = self._sentence(sentence, clause, mode, first)
            if not self.shadow[start:end].rstrip().endswith((":", ";")):
                mode = False
        self._stack_clause(first)

    # --- one sentence --------------------------------------------------------------------------

    def _sentence(
        self, sentence: Stretch, clause: ClauseText | None, mode: bool, first: int
    ) -> bool:
        shadow = self.shadow
        whole = shadow[sentence.start : sentence.end]
        if _FINE.search(whole) and not re.search(r"给予|奖励|补助|补贴", whole):
            return False
        carried: _Draft | None = None
        waiting: list[Figure] = []
        anchored = mode
        drafts: list[_Draft] = []
        for part in parts(shadow, sentence.start, sentence.end, self.inside):
            draft = _Draft(part.start, part.end, clause)
            draft.thresholds.extend(waiting)
            waiting = []
            pieces = segments(shadow, part.start, part.end, self.inside)
            if not mode and GIVE.search(shadow[part.start : part.end]):
                anchored = False
            for index, piece in enumerate(pieces):
                words = shadow[piece.start : piece.end]
                if draft.filled and _new_beneficiary(words, shadow, pieces[index + 1 :]):
                    drafts.append(draft)
                    draft.end = piece.start
                    draft = _Draft(piece.start, part.end, clause)
                anchored = self._piece(piece, pieces[index + 1 :], draft, anchored, whole, drafts, first)
            if draft.filled:
                drafts.append(draft)
                carried = draft
            else:
                # A part that only names who is meant belongs to the part that gives.
                waiting = draft.thresholds
                if carried is None and drafts:
                    carried = drafts[-1]
        begin = sentence.start
        for draft in drafts:
            self._close(draft, sentence, begin)
            begin = draft.end
        if not drafts:
            self._plain(sentence, clause)
        found = _STACKING.search(whole)
        if found and not drafts:
            self.stacking.add(sentence.start)
        return anchored if whole.rstrip().endswith((":", ";")) else False

    def _piece(
        self,
        piece: Stretch,
        following: list[Stretch],
        draft: _Draft,
        anchored: bool,
        whole: str,
        drafts: list[_Draft],
        first: int,
    ) -> bool:
        """Give each figure of a comma segment its role; returns whether giving was announced."""
        shadow = self.shadow
        words = shadow[piece.start : piece.end]
        give = GIVE.search(words)
        condition = _is_condition(words, [shadow[s.start : s.end] for s in following])
        for found in _STACKING.finditer(words):
            draft.stacking.append(found[0])
        own = self._within(piece)
        later = any(GIVE.search(shadow[s.start : s.end]) for s in following)
        anchor_at = None
        if give is not None and not condition:
            anchor_at = piece.start + give.start()
        previous = ""
        previous_end = piece.start
        for position, figure in enumerate(own):
            left = shadow[max(previous_end, piece.start) : figure.start]
            reach = shadow[piece.start : figure.start]
            right = shadow[figure.end : piece.end]
            role = self._role(
                figure, own, position, left, reach, right, words, anchor_at, anchored, condition, later, previous, whole, draft, drafts, first
            )
            if role:
                self._take(figure, role, left, reach, right, piece, draft, drafts, first)
                if role not in {BASELINE}:
                    previous = role
            else:
                previous = ""
            previous_end = figure.end
        for free in _FREE.finditer(words):
            if not self._free(free[0], words, whole):
                continue
            rate = Decimal(50) if free[0].startswith("减半") else Decimal(100)
            draft.rates.append(rate)
            draft.words.append(words)
            draft.end = max(draft.end, piece.end)
        if re.search(r"1 ?[:∶比] ?1", words) and re.search(r"配套|匹配|给予|补助", words):
            draft.rates.append(Decimal(100))
            draft.words.append(words)
        return anchored or (give is not None and not condition)

    def _role(
        self,
        figure: Figure,
        own: list[Figure],
        position: int,
        left: str,
        reach: str,
        right: str,
        words: str,
        anchor_at: int | None,
        anchored: bool,
        condition: bool,
        later: bool,
        previous: str,
        whole: str,
        draft: _Draft,
        drafts: list[_Draft],
        first: int,
    ) -> str:
        """The role of one figure, or an empty text when supports have no claim on it."""
        if figure.kind == TIME:
            return ""
        if figure.kind in {COUNT, POINT}:
            giving = anchor_at is not None or later or anchored
            return THRESHOLD if giving and not re.search(r"^(?:到|至)\d{4}年", whole) else ""
        if _FROM.search(left) and re.search(r"(?:提高|提升|降|下调|上调|调整|增加|扩大|放宽|到|至)", right[:12]):
            return BASELINE
        if figure.kind in {PERCENT, MULTIPLE}:
            return self._rate_role(figure, left, reach, right, words, anchor_at, anchored, condition, later, previous, whole)
        if figure.kind != MONEY:
            return ""
        return self._money_role(
            figure, own, position, left, reach, right, words, anchor_at, anchored, condition, later, previous, whole, draft, drafts, first
        )

    def _money_role(
        self,
        figure: Figure,
        own: list[Figure],
        position: int,
        left: str,
        reach: str,
        right: str,
        words: str,
        anchor_at: int | None,
        anchored: bool,
        condition: bool,
        later: bool,
        previous: str,
        whole: str,
        draft: _Draft,
        drafts: list[_Draft],
        first: int,
    ) -> str:
        listed = previous and re.fullmatch(r"[、和及与或,]?[^达超满不以按每]{0,18}", left) and (
            left[:1] in "、和及与或" or left == ""
        )
        # 3亿元、5亿元、10亿元的: a list is what its last member is.
        last = figure
        tail = right
        for other in own[position + 1 :]:
            between = self.shadow[last.end : other.start]
            if other.kind != MONEY or not re.fullmatch(r"[、和及与或]|以上、|以下、", between):
                break
            last = other
            tail = self.shadow[other.end :][: len(right)]
        bounded = _BOUNDED_NOUN.match(tail)
        noun = _NOUN_AFTER.match(tail)
        before_anchor = anchor_at is not None and figure.start < anchor_at
        cap = bool(_CAP_BEFORE.search(left)) or bool(
            noun is None and _CAP_AFTER.match(right) and anchor_at is not None and not before_anchor and not bounded
        )
        anchored_here = anchored or anchor_at is not None
        if noun and not (condition and bounded) and not (before_anchor and re.search(r"获(?:得)?[^,]{0,12}$", reach)):
            # 20万元奖励, 最高50万元的补助
            if condition and not re.search(r"给予|奖励\d", words) and later:
                return THRESHOLD
            if cap and not re.search(r"(?:投资|收入|营收|产值|贷款|销售|额)(?:额|总额|金额)?(?:最高|不超过)$", left):
                return CAP
            if _FLOOR_BEFORE.search(left):
                return FLOOR
            if figure.bound in {"以内", "以下", "之内"}:
                return CAP
            return AMOUNT
        if bounded and not (noun and not condition):
            return THRESHOLD if anchored_here or later or condition else ""
        if listed and previous in {AMOUNT, CAP, THRESHOLD, FLOOR} and not cap:
            return previous
        if condition:
            return THRESHOLD if later or anchored_here else ""
        if cap and (anchored_here or self._has_open(draft, drafts, first)):
            if before_anchor and not re.search(r"最高|上限|限额|封顶", left) and not noun:
                return THRESHOLD
            return CAP
        if cap and re.search(r"贷款|额度|授信|担保|补|奖|资助|支持", words) and not re.search(r"达到|收入|产值|投资额|注册", reach):
            return CAP
        if anchor_at is not None and not before_anchor:
            if _FLOOR_BEFORE.search(left):
                return FLOOR
            between = self.shadow[anchor_at : figure.start]
            if re.search(r"(?:达到|超过|突破|满|高于|大于)(?:人民币)?$", left) and re.search(r"达到|超过|突破|满", between):
                return THRESHOLD
            if figure.bound in {"以内", "以下", "之内"}:
                return CAP
            if re.search(r"(?:基金|总规模|规模)(?:为|达到|不低于|达)?$", left) or re.match(r"的?[^,。;]{0,8}(?:专项资金|基金)(?!支持|奖|补)", right):
                return ""
            return AMOUNT
        if before_anchor:
            if re.search(r"(?:按|按照|以)[^,]{0,14}$", left) and re.match(r"(?:/[^,]{1,4})?的?标准", right):
                return AMOUNT
            if re.search(r"每[^,]{0,12}$", left) and re.match(r"(?:/[^,]{1,4})?的?标准", right):
                return AMOUNT
            return THRESHOLD
        if re.search(r"(?:奖励|补助|补贴|资助|奖补|贴息|支持|奖金|补偿|安家|津贴)(?:资金)?(?:的)?(?:标准|金额|额度|额)(?:分别)?(?:为|是|:|按)?[^,达超满]{0,8}$", reach):
            return AMOUNT
        if anchored and not re.search(r"(?:达到|超过|突破|满|不低于|不少于|高于|大于|收入|产值|投资)[^,]{0,6}$", left):
            return AMOUNT
        if later:
            return THRESHOLD
        return THRESHOLD if anchored else ""

    def _rate_role(
        self,
        figure: Figure,
        left: str,
        reach: str,
        right: str,
        words: str,
        anchor_at: int | None,
        anchored: bool,
        condition: bool,
        later: bool,
        previous: str,
        whole: str,
    ) -> str:
        plain = re.compile(r"(?:以上|以下|以内|及以上|左右)?(?:\([^()]{1,8}\))?的?(?:税率|标准|比例|幅度|额度|费率|利率|部分|资金|奖励|补助|补贴|贴息|资助|支持|扶持|配套|加计|扣除|优惠|一次性|房租|租金|补偿|保费|担保|额|范围|价格)")
        noun = plain.match(right)
        modifies = re.match(r"(?:以上|以下|以内|及以上|及以下)?(?:\([^()]{1,8}\))?的(?=[^,。;])", right) and not noun
        if re.match(r"(?:以上|以下|以内)?(?:可|可以)?用于", right) and figure.kind == PERCENT and _PERMIT.search(words):
            return RATE
        if re.search(r"(?:LPR|市场报价利率|基准利率)[^,]{0,6}(?:加|减|上浮|下浮)", reach) and figure.kind != PERCENT:
            return ""
        if re.search(r"加计扣除|抵扣|抵免", right[:12]) or re.search(r"减按[^,]{0,4}$", left):
            return RATE
        share = _SHARE_NOUN.search(reach)
        if share and not condition and len(reach) - share.end() <= 24:
            return RATE
        if previous == RATE and re.fullmatch(r"[、和及与或][^达超满,]{0,14}", left):
            return RATE
        if previous == THRESHOLD and re.fullmatch(r"[、和及与或]", left):
            return THRESHOLD
        if modifies and not re.search(r"(?:按|按照|给予|以)[^,]{0,40}$", reach):
            return THRESHOLD if anchored or anchor_at is not None or later else ""
        if condition:
            return THRESHOLD if later or anchored else ""
        if anchor_at is not None:
            if figure.start > anchor_at:
                if re.search(r"(?:增长|超过|达到|高于|低于|大于|提高|下降)$", left) and not noun and not re.search(r"(?:的|为)$", left):
                    return THRESHOLD
                return RATE
            if re.search(r"(?:按|按照|以|不超过|不高于|最高)[^,]{0,60}$", reach) or noun:
                return RATE
            return THRESHOLD
        permit = _PERMIT.search(words)
        if permit and not re.match(r"(?:达|提高|增长|覆盖)", words[permit.end() : permit.end() + 3]) or (permit and re.search(r"出资|比例|范围内", words)):
            return RATE
        if re.search(r"(?:按|按照|以)[^,]{0,50}$", reach) and (later or anchored):
            return RATE
        if anchored and not re.search(r"(?:增长|超过|达到|高于|低于|提高|下降|不低于|降至|降到|降低至|提高到|提高至|提升到|提升至|压减至|控制在|保持在)$", left):
            return RATE
        if later:
            return THRESHOLD
        if re.search(r"(?:补偿|补助|补贴|奖励|资助|贴息|减免)(?:标准|比例)", whole) and re.search(r"(?:提高|降低|调整|上调)(?:到|至|为)[^,]{0,8}$", reach):
            return RATE
        return ""

    # --- what a role does ----------------------------------------------------------------------

    def _take(
        self,
        figure: Figure,
        role: str,
        left: str,
        reach: str,
        right: str,
        piece: Stretch,
        draft: _Draft,
        drafts: list[_Draft],
        first: int,
    ) -> None:
        self.roles[figure.start] = role
        if role == BASELINE:
            return
        if role == THRESHOLD:
            draft.thresholds.append(figure)
            return
        words = self.shadow[piece.start : piece.end]
        target = draft
        if role == CAP and not draft.filled:
            alone = _CAP_ONLY.match(words) and piece.start - draft.start <= 2
            target = drafts[-1] if drafts and alone else draft
        target.end = max(target.end if target is draft else piece.end, piece.end)
        target.words.append(words)
        instalment = _INSTALMENT.search(reach)
        if role == AMOUNT:
            if instalment and target.amounts and sum(figure.yuan) <= sum(target.amounts):
                target.instalments.append(self.text[max(piece.start, figure.start - 12) : figure.end])
                self.roles[figure.start] = INSTALMENT
                return
            for value in figure.yuan:
                target.amounts.append(value)
                target.tiers.append(Tier(_grade(left), value))
        elif role == CAP:
            target.caps.extend(figure.yuan[-1:])
        elif role == FLOOR:
            target.floor = figure.yuan[0]
        elif role == RATE:
            if instalment and re.search(r"拨付|兑付|兑现|支付|拨款|预拨|验收", reach) and not re.search(r"的$", left):
                target.instalments.append(self.text[max(piece.start, figure.start - 12) : figure.end])
                self.roles[figure.start] = INSTALMENT
                return
            for value in figure.percent:
                target.rates.append(value)
                target.tiers.append(Tier(_grade(left), None, value))

    def _has_open(self, draft: _Draft, drafts: list[_Draft], first: int) -> bool:
        return draft.filled or bool(drafts) or len(self.found) > first

    def _free(self, word: str, words: str, whole: str) -> bool:
        """Whether 免… or 全额 is a benefit here."""
        if word == "免费" and not re.search(r"提供|使用|享受|开展|评估|培训|服务|开放|发放|入驻|场地|工位|检测|代办|办理|刻制|刻章|为|向|给", whole):
            return False
        return not re.search(r"不得免费|严禁|禁止", whole)

    def _within(self, piece: Stretch) -> list[Figure]:
        from bisect import bisect_left

        a = bisect_left(self.starts, piece.start)
        b = bisect_left(self.starts, piece.end)
        return self.figures[a:b]

    # --- closing a support ---------------------------------------------------------------------

    def _close(self, draft: _Draft, sentence: Stretch, begin: int) -> None:
        shadow, text = self.shadow, self.text
        start = min(draft.start, draft.end)
        if draft.thresholds:
            start = min(start, max(begin, _part_start(shadow, draft.thresholds[0].start, sentence.start)))
        while start < draft.end and shadow[start] in ",;: ":
            start += 1
        end = draft.end
        while end > start and shadow[end - 1] in ",;:。 ":
            end -= 1
        quote = text[start:end]
        words = shadow[start:end]
        context = shadow[sentence.start : sentence.end]
        if not draft.amounts and not draft.rates and not draft.instalments and draft.floor is None:
            previous = self.found[-1] if self.found else None
            same = previous is not None and previous.clause == _number(draft.clause) and previous.has_figures
            if previous is not None and same and _CAP_ONLY.match(words):
                self.found[-1] = _with_caps(previous, draft.caps)
                return
        caps = list(dict.fromkeys(draft.caps))
        clause = draft.clause
        tiers = _tiers(draft, words)
        per = _PER.search(words) if draft.amounts or draft.rates or caps else None
        payer = _PAYER.search(words)
        period = _PERIOD.search(words)
        event = _EVENT.search(words)
        stacking = "；".join(dict.fromkeys(_STACKING.findall(words))) or None
        self.found.append(
            Support(
                clause=_number(clause),
                section=clause.clause.section if clause else (),
                beneficiary=_beneficiary(text, shadow, start, end),
                event=event[0] if event else None,
                kind=_kind(draft, words, context, caps),
                amounts_cny=tuple(draft.amounts),
                rates_percent=tuple(draft.rates),
                base=_base(words),
                floor_cny=draft.floor,
                cap_cny=caps[0] if caps else None,
                other_caps_cny=tuple(caps[1:]),
                instalments=tuple(draft.instalments),
                tiers=tiers,
                per=per[0] if per else None,
                stacking=stacking,
                period=period[0] if period else None,
                payer=payer[1] if payer else None,
                thresholds=tuple(
                    Threshold(text[f.start : f.bound_end], f.start, f.bound_end) for f in draft.thresholds
                ),
                quote=quote,
                start=start,
                end=end,
            )
        )

    def _plain(self, sentence: Stretch, clause: ClauseText | None) -> None:
        """A benefit without any figure: 绿色通道, 优先, 给予资金支持."""
        if clause is None:
            return
        words = self.shadow[sentence.start : sentence.end]
        found = _PLAIN_GIVE.search(words)
        if not found or _NOT_PLAIN.search(words):
            return
        end = sentence.end
        while end > sentence.start and self.shadow[end - 1] in "。;,":
            end -= 1
        period = _PERIOD.search(words)
        event = _EVENT.search(words)
        self.found.append(
            Support(
                clause=_number(clause),
                section=clause.clause.section,
                beneficiary=_beneficiary(self.text, self.shadow, sentence.start, end),
                event=event[0] if event else None,
                kind=_kind(_Draft(sentence.start, end, clause), words, words, []),
                amounts_cny=(),
                rates_percent=(),
                base=None,
                floor_cny=None,
                cap_cny=None,
                other_caps_cny=(),
                instalments=(),
                tiers=(),
                per=None,
                stacking="；".join(dict.fromkeys(_STACKING.findall(words))) or None,
                period=period[0] if period else None,
                payer=None,
                thresholds=(),
                quote=self.text[sentence.start : end],
                start=sentence.start,
                end=end,
            )
        )

    def _stack_clause(self, first: int) -> None:
        """Stacking words of their own sentence hold for every support of the clause."""
        from dataclasses import replace

        mine = self.found[first:]
        if not mine:
            return
        said = [s for s in sorted(self.stacking) if s >= mine[0].start]
        if not said:
            return
        words = []
        for start in said:
            stop = self.shadow.find("。", start)
            words.extend(_STACKING.findall(self.shadow[start : stop if stop > 0 else start + 200]))
        joined = "；".join(dict.fromkeys(words))
        for index in range(first, len(self.found)):
            support = self.found[index]
            if support.stacking is None and joined:
                self.found[index] = replace(support, stacking=joined)

    def result(self) -> SupportsFound:
        return SupportsFound(tuple(self.found), dict(self.roles), frozenset(self.stacking))


# A segment that only limits what was given before: 最高不超过…, 单个企业年度累计不超过…
_CAP_ONLY = re.compile(
    r"(?:且|但|并|其中)?(?:最高(?!贷款)|累计|单[个户家一项](?:企业|项目|单位|主体|机构)?(?!.{0,20}的,)|每[个家户](?:企业|项目|单位)?(?:每年|年度|累计|最高|不超过)|同一(?:企业|项目|单位)?|总额|补[贴助]总额|"
    r"奖励总额|奖补总额|年度|全年|合计|不超过|不高于|最多|上限|总计|支持总额|资助总额|每年(?:最高|不超过|累计|总额)|原则上不超过|以上(?:奖励|补助|补贴)|对同一(?:企业|项目|单位|机构))"
)
_LOAN = re.compile(r"(?:贷款|授信|担保)(?:再扶持|额度|最高|限额)|(?:最高|额度)[^,。]{0,12}贷款|发放[^,。]{0,20}贷款")
_PLAIN_GIVE = re.compile(
    r"(?:给予|予以|享受)[^,。;]{0,30}(?:奖励|奖补|补助|补贴|资助|资金支持|资金激励|资金扶持|支持|优惠|优先|倾斜|减免|贴息|补偿|配套)|绿色通道|优先(?:支持|保障|安排|供应|推荐|享受|给予|纳入|采购)|首购|预留份额|阶段性优惠|"
    r"延期还本付息|择优资助|视同|可作为[^,。;]{2,20}条件|直接授予|采购比例|(?:允许|可以?)[^,。;]{2,30}(?:申请|列支|列入)|直接交易|专项资金支持|(?:进行|实施)[^,。;]{0,10}(?:奖励|奖补|补贴)"
)
_NOT_PLAIN = re.compile(r"资金管理办法|制定[^,。]{0,20}办法|不得|通报|绩效考核|处罚")


def _number(clause: ClauseText | None) -> str | None:
    return clause.clause.number if clause else None


def _is_condition(words: str, following: list[str]) -> bool:
    """Whether a comma segment only says who or when: …的, 对…企业, 在…基础上."""
    if not following:
        return False
    bare = words.rstrip(",;: ")
    if _CONDITION_END.search(words) and not re.search(r"给予[^,]*\d|奖励\d|补助\d|补贴\d", words):
        return True
    if re.search(r"给予|分别奖|一次性(?:奖|补)", bare):
        return False
    return bool(_CONDITION_NOUN.match(bare))


def _new_beneficiary(words: str, shadow: str, following: list[Stretch]) -> bool:
    """Whether a segment opens another support inside the same sentence."""
    if re.match(r"(?:对|凡|对于|凡是|其中对|每(?:孵化|培育|引进|新增|吸纳))(?!同一|单个|单一|每个)", words):
        return True
    return bool(re.match(r"(?:首次|新)(?:认定|获批|入)", words) and words.rstrip(",").endswith("的"))


def _grade(left: str) -> str:
    """The grade named right before an amount: 国家级50万元 -> 国家级."""
    found = re.search(
        r"(?:^|[、,:和及]|给予|奖励|补助|补贴|资助|分别)((?:国家|省|市|县|区|[\u4e00-\u9fff]{1,4}市)级|[一二三特优]等奖|[甲乙丙A-D][类级档]|第[一二三四五]年|[一二三四五]档|优秀|良好|合格|其他|[^、,:\d]{2,16}?)(?:的|为|每家|每个|最高|给予|奖励|补助|补贴|一次性|:)*$",
        left,
    )
    return found[1] if found else ""


_LEVEL = re.compile(r"国家级|省级|[\u4e00-\u9fff]{1,4}市级|自治区级|市级|县级|区级|州级|世界级|全国|全省|全市")


def _tiers(draft: _Draft, words: str) -> tuple[Tier, ...]:
    """Grades paired with amounts: 分别 pairs a list of grades or thresholds before it."""
    tiers = draft.tiers
    if len(tiers) < 2:
        return tuple(tiers)
    if all(tier.when for tier in tiers):
        return tuple(tiers)
    values = [tier.amount_cny for tier in tiers]
    cut = words.find("分别")
    ahead = words[: cut if cut > 0 else len(words)]
    bounds = [f for f in draft.thresholds if f.kind == MONEY]
    if len(bounds) == len(values):
        return tuple(
            Tier(f"{f.value.normalize():f}{f.unit}{f.bound}", tier.amount_cny, tier.rate_percent)
            for f, tier in zip(bounds, tiers, strict=True)
        )
    levels = _LEVEL.findall(ahead)
    if len(levels) == len(values):
        return tuple(
            Tier(level, tier.amount_cny, tier.rate_percent)
            for level, tier in zip(levels, tiers, strict=True)
        )
    return tuple(tiers)


def _part_start(shadow: str, at: int, floor: int) -> int:
    marks = max(shadow.rfind(mark, floor, at) for mark in "。;\n")
    return max(marks + 1, floor)


def _beneficiary(text: str, shadow: str, start: int, end: int) -> str | None:
    """The words after 对 up to the giving, or what stands before it."""
    words = shadow[start:end]
    opened = re.search(r"(?:^|[,;:。])(?:其中,?)?(?:对于|对|凡是|凡|支持|鼓励)(?=[^,]{2})", words)
    begin = opened.end() if opened else 0
    stop = re.compile(
        r",?(?:由|从|按|按照|在[^,]{0,20}基础上,)?(?:市|省|县|区|各级|本级)?(?:本?级)?(?:财政)?(?:分别|每次|每年|连续[^,]{1,4}|一次性|再|最高|额外|可)*(?:给予|予以|奖励|补助|补贴|资助|配套|发放|奖补|贴息|免征|免收|提供|即发放)|,按|,分别|,一次性|,免|,可"
    ).search(words, begin + 2)
    finish = stop.start() if stop else min(len(words), begin + 80)
    found = text[start + begin : start + finish].strip("，,；;：:。 的")
    return found[:200] or None


def _kind(draft: _Draft, words: str, context: str, caps: list[Decimal]) -> str:
    """The kind of a support, from the nouns beside its figures."""
    near = words
    money = bool(draft.amounts or caps)
    if re.search(r"创新券|服务券|消费券|科技券|培训券", near):
        return "voucher"
    if re.search(r"采购", near) and re.search(r"首购|首订|预留|价格扣除|优先采购|采购比例|直接授予|采购份额", near):
        return "procurement_preference"
    if _TAX.search(near) and re.search(r"免征|减半|减按|加计扣除|抵扣|抵免|税前|全额列入|税率|留存", near):
        return "tax_relief"
    if re.search(r"风险(?:补偿|分担|代偿)|代偿", near) and not draft.amounts:
        return "risk_compensation"
    if money and _LOAN.search(near) and not re.search(r"贴息|贴补|利息|保费", near):
        return "loan_limit"
    if re.search(r"免费|免收|免缴|免交|免租|减免", near) and _CHARGE.search(near) and not draft.amounts:
        return "fee_relief"
    if draft.rates and not re.search(r"可(?:提高|用于|在|从)|返投|倾斜|支持比例|出资", near) and GIVE.search(near):
        return "rate_subsidy"
    if draft.rates and re.search(r"担保费|保费|利息|房租|租金", near):
        return "rate_subsidy"
    if len(draft.amounts) >= 2:
        return "tiered_award"
    if money:
        return "one_off_award"
    if re.search(r"优惠", near) and _CHARGE.search(near):
        return "fee_relief"
    return "other"


def _base(words: str) -> str | None:
    """What a rate is of: 按…的20% -> …"""
    found = re.search(
        r"(?:按照?|以|给予|资助|补助|补贴|承担|不超过|最高)(?:其|企业)?([^,;。\d]{2,40}?)(?:总额|金额)?(?:的)? ?\d[\d.]* ?%", words
    )
    if found:
        return found[1].removesuffix("的") or None
    found = re.search(r"([^,;。\d]{2,30})(?:的)? ?\d[\d.]* ?(?:%|倍)", words)
    return found[1].removesuffix("的") if found else None


def _with_caps(support: Support, caps: list[Decimal]) -> Support:
    from dataclasses import replace

    if support.cap_cny is None and caps:
        return replace(support, cap_cny=caps[0], other_caps_cny=(*support.other_caps_cny, *caps[1:]))
    return replace(support, other_caps_cny=(*support.other_caps_cny, *caps))
