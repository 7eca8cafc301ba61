// Two people have changed the slots of one camera: what each has done, and both together.

import { freeIds } from "./names.js";
import { opened, sent } from "./slots.js";

const byId = (slots) => new Map(slots.map((slot) => [slot.id, slot]));
const same = (a, b) => JSON.stringify(a ? sent([a]) : null) === JSON.stringify(b ? sent([b]) : null);
const deed = (before, after) => (!before ? "new" : !after ? "deleted" : "changed");

/**
 * Merge by ids; what only one has changed is taken from that one.
 * Of a slot that both have changed mine is kept; one that only one deleted is kept as the other changed it; two new
 * ones that were given one id are both kept, and mine gets another.
 * Returns the slots, lines for people, and those of theirs that differ from mine.
 */
export const merged = (base, mine, theirs) => {
  const [was, my, their] = [base, mine, theirs].map(byId);
  const slots = [];
  const lines = [];
  const ids = new Set([...my.keys(), ...their.keys(), ...was.keys()]);
  for (const id of ids) {
    const [b, m, t] = [was.get(id), my.get(id), their.get(id)];
    const [byMe, byThem] = [!same(b, m), !same(b, t)];
    if (byMe && byThem && !same(m, t)) {
      if (!b) {
        const [free] = freeIds([id], [...ids]);
        ids.add(free);
        slots.push(t, { ...m, id: free });
        lines.push(`${id}: drawn by both; yours becomes ${free}`);
      } else {
        slots.push(m ?? t);
        lines.push(`${id}: ${deed(b, t)} by them, ${deed(b, m)} by you; ${m ? "yours" : "theirs"} is kept`);
      }
    } else {
      const kept = byThem ? t : m;
      if (kept) slots.push(kept);
      if (byThem && !same(m, t)) lines.push(`${id}: ${deed(b, t)} by them`);
    }
  }
  const other = theirs.filter((slot) => !same(slot, my.get(slot.id)));
  return { slots: slots.map((slot) => (slot.key ? slot : opened([slot])[0])), lines, other };
};
