"""The paper as a whole: title, 文号, issuers, dates, what it carries out, when it is in force."""

import re
from dataclasses import dataclass

from huiqi.reading.clean import Cleaned
from huiqi.reading.folding import fold
from huiqi.reading.numerals import number
from huiqi.reading.outline import Outline
from huiqi.reading.values import CitedDocument, Document

GENRES = (
    "通知|意见|办法|方案|规定|细则|措施|计划|规划|决定|公告|通告|条例|纲要|政策|要点|清单|批复|报告|决议|规则|制度|"
    "函|指引|指南|任务分工|分工|若干政策|行动|工作安排|安排|预案|目录|标准|规程|章程|办法（试行）|若干条|条|十条|"
    "解读|建议|倡议书|责任书|工程|政策包"
)
_GENRE_END = re.compile(
    rf"(?:{GENRES})(?:\([^()]{{1,24}}\)|[\[][^\]]{{1,10}}[\]]|《.{{0,3}})?[”》\"]?$"
)
_NUMBER = re.compile(
    r"(?P<who>[\u4e00-\u9fff]{1,14}?(?:\([\u4e00-\u9fff]{1,4}\)[\u4e00-\u9fff]{0,4})?)[\[(〔] ?(?P<year>(?:19|20)\d\d) ?年?[\])〕]"
    r" ?第?(?P<no>\d{1,5}) ?号"
)
_BARE_NUMBER = re.compile(r"^\(?(?:第 ?\d{1,4} ?号|[\u4e00-\u9fff]{2,12}令 ?第? ?\d{1,4} ?号)\)?$")
_DATE = re.compile(
    r"(?P<y>(?:19|20)\d\d|[零一二三四五六七八九]{4}) ?年 ?(?P<m>\d{1,2}|[一二三四五六七八九十]{1,2}) ?月 ?"
    r"(?P<d>\d{1,2}|[一二三四五六七八九十]{1,3}) ?日"
)
_ISO_DATE = re.compile(r"(?P<y>(?:19|20)\d\d)[-./](?P<m>\d{1,2})[-./](?P<d>\d{1,2})(?!\d)")
_LETTERHEAD = re.compile(r"(?P<who>[\u4e00-\u9fff\s]{3,40}?)(?:文件|令|公报)$")
_META = re.compile(
    r"(?:索引号|信息分类|主题分类|体裁分类|发文机[关构]|发布机构|发文字号|文 ?号|成文日期|发布日期|发布时间|生成日期|公开日期|"
    r"公文种类|名称|标题|主题词|来源|浏览次?数?|阅读|点击数?|访问量|字体|字号|有效性|废止日期|时效|责任编辑|作者|分享|打印|"
    r"【?字体|关闭窗口|信息来源|发文日期|服务对象|组配分类|公开类别|公开方式|密级|签发人)\s?[:：\[【]"
)
_BASED = re.compile(
    r"(?:根据|按照|贯彻|落实|依据|遵照|结合|执行|依照|深入实施|实施|学习|围绕|为了|参照|对照|印发|转发)"
)
_BODY = re.compile(
    r"(?:政府|委员会|局|厅|部|办公室|省委|市委|县委|区委|党委|管委会|中心|院|会|银行|支行|分局|党组|公司|大学|处)$"
)
_SALUTATION = re.compile(r"[^。]{2,200}[:]$")


@dataclass(frozen=True, slots=True)
class Frame:
    """The document's facts and which paragraphs are only its frame (letterhead, title, signature)."""

    document: Document
    head: frozenset[int]
    preamble: tuple[int, ...]


