"""Whatever stands in a file, reading ends, places are true and nothing is dropped."""

from hypothesis import given, settings
from hypothesis import strategies as st

from huiqi.reading import Reading, as_json, read
from tests.reading.papers import HEAD

PIECES = [
    "一、", "（一）", "1.", "（1）", "①", "第一条", "第二章 ", "——", "附件", "附件1\n", "\n", "\n\n", "　　", " ", "2 0 ", "，", "。", "；", "：", "、", "（", "）",
    "〔", "〕", "“", "”", "《", "》", "【", "】", "对", "的", "企业", "项目", "给予", "奖励", "补贴", "分别", "最高", "不超过", "按", "达到", "以上", "到2025年", "每年", "力争",
    "20万元", "5%", "三分之一", "1.1倍", "翻一番", "0的突破", "3家", "3—5家", "半天内", "10个工作日内", "责任单位：", "市科技局", "市财政局", "牵头", "负责", "等按职责分工负责",
    "2021年7月31日", "云政发〔2021〕3号", "关于", "通知", "抄送：", "|甲|乙|\n", "#", "**", "<br>", "9" * 30, "一" * 30, "是指", "同时废止", "自印发之日起施行", "有效期5年", "\ufeff", "\x00",
]  # fmt: skip


def holds(reading: Reading) -> None:
    """What is true of every reading."""
    text = reading.text
    as_json(reading)
    if any(p.severity.value == "错误" for p in reading.problems):
        assert (text, reading.clauses, reading.sentences) == ("", (), ())
        return
    spans = [(s.start, s.end) for s in reading.sentences]
    assert spans == sorted(spans)
    assert all(a[1] <= b[0] for a, b in zip(spans, spans[1:], strict=False))
    assert reading.coverage.in_sentences == reading.coverage.characters
    for target in reading.targets:
        assert text[target.start : target.end] == target.quote
    for support in reading.supports:
        assert text[support.start : support.end] == support.quote
    for clause in reading.clauses:
        assert 0 <= clause.start <= clause.body_start <= len(text)
        assert clause.start <= clause.end <= len(text)
        for unit in clause.units:
            assert text[unit.start : unit.end] == unit.name


@settings(max_examples=200)
@given(st.lists(st.sampled_from(PIECES), max_size=120))
def test_any_mixture_of_official_words(pieces: list[str]) -> None:
    body = "".join(pieces)
    holds(read((HEAD + "一、任务\n（一）支持企业发展。" + body).encode(), name="混.txt"))
    holds(read(body.encode(), name="混.txt"))


@given(st.text(max_size=400))
def test_any_text(text: str) -> None:
    holds(read(text.encode("utf-8", "surrogatepass"), name="字.txt"))


@given(
    st.binary(max_size=600),
    st.sampled_from([b"", b"%PDF-1.4\n", b"PK\x03\x04", b"<html>", b"\xff\xfe"]),
)
def test_any_bytes(data: bytes, head: bytes) -> None:
    holds(read(head + data, name="字.bin"))
