"""Slots from where cars park: proposed from boxes alone, for a person to accept."""
