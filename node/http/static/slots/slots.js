// What can be done to slots: functions from one list of slots to another.
// A slot: key (its own for as long as the page is open), id, polygon, status, row, evidence, drawn_on.

import { alongLine, centre, mirrored, translated } from "./geometry.js";
import { freeIds, sequence } from "./names.js";

let lastKey = 0;

/** Slots as the server gives them. */
export const opened = (entries) => entries.map((entry) => ({ ...entry, key: ++lastKey }));

const rounded = (polygon) => polygon.map((point) => point.map((at) => Math.round(at * 1e6) / 1e6));

/** Slots as the server takes them: what says nothing is left out, corners have the digits that a file has. */
export const sent = (slots) =>
  slots.map(({ id, polygon, status, row, evidence, drawn_on }) =>
    Object.fromEntries(
      Object.entries({ id, polygon: rounded(polygon), status, row, evidence, drawn_on }).filter(([, value]) => value != null),
    ),
  );

/** Entries that are not shown leave their ids to those that are. */
export const unclashed = (slots) => {
  const quiet = (slot) => slot.status === "rejected" || isHint(slot);
  const taken = new Set(slots.filter((slot) => !quiet(slot)).map((slot) => slot.id));
  return slots.map((slot) => {
    if (!quiet(slot) || !taken.has(slot.id)) return slot;
    const [id] = freeIds([`${slot.id}-`], slots.map((one) => one.id));
    taken.add(id);
    return { ...slot, id };
  });
};

export const drawn = (id, polygon, picture) => ({
  key: ++lastKey, id, polygon, status: "accepted", row: null, evidence: null, drawn_on: picture,
});

export const isProposal = (slot) => slot.status === "proposed" || slot.status === "inferred";
export const isAccepted = (slot) => slot.status === "accepted";
/** A car that stood there, but perhaps on no slot: seen once, in an aisle, or never gone. */
export const isHint = (slot) => !isAccepted(slot) && !isProposal(slot) && slot.status !== "rejected";
export const isShown = (slot, everything) => slot.status !== "rejected" && (everything || !isHint(slot));

const changed = (slots, keys, change) => slots.map((slot) => (keys.includes(slot.key) ? change(slot) : slot));

export const moved = (slots, keys, dx, dy, picture) =>
  changed(slots, keys, (slot) => ({ ...slot, polygon: translated(slot.polygon, dx, dy), drawn_on: picture }));

export const reshaped = (slots, key, polygon, picture) =>
  changed(slots, [key], (slot) => ({ ...slot, polygon, drawn_on: picture }));

export const removed = (slots, keys) => slots.filter((slot) => !keys.includes(slot.key));

export const renamed = (slots, key, id) => changed(slots, [key], (slot) => ({ ...slot, id }));

export const withStatus = (slots, keys, status) => changed(slots, keys, (slot) => ({ ...slot, status }));

/** The copies stand at the end of the list, with ids of their own. */
export const copied = (slots, originals, dx, dy, picture) => {
  const ids = freeIds(originals.map((slot) => slot.id), slots.map((slot) => slot.id));
  return originals.map((slot, i) => drawn(ids[i], translated(slot.polygon, dx, dy), picture));
};

export const mirroredSlots = (slots, keys, axis, picture) => {
  const meant = slots.filter((slot) => keys.includes(slot.key));
  const polygons = mirrored(meant.map((slot) => slot.polygon), axis);
  const of = new Map(meant.map((slot, i) => [slot.key, polygons[i]]));
  return changed(slots, keys, (slot) => ({ ...slot, polygon: of.get(slot.key), drawn_on: picture }));
};

/** Keys of slots in the order in which they stand along their row. */
export const inOrder = (slots, keys, aspect) => {
  const meant = slots.filter((slot) => keys.includes(slot.key));
  return alongLine(meant.map((slot) => centre(slot.polygon)), aspect).map((i) => meant[i].key);
};

export const renumbered = (slots, keysInOrder, prefix, start) => {
  const ids = sequence(prefix, start, keysInOrder.length);
  return changed(slots, keysInOrder, (slot) => ({ ...slot, id: ids[keysInOrder.indexOf(slot.key)] }));
};

/** A reading for people: its state, and how sure it is. */
export const readingWords = ({ state, score }) => (state === "unknown" ? "hidden" : `${state} ${Math.round(score * 100)} %`);

/** Whether two lists say the same, whatever their keys are. */
export const alike = (some, others) => JSON.stringify(sent(some)) === JSON.stringify(sent(others));
