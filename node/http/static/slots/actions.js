// What the menu of a right click or a long press offers.

import { isAccepted } from "./slots.js";

/** What can be done with what lies under a place of the screen: [{label, act}, …]. */
export const actions = (editor, on, at) => {
  const actions = [];
  const add = (label, act) => actions.push({ label, act });
  if (on.point !== undefined) add("Delete this corner", () => editor.deeds.deletePoint(on.slot, on.point));
  if (on.slot) {
    if (editor.chosen.some((slot) => !isAccepted(slot))) {
      add("Accept", () => editor.deeds.judge("accepted"));
      if (editor.chosenRow !== null) add(`Accept row ${editor.chosenRow}`, () => editor.deeds.judgeRow(editor.chosenRow, "accepted"));
      add("Reject", () => editor.deeds.judge("rejected"));
    }
    add("Copy", () => editor.deeds.copy());
    add("Select more", () => editor.startSelecting());
    add(editor.chosen.length > 1 ? `Delete ${editor.chosen.length} slots` : "Delete", () => {
      editor.history.amend({ point: null });
      editor.deeds.delete();
    });
  } else {
    add("Draw a slot from here", () => editor.drawFrom("slot", at));
    add("Fill a row from here", () => editor.drawFrom("row", at));
    if (editor.deeds.remembered.length) add("Paste", () => editor.deeds.paste());
    add("Select by a box", () => editor.startSelecting());
    add("Select all", () => editor.selectAll());
    add("Whole picture", () => editor.view.fit());
  }
  return actions;
};
