// Brings the slot editor's page to life: opens, saves, and joins the picture with all that stands around it.

import { Editor } from "./editor.js";
import { Gestures } from "./gestures.js";
import { listenForImport, openImport } from "./import.js";
import { keep, kept } from "./kept.js";
import { listen } from "./keyboard.js";
import { Menu } from "./menu.js";
import { merged } from "./merge.js";
import { Panel } from "./panel.js";
import { alike, opened, sent, unclashed } from "./slots.js";
import * as server from "./server.js";

const byId = (id) => document.getElementById(id);
const camera = document.body.dataset.camera;
const svg = byId("stage");
const menu = new Menu(byId("menu"), svg);
let saved = { version: "", slots: [], unwritable: "" };
let saving = false;
let savedHere = false;
let ready = false;

const row = () => ({
  count: Math.max(1, Math.min(200, Math.round(byId("row-count").valueAsNumber) || 1)),
  prefix: byId("row-prefix").value,
  start: byId("row-start").value,
  turn: byId("row-turn").checked,
});

const page = {
  camera,
  row,
  update: () => panel.update(),
  changed: () => ready && stateChanged(),
  selected: () => {},
  hint: (text) => (byId("hint").textContent = text || ""),
  say: (text) => (byId("live").textContent = text),
  zoomed: (zoom) => (byId("zoom").textContent = `${Math.round(zoom * 100)} %`),
  order: () => [...byId("list").querySelectorAll("[data-keys]")].map((button) => JSON.parse(button.dataset.keys)[0]),
  rowReady: ({ prefix, start, count }) => {
    byId("row-prefix").value = prefix;
    byId("row-start").value = start;
    byId("row-count").value = count;
    byId("row-form").hidden = false;
    // On a phone the keyboard would cover the picture: there it comes when the field is tapped.
    if (!editor.coarse) byId("row-count").select();
  },
  help: () => byId("help").showModal(),
  save: () => save(),
  closeMenu: () => menu.close(),
  openMenu: (at, actions) => menu.open(at, actions),
};

const editor = new Editor(svg, page);
const panel = new Panel(editor);
listen(editor, svg, new Gestures(editor, svg));
// For tests and for the curious: to look at what is there, which changes nothing.
window.slotEditor = Object.freeze({
  get slots() {
    return sent(editor.slots);
  },
  get zoom() {
    return editor.view.zoom;
  },
  toScreen: (point) => editor.view.toScreen(point),
  toShares: (at) => editor.view.toShares(...at),
  readAgain: () => editor.trial.soon(),
});

listenForImport(editor, camera, (text) => banner(text, [["Close", () => {}]]));

const dirty = () => !alike(editor.state.slots, saved.slots);

function stateChanged() {
  const changes = dirty();
  byId("save").disabled = !changes || saving || Boolean(saved.unwritable);
  if (!saving) status(changes ? "Not saved yet" : savedHere ? "Saved" : "");
  // What an earlier visit has kept stays until something is done here.
  if (changes || editor.history.past.length || editor.history.future.length) keep(camera, changes ? { version: saved.version, base: saved.slots, slots: sent(editor.state.slots), time: new Date().toISOString() } : null);
}

function status(text) {
  byId("status").textContent = text;
}

/** A line above the picture, with what can be done about it: [[label, act], …]. */
function banner(text, actions = []) {
  const buttons = actions.map(([label, act]) => {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: label });
    button.addEventListener("click", () => {
      banner("");
      act();
    });
    return button;
  });
  byId("banner").replaceChildren(text, ...buttons);
  byId("banner").hidden = !text;
}

function took(answer) {
  saved = answer;
  const from = { file: "", bundle: " Until then the slots are those of the detector's bundle.", nothing: "" }[answer.origin];
  byId("file").textContent = `Goes to ${answer.file}.${from}`;
  const { pictures } = answer;
  const shown = byId("picture").value;
  byId("picture").replaceChildren(...pictures.map((name, i) => new Option(name, i)));
  byId("picture").hidden = pictures.length < 2;
  if (shown) byId("picture").value = shown;
}

async function showPicture(number) {
  try {
    const picture = await server.picture(camera, number);
    editor.picture = picture;
    editor.drawing.picture(picture);
    editor.view.show([picture.width, picture.height]);
    byId("picture-note").textContent = picture.note ? `${picture.note}. Slots drawn on it may lie wrong.` : "";
    byId("picture-note").hidden = !picture.note;
    editor.redraw(true);
  } catch (error) {
    banner(`No picture: ${error.message}`, [["Try again", () => showPicture(number)]]);
  }
}

async function save() {
  if (saving || !dirty()) return;
  saving = true;
  byId("save").disabled = true;
  status("Saving…");
  const mine = sent(unclashed(editor.state.slots));
  let said = "";
  try {
    took(await server.save(camera, mine, saved.version));
    savedHere = true;
    editor.theirs = [];
    banner("");
    said = saved.told || `${mine.filter((slot) => slot.status === "accepted").length} slots saved`;
  } catch (error) {
    if (error.status === 412) conflict(error.now);
    else banner(`Not saved: ${error.message}`, [["Try again", save]]);
  }
  saving = false;
  stateChanged();
  if (said) status(said);
}

