"""A nano vehicle detector for every parking camera, distilled from a large one without a single label."""
