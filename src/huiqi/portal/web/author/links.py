"""Links between the clauses of two documents: proposed by the reader, judged by an author side by side."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from huiqi.portal.base import rules
from huiqi.portal.base.access import actor_of, allow
from huiqi.portal.base.enums import Role
from huiqi.portal.policies import lineage, linking
from huiqi.portal.policies.finding import marked
from huiqi.portal.policies.linking import Pair
from huiqi.portal.policies.marking import Run
from huiqi.portal.policies.models import LinkDecision
from huiqi.portal.web.acting import done, pressed
from huiqi.portal.web.listing import Listing
from huiqi.portal.web.numbers import whole
from huiqi.reading.lineage import Lineage, Link, Part, Status
from huiqi.rulebook.library.policy import Clause, Policy
from huiqi.rulebook.reference.explaining import number_words

DESK = (Role.AUTHOR, Role.SIGNER)
PER_PAGE = 20
TABS = {
    "ask": ("交人判断", Status.PERSON),
    "sure": ("系统认为确定", Status.CERTAIN),
    "confirmed": ("已确认", Status.CONFIRMED),
    "rejected": ("已否定", Status.REJECTED),
}
JUDGEMENTS = {"yes": "承接", "no": "不承接", "other": "承接的是另一条"}


class JudgementForm(forms.Form):
    """What a person says of one pair, and why."""

    judgement = forms.ChoiceField(
        label="判断", choices=list(JUDGEMENTS.items()), widget=forms.RadioSelect
    )
    instead = forms.ChoiceField(
        label="另一条", required=False, help_text="只在“承接的是另一条”时选"
    )
    reason = forms.CharField(label="理由", max_length=400, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, below: Policy, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["instead"].choices = [("", "请选择"), *_choices(below)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if values.get("judgement") == "other" and not values.get("instead"):
            self.add_error("instead", "选一条承接它的条款")
        if values.get("judgement") != "other":
            values["instead"] = ""
        return values


class AddForm(forms.Form):
    """A pair that the reader did not propose."""

    above = forms.ChoiceField(label="上级条款")
    below = forms.ChoiceField(label="由哪一条承接")
    reason = forms.CharField(label="理由", max_length=400, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, upper: Policy, lower: Policy, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "add-%s", **kwargs})
        for name, policy in (("above", upper), ("below", lower)):
            self.fields[name].choices = [("", "请选择"), *_choices(policy)]  # type: ignore[attr-defined]


def _choices(policy: Policy) -> list[tuple[str, str]]:
    return [
        (clause.id, f"{number_words(clause.number)} {clause.heading}") for clause in policy.clauses
    ]


@dataclass(frozen=True, slots=True)
class Side:
    """One clause as it stands beside the other; words in common are marked."""

    clause: Clause
    words: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """One pair with what is known of it and the form to judge it."""

    anchor: str
    link: Link
    above: Side
    below: Side
    said: LinkDecision | None
    form: JudgementForm | None

    @property
    def seal(self) -> str:
        return linking.seal(self.said)

    @property
    def is_judged(self) -> bool:
        return self.link.confirmation is not None

    @property
    def in_folder(self) -> bool:
        """Whether the word shown stands in the folder: no other does, or it is later than the page's."""
        kept = self.link.confirmation
        return self.said is None or (kept is not None and lineage.is_later(kept, self.said))


@allow(*DESK)
def pairs(request: HttpRequest) -> HttpResponse:
    """Which documents to compare, and how much of each pair waits for a person."""
    library = rules.library()
    lines = []
    found = lineage.edges(library)
    compared = lineage.compared(library, [(edge.upper, edge.lower) for edge in found])
    for edge in found:
        made = compared[edge.upper, edge.lower]
        counted = Counter(link.status for link in made.links)
        lines.append(
            {
                "above": library.by_id[edge.upper],
                "below": library.by_id[edge.lower],
                "named": edge.named,
                "asked": counted[Status.PERSON],
                "sure": counted[Status.CERTAIN],
                "judged": counted[Status.CONFIRMED] + counted[Status.REJECTED],
                "uncarried": len(made.uncarried),
            }
        )
    return render(request, "web/author/link_pairs.html", {"lines": lines})


@allow(*DESK)
def links(request: HttpRequest, upper: str, lower: str) -> HttpResponse:
    """The links of two documents, one state at a time."""
    return _page(request, upper, lower)


def _page(
    request: HttpRequest,
    upper: str,
    lower: str,
    *,
    failed: tuple[Pair, JudgementForm] | None = None,
    adding: AddForm | None = None,
) -> HttpResponse:
    made, above, below = _compared(upper, lower)
    may_judge = actor_of(request).has(Role.AUTHOR)
    counts = {
        key: sum(one.status is state for one in made.links) for key, (_, state) in TABS.items()
    }
    shown = request.GET.get("show", "")
    if shown not in TABS:
        shown = "ask" if counts["ask"] else next((key for key in TABS if counts[key]), "ask")
    found = [link for link in made.links if link.status is TABS[shown][1]]
    if failed is not None:
        found = [one for one in made.links if (one.above, one.below) == _ends(failed[0])]
    listed = _paged(found, request.GET.get("page", ""))
    form = adding or AddForm(upper=above, lower=below)
    return render(
        request,
        "web/author/links.html",
        {
            "above": above,
            "below": below,
            "ground": made.grounds[0][1],
            "tabs": [(key, word, counts[key], key == shown) for key, (word, _) in TABS.items()],
            "shown": shown,
            "listing": listed,
            "cards": _cards(made, above, below, listed.rows, may_judge, failed),
            "add": form if may_judge else None,
            "uncarried": [
                above.by_clause[part.id] for part in made.uncarried if part.id in above.by_clause
            ],
        },
        status=422 if failed or adding else 200,
    )


