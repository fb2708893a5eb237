"""Tests of the Discord edge."""
