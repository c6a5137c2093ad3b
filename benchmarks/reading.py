"""How long the reader takes for a hundred papers of ten thousand characters, invented here.

Run: `python benchmarks/reading.py`. Prints wall and processor seconds of the whole hundred.
"""

import time

from huiqi.reading import read

CLAUSE = (
    "（一）支持企业创新。对首次认定的高新技术企业给予20万元奖励。到2025年，孵化器达到20家以上。"
    "支持企业加大研发投入，完善服务体系，优化营商环境。（责任单位：市科技局、市财政局）\n"
)
PAPER = "某某市人民政府关于促进创新创业的若干措施\n某政发〔2023〕7号\n一、支持创新\n"


def main() -> None:
    numbers = "一二三四五六七八九十"
    text = PAPER + "".join(CLAUSE.replace("（一）", f"（{number}）") for number in numbers)
    while len(text) < 10_000:
        text += "二、继续支持\n" + "".join(
            CLAUSE.replace("（一）", f"（{number}）") for number in numbers
        )
    data = text[:10_000].encode()
    wall, processor = time.perf_counter(), time.process_time()
    found = sum(len(read(data, name=f"{index}.txt").supports) for index in range(100))
    print(
        f"100 papers, {len(data.decode()):,} characters each, {found:,} supports: "
        f"{time.perf_counter() - wall:.2f} s wall, {time.process_time() - processor:.2f} s processor"
    )


if __name__ == "__main__":
    main()