def read_document(cleaned: Cleaned, outline: Outline, title_hint: str = "") -> Frame:
    """Facts of the paper from the paragraphs outside the clauses."""
    text, shadow = cleaned.text, cleaned.shadow
    paragraphs = cleaned.paragraphs
    before = list(range(min(outline.first, len(paragraphs))))
    head: set[int] = set()
    titles: list[tuple[str, int]] = []
    pending: list[int] = []
    numbers: list[tuple[str, int]] = []
    letterhead: list[str] = []
    dates: list[tuple[str, int]] = []
    signers: list[tuple[str, int]] = []
    meta: dict[str, str] = {}
    preamble: list[int] = []

    def flush() -> None:
        if pending:
            joined = "".join(text[paragraphs[i].start : paragraphs[i].end] for i in pending)
            titles.append((_spaceless(joined), pending[0]))
            pending.clear()

    for index in before:
        paragraph = paragraphs[index]
        line = shadow[paragraph.start : paragraph.end]
        printed = text[paragraph.start : paragraph.end]
        bare = line.strip("() ")
        if _META.match(line) and len(line) <= 120:
            head.add(index)
            key, _, value = line.partition(":")
            meta[key.strip("[ ")] = printed[len(key) + 1 :].strip()
            continue
        whole = _NUMBER.fullmatch(bare) or _BARE_NUMBER.match(bare)
        if whole is not None and len(line) <= 40:
            flush()
            head.add(index)
            numbers.append((printed.strip("（）() "), index))
            continue
        combined = _NUMBER.search(line)
        if (
            combined
            and len(line) <= 60
            and combined.end() == len(line.rstrip(") "))
            and "《" not in line
            and not re.search("[,。]", line)
        ):
            # A letterhead and its number on one line.
            head.add(index)
            numbers.append((printed[combined.start() : combined.end()], index))
            continue
        dated = _DATE.match(bare)
        if dated is not None and len(bare) - dated.end() <= 3:
            flush_signers = [
                i for i in pending if _BODY.search(shadow[paragraphs[i].start : paragraphs[i].end])
            ]
            for i in flush_signers:
                signers.append((text[paragraphs[i].start : paragraphs[i].end], i))
                pending.remove(i)
            flush()
            head.add(index)
            dates.append((_iso(dated) or "", index))
            continue
        if len(line) <= 70 and not re.search(r"[。;]", line) and not (line.endswith(":")):
            found = _LETTERHEAD.match(line.replace(" ", ""))
            if found is not None and not titles and not pending:
                head.add(index)
                letterhead.append(
                    _spaceless(printed)[: -2 if line.endswith(("文件", "公报")) else -1]
                )
                continue
            if re.search(r"^\(?此[件文]|公开|^附件", line):
                flush()
                head.add(index)
                continue
            head.add(index)
            pending.append(index)
            if _GENRE_END.search(line.replace(" ", "")) and not _title_goes_on(
                index, before, cleaned
            ):
                flush()
            continue
        flush()
        if (
            _SALUTATION.match(line)
            and not re.search(r"[。]", line)
            and len(line) <= 200
            and _is_salutation(line)
        ):
            head.add(index)
            continue
        preamble.append(index)
    flush()
    tail = sorted(outline.closing)
    for index in tail:
        paragraph = paragraphs[index]
        line = shadow[paragraph.start : paragraph.end].strip("() ")
        dated = _DATE.search(line)
        if dated and len(line) <= 40:
            dates.append((_iso(dated) or "", index))
            if index - 1 in outline.closing:
                above = paragraphs[index - 1]
                name = shadow[above.start : above.end]
                if _BODY.search(name.replace(" ", "")) and len(name) <= 40:
                    signers.append((text[above.start : above.end], index - 1))
    title, attachment = _titles(titles, title_hint, meta)
    number = _own_number(numbers, meta)
    printed_on = next((d for d, i in reversed(dates) if _printing(cleaned, i)), None)
    signed = [(d, i) for d, i in dates if not _printing(cleaned, i)]
    issued = signed[0][0] if signed else None
    if issued is None:
        for key in ("成文日期", "发文日期", "发布日期", "发布时间", "生成日期"):
            value = meta.get(key, "")
            found_date = _DATE.search(fold(value)) or _ISO_DATE.search(value)
            if found_date:
                issued = _iso(found_date)
                break
    if issued is None:
        issued = _bracket_date(titles, cleaned, before) or printed_on
    issuer = _issuers(title, letterhead, signers, meta, titles)
    based, cited, replaced = _citations(cleaned, outline, preamble, head)
    start, until, words, span = _force(cleaned, issued)
    document = Document(
        title=title,
        attachment_title=attachment,
        number=number,
        issuer=issuer,
        issued_on=issued,
        printed_on=printed_on,
        based_on=based,
        cited=cited,
        replaces=replaced,
        in_force_from=start,
        in_force_until=until,
        in_force_words=words,
        in_force_span=span,
    )
    return Frame(document, frozenset(head), tuple(preamble))


