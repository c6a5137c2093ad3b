"""The character NUL in an address or a form: refused alike on both databases, never a failure of the site."""

import pytest
from django.test import Client


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/search/?q=%00", "/search/?page=1&q=a%00b", "/documents/a%00/"])
def test_a_page_refuses_it(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 400
    assert "请求有误" in response.content.decode()


@pytest.mark.django_db
def test_a_form_refuses_it(client: Client) -> None:
    response = client.post("/login/", {"username": "a\0b", "password": "x"})
    assert response.status_code == 400


@pytest.mark.django_db
def test_without_it_the_page_opens(client: Client) -> None:
    assert client.get("/search/?q=a").status_code == 200
