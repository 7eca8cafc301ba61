"""Consensus over a fixed camera's frames: a parked car persists, a background repeats."""

from lotwise.teacher.consensus.audit import count_audit, count_reasons, write_audit
from lotwise.teacher.consensus.camera import camera_consensus, consensus_by_view
from lotwise.teacher.consensus.rules import consensus
from lotwise.teacher.consensus.settings import ConsensusSettings
from lotwise.teacher.consensus.verdict import Finding, Reason, Verdict

__all__ = [
    "ConsensusSettings",
    "Finding",
    "Reason",
    "Verdict",
    "camera_consensus",
    "consensus",
    "consensus_by_view",
    "count_audit",
    "count_reasons",
    "write_audit",
]
