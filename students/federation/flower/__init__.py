"""The only place that imports Flower: any method on its simulation engine, and on a deployment."""
