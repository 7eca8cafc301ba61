"""How a bundle is run on this machine: by which library, which of its models, in which number format."""
