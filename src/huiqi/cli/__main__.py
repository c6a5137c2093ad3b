"""`python -m huiqi.cli`: the command where its script is not on the path."""

from huiqi.cli import app_main

app_main()
