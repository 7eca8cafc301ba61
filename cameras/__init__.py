"""The camera as a library: its site, sources, view, slots, detection and registry. Never imports torch."""