def _spaceless(printed: str) -> str:
    return re.sub(r"(?<=[^\x00-\x7f])\s+|\s+(?=[^\x00-\x7f])", "", printed).strip("# *")


def _title_goes_on(index: int, before: list[int], cleaned: Cleaned) -> bool:
    """Whether the next line still belongs to the title: a bracket such as （试行）, or 的通知."""
    if index + 1 not in before:
        return False
    following = cleaned.paragraphs[index + 1]
    line = cleaned.shadow[following.start : following.end]
    if re.fullmatch(r"\((?:试行|暂行|修订|修订稿|征求意见稿|20\d\d年?(?:修订|修正|版|本))\)", line):
        return True
    return bool(re.match(r"的?(?:通知|意见|决定|公告|实施意见)$", line))


def _is_salutation(line: str) -> bool:
    return bool(
        re.match(
            r"各|市直|省直|县直|机关|有关|全市|全省|全区|全县|驻|开发区|[\u4e00-\u9fff]{2,16}(?:政府|委员会|管委会|局|厅|公司)[,、:]",
            line,
        )
    ) and not re.search(r"如下|为了|根据", line)


def _titles(
    titles: list[tuple[str, int]], hint: str, meta: dict[str, str]
) -> tuple[str, str | None]:
    """The paper's title, and the title of the plan inside a covering notice."""
    real = [t for t, _ in titles if _GENRE_END.search(fold(t)) and len(t) >= 5]
    if not real:
        stated = meta.get("标题") or meta.get("名称") or hint
        longest = max((t for t, _ in titles), key=len, default="")
        return (stated or longest), None
    title = real[0]
    inner = next((t for t in real[1:] if t != title), None)
    return title, inner


def _own_number(numbers: list[tuple[str, int]], meta: dict[str, str]) -> str | None:
    if numbers:
        return re.sub(r"\s", "", numbers[0][0])
    for key in ("发文字号", "文号", "文 号"):
        value = re.sub(r"\s", "", meta.get(key, ""))
        if value and re.search(r"\d", value):
            return value
    return None


def _printing(cleaned: Cleaned, index: int) -> bool:
    paragraph = cleaned.paragraphs[index]
    return "印发" in cleaned.shadow[paragraph.start : paragraph.end]


def _iso(found: re.Match[str]) -> str | None:
    year, month, day = (number(found[k]) for k in ("y", "m", "d"))
    if year is None or month is None or day is None:
        return None
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return f"{int(year):04d}-{int(month):02d}-{int(day):02d}"


def _bracket_date(titles: list[tuple[str, int]], cleaned: Cleaned, before: list[int]) -> str | None:
    """（2021年3月5日…发布）below a title."""
    for index in before[:12]:
        paragraph = cleaned.paragraphs[index]
        line = cleaned.shadow[paragraph.start : paragraph.end]
        if line.startswith("(") and (found := _DATE.search(line)) and len(line) <= 60:
            return _iso(found)
    return None