function conflict(now) {
  const both = merged(saved.slots, editor.state.slots, now.slots);
  const mergeBoth = () => {
    saved = now;
    editor.theirs = [];
    editor.do("merge with what somebody else saved", { slots: both.slots, selected: [] });
    banner("Both are merged; look at it, and save.");
  };
  const keepMine = () => {
    download(sent(editor.state.slots), `${camera}-mine.json`);
    takeTheirs(now);
  };
  const look = () => {
    editor.theirs = both.other;
    editor.redraw();
    banner("Violet: as somebody else saved it.", [["Merge both", mergeBoth], ["Keep mine as a file, open theirs", keepMine]]);
  };
  byId("conflict-text").textContent = both.lines.length
    ? "Nothing of yours is lost, and nothing of theirs was written over. They and you changed:"
    : "What they changed and what you changed do not touch each other.";
  byId("conflict-list").replaceChildren(...both.lines.map((line) => Object.assign(document.createElement("li"), { textContent: line })));
  const dialog = byId("conflict");
  dialog.onclick = (event) => {
    const deed = { merge: mergeBoth, copy: keepMine, look }[event.target.dataset.conflict];
    if (!deed) return;
    dialog.close();
    deed();
  };
  dialog.oncancel = look;
  dialog.showModal();
}

function takeTheirs(now) {
  took(now);
  editor.theirs = [];
  editor.do("open what somebody else saved", { slots: opened(now.slots), selected: [] });
  banner("");
}

function download(content, name) {
  const address = URL.createObjectURL(new Blob([`${JSON.stringify(content, null, 1)}\n`], { type: "application/json" }));
  Object.assign(document.createElement("a"), { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

/** Changes of an earlier visit that were never saved. */
function offerKept() {
  const before = kept(camera);
  if (!before || alike(before.slots, saved.slots)) return offerRefused();
  const restore = () => {
    const slots = before.version === saved.version ? opened(before.slots) : merged(before.base, opened(before.slots), saved.slots).slots;
    editor.do("bring back unsaved changes", { slots });
  };
  const forget = () => keep(camera, null);
  const time = new Date(before.time).toLocaleString();
  banner(`There are changes of ${time} that were not saved.`, [["Bring them back", restore], ["Forget them", forget]]);
}

/** Slots that were saved and that could not be put in force where they belong. */
function offerRefused() {
  if (!saved.refused) return;
  const { why, base, slots } = saved.refused;
  const bring = () => editor.do("bring back slots that were refused", { slots: merged(base, opened(slots), saved.slots).slots });
  banner(`Slots that were saved here are not in force: ${why}`, [["Bring them back", bring], ["Leave them", () => {}]]);
}

const ACTS = {
  undo: () => editor.undo(),
  redo: () => editor.redo(),
  "zoom-in": () => editor.view.zoomBy(1.25),
  "zoom-out": () => editor.view.zoomBy(0.8),
  fit: () => editor.view.fit(),
  help: () => page.help(),
  save: () => save(),
  cancel: () => editor.drafting.cancel(),
  "accept-all": () => editor.deeds.judgeAll(),
  "accept-row": () => editor.deeds.judgeRow(editor.chosenRow, "accepted"),
  accept: () => editor.deeds.judge("accepted"),
  reject: () => editor.deeds.judge("rejected"),
  copy: () => editor.deeds.copy(),
  "mirror-x": () => editor.deeds.mirror("x"),
  "mirror-y": () => editor.deeds.mirror("y"),
  delete: () => {
    editor.history.amend({ point: null });
    editor.deeds.delete();
  },
  "import-close": () => byId("import").close(),
  picture: () => showPicture(Number(byId("picture").value) || 0),
  more: (button) => {
    const { left, bottom } = button.getBoundingClientRect();
    menu.open([left, bottom], [
      { label: "Import slots…", act: openImport },
      { label: "Select all", act: () => editor.selectAll() },
      { label: "Download as JSON", act: () => download(sent(editor.state.slots), `${camera}.json`) },
    ]);
  },
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act]");
  const tool = event.target.closest("[data-tool]");
  if (button) {
    ACTS[button.dataset.act](button);
    // The hand is at the mouse, and the next key is meant for the picture; who came by Tab stays where he is.
    if (event.detail && !button.closest("dialog") && !document.querySelector("dialog[open]") && !menu.isOpen) svg.focus({ preventScroll: true });
  }
  if (tool) {
    editor.setTool(tool.dataset.tool);
    svg.focus({ preventScroll: true });
  }
});
byId("camera")?.addEventListener("change", (event) => (location.href = `../${event.target.value}/slots`));
byId("picture").addEventListener("change", (event) => showPicture(Number(event.target.value)));
window.addEventListener("beforeunload", (event) => dirty() && event.preventDefault());

async function open() {
  try {
    const answer = await server.load(camera);
    took(answer);
    editor.history.amend({ slots: opened(answer.slots) });
    if (answer.unwritable) banner(`Cannot be saved here: ${answer.unwritable}`, [["Download as JSON", () => download(sent(editor.state.slots), `${camera}.json`)]]);
    ready = true;
    editor.changed();
    offerKept();
    await showPicture(0);
    editor.trial.soon();
  } catch (error) {
    banner(`Cannot be opened: ${error.message}`, [["Try again", open]]);
  }
}

open();
