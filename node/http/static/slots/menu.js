// The menu of a right click or a long press.

const GAP_PX = 4;

export class Menu {
  constructor(element, stage) {
    this.element = element;
    this.stage = stage;
    element.addEventListener("keydown", (event) => this.keys(event));
    element.addEventListener("pointerdown", () => (this.pressed = true));
    element.addEventListener("click", (event) => {
      const chosen = event.target.closest("button");
      // The finger that opened the menu is lifted over one of its items: that is no choice.
      if (!chosen || (event.detail && !this.pressed)) return;
      const { act } = this.actions[chosen.dataset.index];
      this.close(true);
      act();
    });
  }

  get isOpen() {
    return !this.element.hidden;
  }

  /** `actions`: [{label, act}]; opens beside (x, y) of the screen. */
  open([x, y], actions) {
    this.actions = actions;
    this.pressed = false;
    this.element.replaceChildren(
      ...actions.map(({ label }, index) => {
        const button = document.createElement("button");
        button.type = "button";
        button.setAttribute("role", "menuitem");
        button.dataset.index = index;
        button.textContent = label;
        return button;
      }),
    );
    this.element.hidden = false;
    const around = this.element.offsetParent.getBoundingClientRect();
    const { offsetWidth, offsetHeight } = this.element;
    const left = Math.min(x - around.left + GAP_PX, around.width - offsetWidth - GAP_PX);
    const top = Math.min(y - around.top + GAP_PX, around.height - offsetHeight - GAP_PX);
    this.element.style.left = `${Math.max(GAP_PX, left)}px`;
    this.element.style.top = `${Math.max(GAP_PX, top)}px`;
    this.element.firstElementChild.focus();
  }

  close(refocus = false) {
    if (!this.isOpen) return;
    this.element.hidden = true;
    if (refocus) this.stage.focus({ preventScroll: true });
  }

  keys(event) {
    const buttons = [...this.element.children];
    const at = buttons.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (event.key === "Escape" || event.key === "Tab") this.close(true);
    else if (to === undefined) return;
    else buttons.at(to % buttons.length).focus();
    event.preventDefault();
    event.stopPropagation();
  }
}
