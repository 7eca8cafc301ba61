"""The distillation loop, its samples and its settings."""
