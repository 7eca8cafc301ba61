"""What benchmarks/node.py is made of: the systems, their streams, and one measurement of one system."""
