"""Responsible units: every bracket style, lead and joint, classes of units, aliases, misprints."""

import re
from dataclasses import dataclass

from huiqi.reading.folding import matches
from huiqi.reading.values import Unit

# Words that name the part of a list: 责任单位：…
_MARKER = re.compile(
    r"(?:主要|第一|共同|主体)?(?P<role>责任|牵头|配合|协助|协同|参与|参加|主办|协办|承办|实施|落实|主管|负责|执行|组织|支持)"
    r"(?:单位|部门|主体|机关|科室|处室)(?:为|是)? ?[:]"
    r"|(?P<role2>责任|牵头|配合)(?:单位|部门)? ?(?:[:]|—)"
)
_DUE_MARKER = re.compile(r"(?:完成|办结|落实|推进|实施)?(?:时限|时间|期限|时间节点)(?:要求)? ?:")
_OTHER_MARKER = re.compile(
    r"(?:责任领导|牵头领导|分管领导|责任人|责任科室负责人|联系人|联系电话|包联领导|市级领导|领导) ?:"
)
_ROLES = {
    "牵头": "牵头",
    "主办": "牵头",
    "主管": "牵头",
    "配合": "配合",
    "协助": "配合",
    "协同": "配合",
    "参与": "配合",
    "参加": "配合",
    "协办": "配合",
    "支持": "配合",
}
_ENDINGS = "局厅委部办院行社会处科站所署馆队团"
_ENDING_WORDS = (
    "中心",
    "集团",
    "公司",
    "政府",
    "支行",
    "分行",
    "分局",
    "管委会",
    "大学",
    "学院",
    "学校",
    "医院",
    "协会",
    "联合会",
    "妇联",
    "科协",
    "总工会",
    "工会",
    "团委",
    "团市委",
    "团省委",
    "团县委",
    "团区委",
    "银行",
    "海关",
    "法院",
    "检察院",
    "报社",
    "电视台",
    "开发区",
    "街道",
    "乡镇",
    "乡镇街道",
    "办公室",
    "监管组",
    "联社",
    "残联",
    "文联",
    "侨联",
    "社联",
    "工商联",
    "贸促会",
    "红十字会",
    "基地",
    "部门",
    "单位",
    "机构",
    "企业",
    "专班",
    "领导小组",
    "高新区",
    "经开区",
    "园区",
    "新区",
    "示范区",
    "党委",
    "党工委",
    "智创城",
    "组织部",
    "宣传部",
    "税务",
    "金融",
    "银保监",
    "证监",
    "气象台",
    "支队",
    "总队",
    "大队",
    "平台",
    "基金",
    "总社",
    "联盟",
    "商会",
    "研究院",
    "高校",
    "院校",
    "科研院所",
    "区县",
    "县区",
    "县（市、区）",
    "县(市、区)",
    "(市、区)",
    "县市区",
    "各区",
    "各县",
    "各市",
    "各镇",
    "各乡镇",
    "各地",
    "办事处",
    "管理处",
    "供销社",
    "信用社",
    "档案馆",
    "图书馆",
    "担保",
    "发展促进会",
    "促进会",
    "运营商",
    "城投",
    "国投",
)
_PREFIX = re.compile(
    r"(?:省|市|县|区|州|盟|旗|国家|中国|各|全市|全省|驻|团|人行|中共|自治区|新区|高新区|经开区|开发区|有关|相关|乡镇|街道)"
)
_TAIL = re.compile(
    r"(?:(?:等(?:各?有关|各?相关|各)?(?:部门|单位)?)?"
    r"(?:按照?各自?职责(?:分工)?|按照?职责分工|依(?:据)?职责分工|按(?:照)?(?:各自)?职能|根据职责分工|依职责|按责任分工|按照?分工)"
    r"(?:分别|共同|协同|抓好|做好|配合)?(?:负责|落实|推进|配合|实施|牵头负责|组织实施|负责落实|落实)?(?:落实|实施|推进)?)$"
)
_SIMPLE_TAIL = re.compile(
    r"(?:等(?:各?有关|各?相关|各)?(?:部门|单位)?)?(?:共同|分别|具体|联合|协同|统筹|会同)?"
    r"(?:牵头负责|牵头组织|牵头推进|牵头落实|牵头实施|牵头抓总|牵头|组织实施|负责落实|负责实施|负责推进|负责|落实|实施|"
    r"配合落实|配合|参与|参加|协助|协办|主办|承办|具体落实|推进)$"
)
_ETC = re.compile(
    r"等(?:(?:市直|省直|县直|区直)?(?:各|有关|相关|各有关|各相关)?(?:部门|单位|成员单位)(?:和单位)?)?$"
)
_JOINERS = ("以及", "会同", "联合", "及", "和", "与", "并")
_LEAD_FIRST = re.compile(
    r"(?:列|排)(?:在)?(?:第)?(?:一位|首位|第一位|第一|最前)(?:的)?(?:者|单位|部门)?(?:的)?(?:为|是|系)?(?:第一)?牵头"
)
_CORES = [
    "发改",
    "发展改革",
    "发展和改革",
    "经信",
    "工信",
    "工业和信息化",
    "科技",
    "科学技术",
    "教育",
    "教体",
    "民政",
    "司法",
    "财政",
    "人社",
    "人力资源和社会保障",
    "自然资源",
    "规划和自然资源",
    "国土",
    "生态环境",
    "环保",
    "住建",
    "住房城乡建设",
    "住房和城乡建设",
    "城管",
    "城市管理",
    "交通",
    "交通运输",
    "水利",
    "水务",
    "农业",
    "农业农村",
    "农委",
    "商务",
    "文旅",
    "文化和旅游",
    "卫健",
    "卫生健康",
    "应急",
    "应急管理",
    "审计",
    "国资",
    "国资委",
    "市场监管",
    "市场监督管理",
    "体育",
    "统计",
    "医保",
    "医疗保障",
    "税务",
    "国税",
    "地税",
    "金融",
    "金融监管",
    "金融工作",
    "政务服务",
    "政务",
    "行政审批",
    "审批服务管理",
    "大数据",
    "数据",
    "知识产权",
    "工商",
    "质监",
    "食药监",
    "药监",
    "林业",
    "林草",
    "园林",
    "粮食",
    "能源",
    "公安",
    "退役军人",
    "退役军人事务",
    "信访",
    "乡村振兴",
    "扶贫",
    "外事",
    "外办",
    "侨务",
    "台办",
    "编办",
    "组织",
    "宣传",
    "统战",
    "网信",
    "气象",
    "海关",
    "烟草",
    "邮政",
    "中小企业",
    "民营经济",
    "供销",
    "妇联",
    "科协",
    "残联",
    "工商联",
    "地方金融监管",
    "人防",
    "机关事务",
    "住房公积金",
    "公积金",
    "投资促进",
    "招商",
    "招商引资",
    "口岸",
    "海洋",
    "渔业",
    "畜牧",
    "农机",
    "旅游",
    "文化",
    "广电",
    "卫生",
    "卫计",
    "安监",
    "煤炭",
    "煤管",
    "国防科工",
    "军民融合",
    "史志",
    "档案",
    "法制",
    "人才",
    "改革",
    "财经",
    "政研",
    "督查",
    "考核",
    "城乡建设",
    "规划",
    "房管",
    "体改",
    "物价",
    "电力",
    "通信管理",
    "发展和改革委员",
    "银保监",
    "银监",
    "保监",
    "证监",
    "银行",
    "政府",
]


