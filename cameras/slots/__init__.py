"""From detections to slot states: by half cover, or by matching against where cars were seen to park."""

from lotwise.cameras.slots.half_covered import slot_states
from lotwise.cameras.slots.learning import learn_slot_model
from lotwise.cameras.slots.matched import match_slots
from lotwise.cameras.slots.model import SlotModel
from lotwise.cameras.slots.reading import SlotReading
from lotwise.cameras.slots.rule import SlotRule, slot_rule

__all__ = ["SlotModel", "SlotReading", "SlotRule", "learn_slot_model", "match_slots", "slot_rule", "slot_states"]
