"""The release desk: drafts, what is wrong with them, signatures, what is in force, what was."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from huiqi.portal.base.access import actor_of, allow
from huiqi.portal.base.enums import Role
from huiqi.portal.base.refusal import Refused
from huiqi.portal.policies import actions, drafting, exporting, queries, reviewing, signing
from huiqi.portal.policies.actions import Broken
from huiqi.portal.policies.checking import check
from huiqi.portal.policies.diff import changed_files, changed_values
from huiqi.portal.policies.enums import ReleaseState, Signed
from huiqi.portal.policies.files import BACKDROPS
from huiqi.portal.policies.models import Release
from huiqi.portal.web.acting import done
from huiqi.portal.web.listing import Filters, listing
from huiqi.portal.web.numbers import whole
from huiqi.rulebook.handbook.pages import case_line

DESK = (Role.AUTHOR, Role.SIGNER)
_BLOCKING = Q(findings__is_error=True) & (Q(findings__decision="") | Q(findings__is_stale=True))
STEPS = (
    (ReleaseState.DRAFT, "起草"),
    (ReleaseState.REVIEWED, "送签"),
    (ReleaseState.IN_FORCE, "施行"),
)
OVER = (ReleaseState.SUPERSEDED, ReleaseState.WITHDRAWN)


class ReleaseFilters(Filters):
    """By words and state."""

    q = forms.CharField(label="名称、文号或目录名", max_length=60)
    state = forms.ChoiceField(label="状态", choices=[("", "全部状态"), *ReleaseState.choices])

    def narrow(self, rows: QuerySet[Release], values: Mapping[str, Any]) -> QuerySet[Release]:
        if values["q"]:
            words = values["q"].strip()
            rows = rows.filter(
                Q(title__contains=words) | Q(number__contains=words) | Q(slug__contains=words)
            )
        return rows.filter(state=values["state"]) if values["state"] else rows


class ZipForm(forms.Form):
    """A whole policy folder as a zip."""

    slug = forms.CharField(
        label="目录名",
        max_length=60,
        help_text="小写字母、数字和连字符，如 gaoping-2022-43；词汇表写 vocabulary",
    )
    file = forms.FileField(
        label="政策目录的 ZIP",
        help_text="里面是 policy.yaml、targets.yaml、supports、cases",
        widget=forms.ClearableFileInput(attrs={"accept": ".zip"}),
    )
    note = forms.CharField(
        label="说明", max_length=400, required=False, help_text="只给编制和签发的人看，不公开"
    )


class FileForm(forms.Form):
    """One file of a draft as text."""

    path = forms.CharField(label="文件名", max_length=160, help_text="如 supports/示例奖励.yaml")
    text = forms.CharField(
        label="内容",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"class": "is-file", "spellcheck": "false"}),
    )


class ReasonForm(forms.Form):
    """A reason or remark."""

    reason = forms.CharField(
        label="理由", max_length=400, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


@allow(*DESK)
def releases(request: HttpRequest) -> HttpResponse:
    """All versions, the open ones first; a form to draft from a zip."""
    form, problems = ZipForm(), list[Any]()
    if request.method == "POST":
        form = ZipForm(request.POST, request.FILES)
        made, problems = _drafted(request, form)
        if made is not None:
            return redirect("web:release", made.pk)
    rows = (
        queries.releases(actor_of(request))
        .select_related("made_by")
        .defer("files", "warnings")
        .annotate(
            left=Count("findings", filter=_BLOCKING),
        )
    )
    listed = listing(
        request,
        rows,
        ReleaseFilters,
        sorts={
            "made": ("made_at",),
            "slug": ("slug", "-version"),
            "state": ("state", "slug"),
        },
        default_sort="-made",
    )
    return render(
        request,
        "web/author/releases.html",
        {
            "form": form,
            "problems": problems,
            "listing": listed,
            "in_force": queries.in_force().defer("files", "problems", "warnings"),
            "may_draft": actor_of(request).has(Role.AUTHOR),
        },
        status=422 if form.errors or problems else 200,
    )


def _drafted(request: HttpRequest, form: ZipForm) -> tuple[Release | None, list[Any]]:
    if not actor_of(request).has(Role.AUTHOR):
        form.add_error(None, "只有政策编制员可以起草")
        return None, []
    made: list[Release] = []
    problems: list[Any] = []

    def keep(values: Mapping[str, Any]) -> None:
        try:
            made.append(
                actions.draft_from_zip(
                    values["slug"],
                    values["file"],
                    note=values["note"],
                    by=actor_of(request),
                    at=timezone.now(),
                )
            )
        except Broken as refused:
            problems.extend(refused.problems)

    done(form, keep)
    return (made[0] if made else None), problems


@allow(*DESK)
def release(request: HttpRequest, pk: int) -> HttpResponse:
    """One version: where it stands, what is wrong, who signed, what is different, what to do next."""
    return _page(request, _release(request, pk))


def _page(
    request: HttpRequest,
    row: Release,
    *,
    problems: list[Any] | None = None,
    refused: str = "",
    reason: str = "",
    status: int = 200,
) -> HttpResponse:
    actor = actor_of(request)
    present = queries.in_force().filter(slug=row.slug).exclude(pk=row.pk).first()
    before = present if row.state in actions.OPEN else _before(row)
    values = changed_values(before.files, row.files) if before else []
    mine = actor.user is not None and actor.user.pk in row.authors
    signatures = list(row.signatures.select_related("by", "unit").order_by("at"))
    return render(
        request,
        "web/author/release.html",
        {
            "release": row,
            "steps": _steps(row),
            "problems": problems or _missed(row) or row.problems,
            "refused": refused,
            "job": row.job,
            "job_counts": _counts(row),
            "cases": _cases(row),
            "reason": ReasonForm(initial={"reason": reason}),
            "signatures": signatures,
            "missing": signing.missing(row) if row.state == ReleaseState.REVIEWED else (),
            "before": before,
            "values": values,
            "findings": list(row.findings.order_by("id")),
            "is_looked": row.looked_at is not None,
            "blocking": row.findings.filter(reviewing.BLOCKING).count(),
            "files": _grouped(row.files),
            "history": queries.releases(actor)
            .filter(slug=row.slug)
            .defer("files", "problems", "warnings")
            .order_by("-version"),
            "is_open": row.state in actions.OPEN,
            "is_backdrop": row.slug in BACKDROPS,
            "may_edit": actor.has(Role.AUTHOR) and row.state in actions.OPEN,
            "may_draft": actor.has(Role.AUTHOR) and row.state not in actions.OPEN,
            "may_sign": actor.has(Role.SIGNER) and row.state == ReleaseState.REVIEWED and not mine,
            "may_withdraw": actor.has(Role.SIGNER)
            and row.state == ReleaseState.IN_FORCE
            and row.slug not in BACKDROPS,
            "mine": mine,
        },
        status=status,
    )


def _missed(row: Release) -> list[Any]:
    """What stopped the last attempt to hand over or release, while the content is still the same."""
    if row.job is None or not _counts(row):
        return []
    return list(row.job.result.get("problems", []))


def _cases(row: Release) -> str:
    """What the check before the last step came to; empty where there was nothing to compute."""
    many = row.job.result.get("cases", 0) if row.job is not None else 0
    done = "已施行" if row.state == ReleaseState.IN_FORCE else "已送签"
    return f"{many}个边界用例在两个计算引擎上都符合，{done}" if many else ""


def _counts(row: Release) -> bool:
    """Whether how the last attempt ended still says something: nothing was changed since."""
    return row.job is not None and row.job.parameters.get("seen") == row.digest


def _steps(row: Release) -> list[tuple[str, str]]:
    """The steps of a release with what is done, present and to come."""
    if row.state in OVER:
        return [(words, "done") for _, words in STEPS] + [(str(row.get_state_display()), "here")]
    order = [state for state, _ in STEPS]
    at = order.index(ReleaseState(row.state))
    return [
        (words, "done" if index < at else "here" if index == at else "")
        for index, (_, words) in enumerate(STEPS)
    ]


def _grouped(names: Iterable[str]) -> list[tuple[str, list[tuple[str, str]]]]:
    """The files below the headings that people know them by, without folder and ending."""
    groups: dict[str, list[tuple[str, str]]] = {"文件与目标": [], "支持": [], "边界用例": []}
    for name in sorted(names):
        folder, _, last = name.rpartition("/")
        title = {"supports": "支持", "cases": "边界用例"}.get(folder, "文件与目标")
        label = last.removesuffix(".yaml") if folder in ("supports", "cases") else name
        groups[title].append((name, label))
    return [(title, listed) for title, listed in groups.items() if listed]


def _before(row: Release) -> Release | None:
    """The version that this one took the place of."""
    earlier = Release.objects.filter(
        slug=row.slug, version__lt=row.version, released_at__isnull=False
    )
    return earlier.order_by("-version").first()


# -------------------------------------------------------------------- acts


@allow(Role.AUTHOR)
@require_POST
def draft(request: HttpRequest, pk: int) -> HttpResponse:
    """A new draft that begins as a copy of this version."""
    row = _release(request, pk)
    return _done(
        request,
        row,
        lambda: actions.draft_from(row, by=actor_of(request), at=timezone.now()),
        "已起草新的一版，改好以后送签",
    )


@allow(Role.AUTHOR)
@require_POST
def from_document(request: HttpRequest, slug: str) -> HttpResponse:
    """The first draft of a folder, from the words of a confirmed document."""
    document = get_object_or_404(queries.documents(), slug=slug)
    wanted = request.POST.get("slug", "").strip()
    try:
        made = drafting.draft_from_document(
            document, wanted, by=actor_of(request), at=timezone.now()
        )
    except Refused as refused:
        messages.error(request, str(refused))
        back = reverse("web:document", args=[slug])
        return redirect(f"{back}?{urlencode({'folder': wanted})}#folder")
    messages.success(request, "已由原文起草。待定的地方列在提醒里，逐处定下，再补边界用例")
    return redirect("web:release", made.pk)


@allow(Role.AUTHOR)
@require_POST
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """Hands a draft over to be signed."""
    row = _release(request, pk)
    return _done(
        request,
        row,
        lambda: actions.ask_review(
            row, seen=request.POST.get("seen", ""), by=actor_of(request), at=timezone.now()
        ),
        "已提交，两个计算引擎都算过全部用例才送签",
    )


@allow(Role.SIGNER)
def sign(request: HttpRequest, pk: int, what: str) -> HttpResponse:
    """What a signature vouches for, and the signature."""
    row = _release(request, pk)
    if what not in Signed.values or Signed(what) not in signing.needed(row):
        raise Http404
    asked = Signed(what)
    if request.method == "POST":
        return _done(
            request,
            row,
            lambda: actions.sign(
                row,
                asked,
                seen=request.POST.get("seen", ""),
                note=request.POST.get("reason", ""),
                by=actor_of(request),
                at=timezone.now(),
            ),
            f"已签{asked.label}",
        )
    checked = check(row.slug, row.files) if asked is Signed.CASES else None
    actor = actor_of(request)
    return render(
        request,
        "web/author/sign.html",
        {
            "release": row,
            "what": asked,
            "seen": signing.digest_of(row, asked),
            "reason": ReasonForm(),
            "cases": [
                (case.supports[0], case_line(case, checked.library.vocabulary))
                for case in checked.cases
            ]
            if checked
            else [],
            "interpretations": signing.interpretations(row)
            if asked is Signed.INTERPRETATIONS
            else [],
            "may_sign": row.state == ReleaseState.REVIEWED
            and actor.user is not None
            and actor.user.pk not in row.authors,
        },
    )


@allow(Role.SIGNER)
@require_POST
def put_in_force(request: HttpRequest, pk: int) -> HttpResponse:
    """Releases a signed version."""
    row = _release(request, pk)
    return _done(
        request,
        row,
        lambda: actions.ask_release(
            row, seen=request.POST.get("seen", ""), by=actor_of(request), at=timezone.now()
        ),
        "已提交，再检查一遍没有问题就发布",
    )


@allow(Role.SIGNER)
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes a version out of force."""
    row = _release(request, pk)
    reason = request.POST.get("reason", "")
    return _done(
        request,
        row,
        lambda: actions.withdraw(row, reason=reason, by=actor_of(request), at=timezone.now()),
        "已撤回，这项政策的支持不再显示和匹配",
    )


