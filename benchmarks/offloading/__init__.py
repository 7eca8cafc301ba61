"""Offloading to a stronger neighbour over lines of several rates and delays, beside reading everything here."""
