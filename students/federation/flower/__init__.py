"""The only place that imports Flower: any method on its simulation engine, and on a deployment.

Neither Flower nor Ray may report what it is used for: both are told before they are imported.
"""

import os

os.environ.setdefault("FLWR_TELEMETRY_ENABLED", "0")
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
# Ray starts its workers at niceness 15: beside any other work on the machine they would hardly ever get a turn.
os.environ.setdefault("RAY_worker_niceness", "0")
