"""What privacy masks cost, and what they do to the boxes beside them."""
