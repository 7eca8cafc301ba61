"""One student over several boards: its modules, what they say, and how that becomes one detector's answer."""
