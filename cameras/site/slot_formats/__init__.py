"""Slot files of other projects, one format a file: recognised by what is in them, read, checked, and written."""
