"""A refusal of an action, shown where it belongs on the page."""

from django import forms

from huiqi.portal.base.refusal import Refused


def into(form: forms.Form, refused: Refused, at: str = "") -> None:
    """Puts a refusal beside the field it names (else ``at``, else above the form), with its remedy."""
    field = refused.field if refused.field in form.fields else at
    form.add_error(field or None, str(refused))