@allow(Role.AUTHOR)
@require_POST
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Removes a draft."""
    row = _release(request, pk)
    try:
        actions.discard_draft(row, by=actor_of(request), at=timezone.now())
    except Refused as refused:
        return _page(request, row, refused=str(refused), status=422)
    messages.success(request, f"已删除 {row.slug} 第{row.version}版草稿")
    return redirect("web:releases")


def _done(
    request: HttpRequest, row: Release, act: Callable[[], object], words: str
) -> HttpResponse:
    """Does an act and shows what came of it; a refusal stands on the page with its remedy."""
    reason = request.POST.get("reason", "")
    try:
        made = act()
    except Broken as refused:
        return _page(
            request,
            row,
            problems=[problem.as_dict() for problem in refused.problems],
            refused=refused.what,
            reason=reason,
            status=422,
        )
    except Refused as refused:
        return _page(request, row, refused=str(refused), reason=reason, status=422)
    messages.success(request, words)
    return redirect("web:release", made.pk if isinstance(made, Release) else row.pk)


# -------------------------------------------------------------------- files


@allow(*DESK)
def file(request: HttpRequest, pk: int) -> HttpResponse:
    """One file of a version: read, or (a draft, by an author) edited; ?path= names it."""
    row = _release(request, pk)
    name = request.GET.get("path", "")
    if name and name not in row.files:
        raise Http404("这一版里没有这个文件")
    may_edit = actor_of(request).has(Role.AUTHOR) and row.state in actions.OPEN
    refused = ""
    form = FileForm(initial={"path": name, "text": row.files.get(name, "")})
    seen = row.digest
    if request.method == "POST":
        if not may_edit:
            raise Http404("这一版不能改")
        form, seen = FileForm(request.POST), request.POST.get("seen", "")
        if form.is_valid():
            path_, text = form.cleaned_data["path"].strip(), form.cleaned_data["text"]
            changes: dict[str, str | None] = {path_: text}
            if request.POST.get("remove") == "1":
                changes = {name: None}
            elif name and path_ != name:
                changes[name] = None
            try:
                made = actions.edit_draft(
                    row, changes, seen=seen, by=actor_of(request), at=timezone.now()
                )
            except Refused as refusal:
                refused = str(refusal)
            else:
                many = len(made.problems)
                words = f"已保存，还有{many}处问题" if many else "已保存，没有问题"
                messages.success(request, words)
                return redirect("web:release", made.pk)
    return render(
        request,
        "web/author/file.html",
        {
            "release": row,
            "name": name,
            "form": form,
            "text": row.files.get(name, ""),
            "seen": seen,
            "refused": refused,
            "may_edit": may_edit,
            "problems": [p for p in row.problems if p["file"] == f"{row.slug}/{name}"],
        },
        status=422 if refused or form.errors else 200,
    )


@allow(*DESK)
def folder(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole folder of a version as a zip, to be edited elsewhere and uploaded again."""
    row = _release(request, pk)
    made = exporting.take_folder(row, by=actor_of(request), at=timezone.now())
    name = f"{row.slug}-{row.version}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(made, content_type="application/zip", headers=headers)