def _issuers(
    title: str,
    letterhead: list[str],
    signers: list[tuple[str, int]],
    meta: dict[str, str],
    titles: list[tuple[str, int]],
) -> tuple[str, ...]:
    """Signature lines, then the words before 关于, then the letterhead."""
    names: list[str] = []
    head = re.split(r"关于|印发|转发|批转", title, maxsplit=1)[0] if title else ""
    head = head.strip("《 ")
    if head and head != title:
        names.extend(_bodies(head, [s for s, _ in signers]))
    if not names:
        for name, _ in signers:
            names.extend(_bodies(name, []))
    if not names:
        for name in letterhead:
            names.extend(_bodies(name, []))
    if not names:
        for key in ("发文机关", "发文机构", "发布机构"):
            if meta.get(key):
                names.extend(_bodies(meta[key], []))
                break
    out: list[str] = []
    for name in names:
        if name and name not in out:
            out.append(name)
    return tuple(out)


_SPLIT_BODIES = re.compile(
    r"(?<=政府办公室)|(?<=政府)(?!办)|(?<=委办公室)|(?<=委员会)(?!办)|(?<=[省市县区州]委)(?!办|组|宣|统|政|员|改|网|机|老|党)"
    r"|(?<=局)(?=[\u4e00-\u9fff]{3})|(?<=厅)(?=[\u4e00-\u9fff]{3})"
)


def _bodies(printed: str, known: list[str]) -> list[str]:
    """中共长治市委长治市人民政府 -> two bodies."""
    parts: list[str] = []
    for piece in re.split(r"[\s、,，]+", printed):
        parts.extend(part for part in _SPLIT_BODIES.split(piece) if part)
    out: list[str] = []
    for part in parts:
        if _BODY.search(part) or part in known:
            out.append(part)
        elif out and not _BODY.search(part):
            continue
    return out


_CITED = re.compile(
    r"《(?P<title>[^《》\n]{3,120}(?:《[^《》\n]{2,80}》[^《》\n]{0,40})?)》(?=(?P<rest>[^\n]{0,40}))"
)


def _citations(
    cleaned: Cleaned, outline: Outline, preamble: list[int], head: set[int]
) -> tuple[tuple[CitedDocument, ...], tuple[CitedDocument, ...], tuple[CitedDocument, ...]]:
    based: list[CitedDocument] = []
    cited: list[CitedDocument] = []
    replaced: list[CitedDocument] = []
    seen: set[str] = set()
    own = {
        re.sub(r"\s", "", cleaned.shadow[cleaned.paragraphs[i].start : cleaned.paragraphs[i].end])
        for i in head
    }
    purpose = _purpose(cleaned, outline)
    for index, paragraph in enumerate(cleaned.paragraphs):
        if index in head:
            continue
        shadow = cleaned.shadow[paragraph.start : paragraph.end]
        for found in _CITED.finditer(shadow):
            start, end = paragraph.start + found.start(), paragraph.start + found.end("title") + 1
            title = cleaned.text[
                paragraph.start + found.start("title") : paragraph.start + found.end("title")
            ]
            number = None
            after = re.match(
                r" ?\(([^()]{0,12}[\[(〔] ?(?:19|20)\d\d ?[\])〕][^()]{0,8}号)\)", found["rest"]
            ) or re.match(
                r" ?\(?(?P<n>[\u4e00-\u9fff]{1,14}[\[(] ?(?:19|20)\d\d ?[\])] ?第?\d{1,5} ?号)",
                found["rest"],
            )
            if after:
                a = paragraph.start + found.start("rest") + after.start(1)
                number = re.sub(r"\s", "", cleaned.text[a : a + len(after[1])])
                end = paragraph.start + found.start("rest") + after.end()
            document = CitedDocument(re.sub(r"\s", "", title), number, start, end)
            back = max(0, found.start() - 400)
            sentence = shadow[
                max(back, shadow.rfind("。", back, found.start()) + 1) : found.end() + 400
            ]
            stop = sentence.find("。")
            sentence = sentence if stop < 0 else sentence[:stop]
            if re.search(r"同时废止|予以废止|停止执行|不再执行|废止", sentence):
                replaced.append(document)
                continue
            if any(fold(document.title) in line for line in own):
                continue
            if document.title in seen:
                continue
            lead = shadow[max(back, shadow.rfind("。", back, found.start()) + 1) : found.start()]
            made = re.search(r"(?:研究|组织)?(?:制定|起草|编制)(?:了|形成)?$", lead)
            if (index in preamble or index in purpose) and not made and _BASED.search(lead):
                based.append(document)
                seen.add(document.title)
            else:
                cited.append(document)
    return tuple(based), tuple(cited), tuple(replaced)


