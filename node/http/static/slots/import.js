// Slots of other programs' files, added to those that are there; one deed, like any other.

import { imported } from "./server.js";
import { freeIds } from "./names.js";
import { opened } from "./slots.js";

const byId = (id) => document.getElementById(id);

/** The new slots; an id that is taken is numbered on. Returns them and how many ids had to change. */
const added = (slots, entries) => {
  const taken = new Set(slots.map((slot) => slot.id));
  let changed = 0;
  const free = entries.map((entry) => {
    const [id] = taken.has(entry.id) ? freeIds([entry.id], [...taken]) : [entry.id];
    if (id !== entry.id) changed += 1;
    taken.add(id);
    return { ...entry, id };
  });
  return [opened(free), changed];
};

/** `told(text)` shows a line above the picture. */
export const listenForImport = (editor, camera, told) => {
  const dialog = byId("import");
  dialog.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const [file] = byId("import-file").files;
    const [width, height] = editor.view.size;
    const hints = {
      picture: `${width}x${height}`, canvas: byId("import-canvas").value, slot: byId("import-slot").value,
      of_camera: byId("import-camera").value,
    };
    try {
      const answer = await imported(camera, file, hints);
      const [slots, changed] = added(editor.state.slots, answer.slots);
      dialog.close();
      editor.setTool("select");
      editor.do(`import ${slots.length} slots`, { slots: [...editor.state.slots, ...slots], selected: slots.map((slot) => slot.key) });
      const renamed = changed ? [`${changed} ids were taken, and are numbered on`] : [];
      told([`${slots.length} slots imported (${answer.format})`, ...answer.notes, ...renamed].join("; "));
    } catch (error) {
      byId("import-error").textContent = error.message;
    }
  });
};

export const openImport = () => {
  byId("import-error").textContent = "";
  byId("import").showModal();
};
