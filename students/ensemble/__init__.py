"""One student over several boards: divided into modules within a budget, taught together, deployed as one."""
