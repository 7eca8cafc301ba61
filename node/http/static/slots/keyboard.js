// Keys. Single letters count only while the picture has the focus, so that they disturb no typing and no screen reader.

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const PAN_PX = 60;

const typing = (target) => target.closest?.("input, select, textarea, dialog") !== null;

export const listen = (editor, svg, gestures) => {
  document.addEventListener("keydown", (event) => {
    if (event.target !== svg && typing(event.target)) {
      if (event.key === "Escape" && !event.target.closest("dialog")) svg.focus();
      if (!(event.key.toLowerCase() === "s" && (event.ctrlKey || event.metaKey))) return;
    }
    if ((event.ctrlKey || event.metaKey) && !event.altKey ? control(editor, event) : onStage(event)) {
      event.preventDefault();
    }
  });

  const onStage = (event) => {
    if (event.target !== svg || event.altKey) return event.key === "?" && (editor.help(), true);
    if (event.key === " " && editor.tool === "select") {
      gestures.spaceHeld = true;
      return true;
    }
    return plain(editor, event);
  };
};

/** With Ctrl. Returns whether the key meant something. */
const control = (editor, event) => {
  const key = event.key.toLowerCase();
  if (key === "s") editor.save();
  else if (key === "z" && !event.shiftKey) editor.undo();
  else if (key === "y" || key === "z") editor.redo();
  else if (key === "a") editor.selectAll();
  else if (key === "c" && getSelection().isCollapsed) editor.deeds.remember();
  else if (key === "v") editor.deeds.paste();
  else if (key === "d") editor.deeds.copy();
  else return false;
  return true;
};

/** Without. Returns whether the key meant something. */
const plain = (editor, event) => {
  const { key, shiftKey, repeat } = event;
  const drawing = editor.tool !== "select";
  if (key in ARROWS) {
    const [dx, dy] = ARROWS[key].map((step) => step * (shiftKey ? 10 : 1));
    if (drawing) editor.drafting.moveCross(dx, dy);
    else if (editor.state.selected.length) editor.deeds.nudge(dx, dy, repeat);
    else editor.view.panBy(-ARROWS[key][0] * PAN_PX, -ARROWS[key][1] * PAN_PX);
  } else if (key === "Tab") return editor.walk(shiftKey ? -1 : 1);
  else if (key === "Enter" || (key === " " && drawing)) editor.drafting.enter();
  else if (key === "Delete" || key === "Backspace") editor.deeds.delete();
  else if (key === "Escape") editor.escape();
  else if (key === "?") editor.help();
  else if (key === "+" || key === "=") editor.view.zoomBy(1.25);
  else if (key === "-") editor.view.zoomBy(0.8);
  else if (key === "0") editor.view.fit();
  else {
    const deed = {
      v: () => editor.setTool("select"), n: () => editor.setTool("slot"), r: () => editor.setTool("row"),
      p: () => editor.nextPoint(), x: () => editor.deeds.judge("rejected"),
    }[key.toLowerCase()]; // prettier-ignore
    if (!deed) return false;
    deed();
  }
  return true;
};
