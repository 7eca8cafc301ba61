"""From boxes to slot states: rules, hysteresis, and why slots are read wrongly."""