def _purpose(cleaned: Cleaned, outline: Outline) -> set[int]:
    """第一条 为了…，根据《…》，制定本办法: the article that stands for a preamble."""
    out = set()
    if outline.first < len(cleaned.paragraphs):
        for index in range(outline.first, min(outline.first + 4, len(cleaned.paragraphs))):
            paragraph = cleaned.paragraphs[index]
            if re.search(
                r"制定本|特?制定如下|结合.{0,12}实际",
                cleaned.shadow[paragraph.start : paragraph.end],
            ):
                out.add(index)
    return out


_FORCE = re.compile(
    r"(?:自|从)(?P<from>[^,。;]{2,24}?)起?(?:施行|实施|执行|生效|实行)|有效期(?:限)?(?:为|至|到)?|执行(?:期限|时间|期)|实施期限|施行期限"
)


def _force(
    cleaned: Cleaned, issued: str | None
) -> tuple[str | None, str | None, str | None, tuple[int, str] | None]:
    """From, until, the words, and a span such as (5, 年)."""
    shadow = cleaned.shadow
    start: str | None = None
    until: str | None = None
    words: str | None = None
    span: tuple[int, str] | None = None
    for found in _FORCE.finditer(shadow):
        a = (
            max(
                shadow.rfind("。", max(0, found.start() - 400), found.start()),
                shadow.rfind("\n", max(0, found.start() - 400), found.start()),
            )
            + 1
        )
        b_candidates = [
            x
            for x in (
                shadow.find("。", found.end(), found.end() + 300),
                shadow.find("\n", found.end(), found.end() + 300),
            )
            if x >= 0
        ]
        b = min(b_candidates, default=min(len(shadow), found.end() + 300))
        if b - a > 300:
            continue
        sentence = shadow[a:b]
        if not re.search(
            r"本(?:办法|细则|规定|意见|方案|措施|政策|通知|规划|计划|条例|行动|实施|规则|若干|文件|指引)|有效期|以上政策|政策(?:措施)?(?:执行|实施|有效)|^自|执行期",
            sentence,
        ) or re.search(r"证书|贷款|协议|合同|许可证|专利.{0,4}有效期|有效期内", sentence):
            continue
        words = words or cleaned.text[a:b].strip()
        begin = re.search(r"(?:自|从) ?(.{2,24}?) ?起", sentence)
        if begin and start is None:
            date = _DATE.search(begin[1])
            if date:
                start = _iso(date)
            elif re.search(r"(?:印发|发布|公布|发文|签发|颁布)之?日", sentence) and not re.search(
                r"\d+ ?日(?:后|之?后)", begin[0] + sentence[begin.end() : begin.end() + 4]
            ):
                start = issued
        end = re.search(
            r"(?:至|到|截至|截止至?|-|—) ?((?:19|20)\d\d ?年 ?\d{1,2} ?月 ?\d{1,2} ?日)", sentence
        )
        if end and until is None:
            date = _DATE.search(end[1])
            until = _iso(date) if date else None
        length = re.search(
            r"(?:有效期|期限|执行期|施行期|试行期|试行)[^\d一二三四五六七八九十两,。]{0,4}(\d{1,2}|[一二三四五六七八九十两]{1,2}) ?(?:个)?(年|月)",
            sentence,
        )
        if length and span is None:
            count = number(length[1])
            if count is not None:
                span = (int(count), length[2])
    return start, until, words, span
