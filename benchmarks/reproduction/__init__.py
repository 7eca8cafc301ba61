"""What stands beside the published table and is no part of the product."""
