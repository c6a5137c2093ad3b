"""Huiqi 惠企: policies that run. See ARCHITECTURE.md for the map of the parts."""
