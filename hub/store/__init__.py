"""Where the hub keeps frames and bundles: in its data folder, or in a store of objects such as S3."""