@dataclass(frozen=True, slots=True)
class Found:
    """What one bracket or line of duty says: its place, its units and the date when it is due."""

    start: int
    end: int
    units: tuple[Unit, ...]
    due: str | None
    lead_marked: bool


def lead_first_stated(shadow: str) -> bool:
    """Whether the document says that the unit named first leads (列第一位者为牵头单位，下同)."""
    return bool(_LEAD_FIRST.search(shadow))


def find_units(shadow: str, text: str, start: int, end: int) -> list[Found]:
    """Every statement of responsible units in `shadow[start:end]`, in order."""
    found: list[Found] = []
    piece = shadow[start:end]
    if re.match(r"(?:出席|列席|请假|缺席|主持|参加|参会|记录|发送|抄送)[^:。]{0,8}:", piece):
        # 请假：某某（市审计局） names where a person works.
        return []
    pairs = matches(piece, "([", 500)
    inner_end = -1
    for opening in sorted(pairs):
        if opening < inner_end:
            continue
        closing = pairs[opening]
        content = piece[opening + 1 : closing]
        if not _ends_statement(piece, closing + 1) or len(content) < 2:
            continue
        statement = _statement(
            content, text, start + opening + 1, bare=True, square=piece[opening] == "["
        )
        if statement is not None:
            found.append(Found(start + opening, start + closing + 1, *statement))
            inner_end = closing
    if not found:
        broken = _broken(piece, text, start, pairs)
        if broken is not None:
            found.append(broken)
    for line in re.finditer(
        r"(?:^|(?<=[。\n;]))[^\n。]{0,40}?(?:责任|牵头|配合|主办|落实|实施)(?:单位|部门)[^:\n]{0,6}:[^\n]*",
        piece,
    ):
        a, b = line.span()
        if any(f.start - start <= a < f.end - start or a <= f.start - start < b for f in found):
            continue
        content = piece[a:b]
        marker = _MARKER.search(content)
        if marker is None or marker.start() > 6:
            continue
        statement = _statement(content, text, start + a, bare=False)
        if statement is not None:
            found.append(Found(start + a, start + b, *statement))
    return sorted(found, key=lambda f: f.start)


