"""A small site file and slots to break."""

GOOD = """
name: lot
cameras:
  gate: {source: gate, slots: slots.json}
  roof: {source: roof}
"""
SLOT = {"id": "1", "polygon": [[0.1, 0.1], [0.2, 0.1], [0.2, 0.2]]}