@allow(*DESK)
def difference(request: HttpRequest, pk: int) -> HttpResponse:
    """What is different from another version (?with=), else from the one before: by line and in words."""
    row = _release(request, pk)
    versions = queries.releases(actor_of(request)).filter(slug=row.slug).exclude(pk=row.pk)
    asked = whole(request.GET.get("with", ""))
    other = (
        versions.filter(version=asked).first()
        if asked is not None
        else _before(row) or versions.order_by("-version").first()
    )
    if other is None:
        raise Http404("没有别的版本可以对照")
    return render(
        request,
        "web/author/difference.html",
        {
            "release": row,
            "other": other,
            "versions": versions.defer("files", "problems", "warnings").order_by("-version"),
            "values": changed_values(other.files, row.files),
            "files": changed_files(other.files, row.files),
        },
    )


def _release(request: HttpRequest, pk: int) -> Release:
    return get_object_or_404(queries.releases(actor_of(request)), pk=pk)


urlpatterns = [
    path("author/releases/", releases, name="releases"),
    path("author/releases/from/<slug:slug>/", from_document, name="release_from_document"),
    path("author/releases/<int:pk>/", release, name="release"),
    path("author/releases/<int:pk>/draft/", draft, name="release_draft"),
    path("author/releases/<int:pk>/review/", review, name="release_review"),
    path("author/releases/<int:pk>/sign/<str:what>/", sign, name="release_sign"),
    path("author/releases/<int:pk>/release/", put_in_force, name="release_in_force"),
    path("author/releases/<int:pk>/withdraw/", withdraw, name="release_withdraw"),
    path("author/releases/<int:pk>/discard/", discard, name="release_discard"),
    path("author/releases/<int:pk>/file/", file, name="release_file"),
    path("author/releases/<int:pk>/folder/", folder, name="release_folder"),
    path("author/releases/<int:pk>/difference/", difference, name="release_difference"),
]