def _ends_statement(piece: str, at: int) -> bool:
    """Whether a bracket that ends at `at` closes its sentence."""
    rest = piece[at : at + 3].lstrip(" ")
    return not rest or rest[0] in "。;\n([" or rest[0] in ")]"


def _statement(
    content: str, text: str, offset: int, bare: bool, square: bool = False
) -> tuple[tuple[Unit, ...], str | None, bool] | None:
    """Units, due date and whether a lead is marked; None when this is no statement of units."""
    content = re.split(r"[。;,]?(?:列|排)(?:在)?第?[一首]位", content)[0]
    markers = list(_MARKER.finditer(content))
    others = list(_OTHER_MARKER.finditer(content))
    dues = list(_DUE_MARKER.finditer(content))
    due: str | None = None
    units: list[Unit] = []
    if markers:
        marks = sorted([*markers, *others, *dues], key=lambda m: m.start())
        for index, mark in enumerate(marks):
            stop = marks[index + 1].start() if index + 1 < len(marks) else len(content)
            part = content[mark.end() : stop]
            if mark in dues:
                due = text[offset + mark.end() : offset + stop].strip("；;。，, 、）)")
                continue
            if mark in others:
                continue
            role = _ROLES.get(mark["role"] or mark["role2"] or "", "责任")
            units.extend(_items(part, text, offset + mark.end(), role, strict=False))
        lead_marked = any(unit.role == "牵头" for unit in units)
        return (tuple(_unique(units)), due, lead_marked) if units else None
    if not bare:
        return None
    if len(content) > 450:
        return None
    if dues:
        due_mark = dues[0]
        due = text[offset + due_mark.end() : offset + len(content)].strip("；;。，, ")
        content = content[: due_mark.start()].rstrip("；;,。 ")
    plain = content.rstrip("。;, ")
    stated = bool(re.search(r"(?:负责|牵头?|配合|落实|参与|实施|承办|会同)", plain))
    parts = re.split(r"(?<=[^、])[,;]", plain)
    at = 0
    pending: list[tuple[str, int]] = []
    for part in _split_outside(plain, ",;。"):
        start = plain.index(part, at) if part else at
        at = start + len(part)
        if not part.strip():
            continue
        pending.append((part, start))
    del parts
    groups: list[tuple[str, int, str]] = []
    for part, start in pending:
        role = _role_of(part)
        groups.append((part, start, role))
    # 市科技局、市财政局，各区政府按职责分工负责: the last words speak for all before them.
    final = groups[-1][2] if groups else ""
    for part, start, role in groups:
        use = role or ("责任" if final in {"责任", "", "牵头", "配合"} else final)
        units.extend(_items(part, text, offset + start, use, strict=not stated))
    if not units:
        return None
    if not all(looks_like_unit(unit.name) for unit in units):
        good = sum(looks_like_unit(unit.name) for unit in units)
        if not stated or good * 3 < len(units) * 2:
            return None
    if not stated and not square and _is_explanation(units, plain):
        return None
    return tuple(_unique(units)), due, any(unit.role == "牵头" for unit in units)


