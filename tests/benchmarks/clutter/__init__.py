"""Tests of the benchmark among furniture."""
