"""From a form or a button to an act: what the act refuses is shown where the person typed it."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest

from huiqi.portal.base.refusal import Refused


def done(form: forms.Form, act: Callable[[Mapping[str, Any]], object], at: str = "") -> bool:
    """Does the act with what a valid form holds; False, with words in the form, when it was not done.

    A refusal stands beside the field it names, else at the field ``at``, else above the form.
    """
    if not form.is_valid():
        return False
    try:
        act(form.cleaned_data)
    except Refused as refused:
        field = refused.field if refused.field in form.fields else at
        form.add_error(field or None, str(refused))
        return False
    return True


def pressed(request: HttpRequest, act: Callable[[], object], said: str) -> bool:
    """Does the act of a button and says so on the next page, or says why not."""
    try:
        act()
    except Refused as refused:
        messages.error(request, str(refused))
        return False
    messages.success(request, said)
    return True


class DayInput(forms.DateInput):
    """A day, by the browser's own control."""

    input_type = "date"

    def __init__(self, **attrs: Any) -> None:
        super().__init__(attrs={"class": "is-short", **attrs}, format="%Y-%m-%d")