def _role_of(part: str) -> str:
    """牵头, 配合 or 责任 when the part says so, else an empty text."""
    part = part.strip()
    if re.search(r"牵头(?:负责|组织|推进|落实|实施|抓总)?$", part):
        return "牵头"
    if re.search(r"(?:配合|参与|参加|协助|协办)(?:落实|实施|推进)?$", part):
        return "配合"
    if re.search(r"(?:负责|落实|实施|推进)$", part):
        return "责任"
    return ""


def _is_explanation(units: list[Unit], plain: str) -> bool:
    """A bracket that only explains the word before it: (园区), (开发区), (以下简称…)."""
    if re.search(r"以下简称|含|包括|不含|指|简称|即|例如|如", plain[:4]):
        return True
    name = units[0].name
    return len(units) == 1 and len(name) <= 5 and not re.match(r"[省市县区州各旗]|团|人行", name)


def looks_like_unit(name: str) -> bool:
    """Whether a name has the shape of a public body or a class of bodies."""
    core = re.sub(r"\([^()]*\)$", "", name.translate(_PLAIN)).strip()
    core = core or name.translate(_PLAIN)
    if not 2 <= len(core) <= 40 or re.search(r"[。,;:?!%\d]", re.sub(r"\d{1,2}个", "", core)):
        return False
    if core.endswith(_ENDING_WORDS) or name.translate(_PLAIN).endswith("(市、区)"):
        return True
    return core[-1] in _ENDINGS and (bool(_PREFIX.match(core)) or len(core) >= 3)


_PLAIN = str.maketrans("（）", "()")


def _split_outside(text: str, marks: str) -> list[str]:
    """Split at marks that stand in no bracket and no quotation."""
    parts: list[str] = []
    level = 0
    at = 0
    for index, ch in enumerate(text):
        if ch in "([“《":
            level += 1
        elif ch in ")]”》":
            level = max(level - 1, 0)
        elif level == 0 and ch in marks:
            parts.append(text[at:index])
            at = index + 1
    parts.append(text[at:])
    return parts


def _items(part: str, text: str, offset: int, role: str, strict: bool) -> list[Unit]:
    """The units of one list, tails such as 等按职责分工负责 taken off."""
    units: list[Unit] = []
    at = 0
    level_parts = _split_outside(part, "、,;。|")
    for piece in level_parts:
        start = at
        at += len(piece) + 1
        for name, begin in _separate(piece, start):
            cut = _strip_tail(name)
            lead = 0
            while lead < len(cut) and cut[lead] in " :(由并各自" and not cut.startswith("各"):
                lead += 1
            trimmed = cut[lead:].rstrip(" .")
            this_role = role
            if trimmed.endswith("牵") and looks_like_unit(trimmed[:-1]):
                trimmed, this_role = trimmed[:-1], "牵头"
            elif re.search(r"牵头(?:负责|组织|落实)?$", name.strip()):
                this_role = "牵头"
            if trimmed in {"", "等", "各"} or re.fullmatch(
                r"(?:各|各有关|各相关|有关|相关|其他|其他有关|其他相关)?(?:部门|单位|部门和单位|成员单位)?(?:等)?",
                trimmed,
            ):
                continue
            if len(trimmed) > 40 or (strict and not looks_like_unit(trimmed)):
                if strict:
                    return []
                continue
            a = offset + begin + lead
            b = a + len(trimmed)
            printed = text[a:b]
            alias = re.search(r"[（(]([^（()）]{2,20})[）)]$", printed)
            other = alias[1] if alias and "、" not in alias[1] else None
            units.append(Unit(printed, this_role, a, b, other, likely_name(printed)))
    return units


