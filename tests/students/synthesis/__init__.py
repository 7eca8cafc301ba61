"""Tests of data-free distillation."""