def _compared(upper: str, lower: str) -> tuple[Lineage, Policy, Policy]:
    made = lineage.between(upper, lower)
    if made is None:
        raise Http404("这两份文件不都在施行，不能对照")
    library = rules.library()
    return made, library.by_id[upper], library.by_id[lower]


def _ends(pair: Pair) -> tuple[str, str]:
    return pair.above, pair.below


def _paged(found: list[Link], asked: str) -> Listing[Link]:
    pages = max(1, -(-len(found) // PER_PAGE))
    number = min(pages, max(1, whole(asked) or 1))
    rows = found[(number - 1) * PER_PAGE : number * PER_PAGE]
    return Listing(rows, None, "", False, number, pages, len(found), False, False, False)


def _cards(
    made: Lineage,
    above: Policy,
    below: Policy,
    shown: Any,
    may_judge: bool,
    failed: tuple[Pair, JudgementForm] | None,
) -> list[Card]:
    uppers = {part.id: part for part in made.upper.parts}
    lowers = {part.id: part for part in made.lowers[0].parts}
    said = {
        (row.above, row.below): row
        for row in LinkDecision.objects.filter(upper=above.id, lower=below.id)
    }
    cards = []
    for link in shown:
        if link.above not in above.by_clause or link.below not in below.by_clause:
            continue
        anchor = f"{link.above}-{link.below}"
        form = JudgementForm(below=below, auto_id=f"{anchor}-%s") if may_judge else None
        if failed is not None and _ends(failed[0]) == (link.above, link.below):
            form = failed[1]
        words = " ".join(link.terms)
        cards.append(
            Card(
                anchor,
                link,
                _side(above.by_clause[link.above], uppers[link.above], words),
                _side(below.by_clause[link.below], lowers[link.below], words),
                said.get((link.above, link.below)),
                form,
            )
        )
    return cards


def _side(clause: Clause, part: Part, words: str) -> Side:
    return Side(clause, marked(part.words, words))


# -------------------------------------------------------------------- acts


@allow(Role.AUTHOR)
@require_POST
def judge(request: HttpRequest, upper: str, lower: str) -> HttpResponse:
    """Keeps what a person says of one pair."""
    _, above, below = _compared(upper, lower)
    pair = Pair(upper, request.POST.get("above", ""), lower, request.POST.get("below", ""))
    if pair.above not in above.by_clause or pair.below not in below.by_clause:
        raise Http404("没有这一对条款")
    form = JudgementForm(request.POST, below=below, auto_id=f"{pair.above}-{pair.below}-%s")

    def keep(values: Mapping[str, Any]) -> None:
        linking.decide_link(
            pair,
            carries=values["judgement"] == "yes",
            instead=values["instead"],
            reason=values["reason"],
            seen=request.POST.get("seen", ""),
            by=actor_of(request),
            at=timezone.now(),
        )

    if done(form, keep):
        messages.success(request, f"已记下：{JUDGEMENTS[form.cleaned_data['judgement']]}")
        return redirect(_back(request, upper, lower))
    return _page(request, upper, lower, failed=(pair, form))


@allow(Role.AUTHOR)
@require_POST
def add(request: HttpRequest, upper: str, lower: str) -> HttpResponse:
    """Confirms a pair that the reader did not propose."""
    _, above, below = _compared(upper, lower)
    form = AddForm(request.POST, upper=above, lower=below)

    def keep(values: Mapping[str, Any]) -> None:
        linking.decide_link(
            Pair(upper, values["above"], lower, values["below"]),
            carries=True,
            reason=values["reason"],
            seen="",
            by=actor_of(request),
            at=timezone.now(),
        )

    if done(form, keep):
        messages.success(request, "已加上这一对，记为承接")
        return redirect(f"{reverse('web:links', args=[upper, lower])}?show=confirmed")
    return _page(request, upper, lower, adding=form)


@allow(Role.AUTHOR)
@require_POST
def take_back(request: HttpRequest, upper: str, lower: str) -> HttpResponse:
    """Takes a judgement back."""
    pair = Pair(upper, request.POST.get("above", ""), lower, request.POST.get("below", ""))
    pressed(
        request,
        lambda: linking.take_back(
            pair, seen=request.POST.get("seen", ""), by=actor_of(request), at=timezone.now()
        ),
        "已收回判断，仍按系统读出的显示",
    )
    return redirect(_back(request, upper, lower))


def _back(request: HttpRequest, upper: str, lower: str) -> str:
    """The same tab of the same page."""
    shown = request.POST.get("show", "")
    query = f"?show={shown}" if shown in TABS else ""
    return f"{reverse('web:links', args=[upper, lower])}{query}"


urlpatterns = [
    path("author/lineage/", pairs, name="link_pairs"),
    path("author/lineage/<slug:upper>/<slug:lower>/", links, name="links"),
    path("author/lineage/<slug:upper>/<slug:lower>/judge/", judge, name="link_judge"),
    path("author/lineage/<slug:upper>/<slug:lower>/add/", add, name="link_add"),
    path("author/lineage/<slug:upper>/<slug:lower>/back/", take_back, name="link_take_back"),
]