def _separate(piece: str, start: int) -> list[tuple[str, int]]:
    """A市财政局和B区政府 -> both, when each side is a unit by itself."""
    for joiner in _JOINERS:
        at = piece.find(joiner)
        while at > 0:
            left, right = piece[:at], piece[at + len(joiner) :]
            if looks_like_unit(_strip_tail(left)) and looks_like_unit(_strip_tail(right)):
                return [(left, start), *_separate(right, start + at + len(joiner))]
            at = piece.find(joiner, at + 1)
    return [(piece, start)]


def _strip_tail(name: str) -> str:
    """市财政局等按职责分工负责 -> 市财政局."""
    before = None
    while before != name:
        before = name
        name = name.rstrip(" 。;,")
        for pattern in (_TAIL, _ETC):
            found = pattern.search(name[-40:])
            if found and found[0]:
                name = name[: len(name) - len(found[0])]
        found = _SIMPLE_TAIL.search(name[-24:])
        if found and found[0] and len(found[0]) < len(name):
            kept = name[: len(name) - len(found[0])]
            # 市实施办 ends in no tail, and 等部门 alone is one.
            if not re.fullmatch("[等部门单位有关相各]*", found[0]) and kept:
                name = kept
    return name


def _unique(units: list[Unit]) -> list[Unit]:
    seen: set[str] = set()
    out = []
    for unit in units:
        if unit.name not in seen:
            seen.add(unit.name)
            out.append(unit)
    return out


def _broken(piece: str, text: str, start: int, pairs: dict[int, int]) -> Found | None:
    """A closing bracket without its own opening, after 负责: a page end broke the list."""
    tail = piece.rstrip("\n 。")
    if not tail or tail[-1] not in ")]" or len(tail) - 1 in pairs.values():
        if not tail or tail[-1] in ")]" or not re.search(r"(?:负责|落实|配合|牵头)$", tail):
            return None
        opening = max(tail.rfind("("), tail.rfind("["))
        if opening < 0 or opening in pairs or len(tail) - opening > 300:
            return None
        statement = _statement(tail[opening + 1 :], text, start + opening + 1, bare=True)
        return None if statement is None else Found(start + opening, start + len(tail), *statement)
    if not re.search(r"(?:负责|落实|牵头|配合)[)\]]$", tail):
        return None
    openings = [at for at in pairs if pairs[at] >= len(tail) - 300]
    for opening in sorted(openings, reverse=True):
        content = tail[opening + 1 : -1]
        # The stray closing bracket and the repeated last character go; offsets stay true.
        units: list[Unit] = []
        at = 0
        for part in re.split(r"[、,;]", content):
            name = _strip_tail(part)
            repeated = re.match(r"(.*?(.))[)\]]\2$", name)
            name = repeated[1] if repeated else name.replace(")", "").replace("]", "")
            if looks_like_unit(name):
                a = start + opening + 1 + at
                printed = text[a : a + len(name)]
                units.append(Unit(printed, "责任", a, a + len(name), None, likely_name(printed)))
            at += len(part) + 1
        if units:
            return Found(start + opening, start + len(tail), tuple(_unique(units)), None, False)
    return None


_COMMISSIONS = {
    "国资委",
    "发改委",
    "发展改革委",
    "经信委",
    "卫健委",
    "卫生健康委",
    "卫计委",
    "住建委",
}
_NAME = re.compile(r"(?:省|市|县|区|州)([\u4e00-\u9fff]{2,8}?)(局|委|厅|办|委员会|中心)$")


def likely_name(printed: str) -> str | None:
    """The name meant where one character looks wrong: 市国姿委 -> 市国资委; None when nothing is wrong."""
    inner = re.search(r"[（(]([^（()）]{2,12})[）)]$", printed)
    if inner and (better := likely_name(inner[1])):
        return printed.replace(inner[1], better)
    found = _NAME.search(printed)
    if found is None:
        return None
    core = found[1]
    names = set(_CORES)
    if core in names or any(core.endswith(known) or known.endswith(core) for known in names):
        return None
    near = [
        known
        for known in _CORES
        if len(known) == len(core) and sum(a != b for a, b in zip(known, core, strict=True)) == 1
    ]
    if found[2] == "委":
        near = [known for known in near if f"{known}委" in _COMMISSIONS]
    if len(near) == 1:
        return printed[: found.start(1)] + near[0] + printed[found.end(1) :]
    return None
