"""From nothing to a site file: sources are looked at, named and written down."""
