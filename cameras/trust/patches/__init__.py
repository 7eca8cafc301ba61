"""Slots read a second time, from their pictures alone: an opinion that owes nothing to the detector."""
