"""Precision, recall and AP per camera, for teacher, untouched nano and student side by side."""
