"""What benchmarks/soak.py is made of: streams, faults, samples, and the report."""
