"""False alarms and missed faults of view health and change detection; start with ``measure.py``."""
