"""Tests of the rendered parking site."""
