"""The smallest network that a camera's own view needs: rungs of a ladder, each distilled, chosen without labels."""
