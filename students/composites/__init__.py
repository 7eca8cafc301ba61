"""New frames of a fixed view from the ones at hand."""
