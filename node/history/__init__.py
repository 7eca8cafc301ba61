"""What the journal knows of the past: how long each slot was free, occupied and unknown, and the stays of cars."""
