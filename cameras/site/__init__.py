"""The site file: one YAML file that names a site's cameras, their frames and slots, and how the node runs them."""
