"""Consensus over a fixed camera's frames: a parked car persists, a background repeats."""

from teacher.consensus.account import count_reasons, write_account
from teacher.consensus.camera import camera_consensus, consensus_by_view
from teacher.consensus.rules import consensus
from teacher.consensus.settings import ConsensusSettings
from teacher.consensus.verdict import Finding, Reason, Verdict

__all__ = [
    "ConsensusSettings",
    "Finding",
    "Reason",
    "Verdict",
    "camera_consensus",
    "consensus",
    "consensus_by_view",
    "count_reasons",
    "write_account",
]
