"""Four answers, never two: yes, no, facts missing, a person must judge.

The logic is Kleene's with a fourth value. In *and* a no decides, in *or* a yes decides; otherwise
missing facts come before judgement, because facts can be fetched before a person is troubled.
De Morgan's laws hold.
"""

from collections.abc import Iterable
from enum import IntEnum


class Answer(IntEnum):
    """The number is what tables store; see :data:`CHINESE` for what people read."""

    NO = 0
    YES = 1
    MISSING = 2
    JUDGE = 3

    @property
    def chinese(self) -> str:
        return CHINESE[self]

    @property
    def sign(self) -> str:
        return SIGNS[self]


CHINESE = {Answer.YES: "应享", Answer.NO: "不享", Answer.MISSING: "缺事实", Answer.JUDGE: "需认定"}
SIGNS = {Answer.YES: "✓", Answer.NO: "✗", Answer.MISSING: "?", Answer.JUDGE: "需认定"}
BY_CHINESE = {word: answer for answer, word in CHINESE.items()}


def negate(answer: Answer) -> Answer:
    """Not: yes and no change places, the other two stay."""
    if answer is Answer.YES:
        return Answer.NO
    return Answer.YES if answer is Answer.NO else answer


def conjunction(answers: Iterable[Answer]) -> Answer:
    """And: no, else missing, else judge, else yes. Stops at the first no."""
    out = Answer.YES
    for answer in answers:
        if answer is Answer.NO:
            return answer
        if answer is Answer.MISSING or (answer is Answer.JUDGE and out is Answer.YES):
            out = answer
    return out


def disjunction(answers: Iterable[Answer]) -> Answer:
    """Or: yes, else missing, else judge, else no. Stops at the first yes."""
    out = Answer.NO
    for answer in answers:
        if answer is Answer.YES:
            return answer
        if answer is Answer.MISSING or (answer is Answer.JUDGE and out is Answer.NO):
            out = answer
    return out
