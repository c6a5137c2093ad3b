"""Fixtures that all tests of the portal share. People who act stand in tests/portal/people.py."""
