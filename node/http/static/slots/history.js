// Everything that was done, to be undone and done again. A state is never changed: each deed makes a new one.

export class History {
  constructor(state) {
    this.past = [];
    this.future = [];
    this.entry = { state, label: "", key: "" };
  }

  get state() {
    return this.entry.state;
  }

  /** A new state. Deeds in a row with the same key, such as nudges of a key that is held, are undone as one. */
  do(label, state, key = "") {
    if (!key || key !== this.entry.key) this.past.push(this.entry);
    this.entry = { state, label, key };
    this.future = [];
  }

  /** The present state with something in it that is not to be undone, such as what is selected. */
  amend(change) {
    this.entry = { ...this.entry, state: { ...this.entry.state, ...change } };
  }

  /** Many deeds become one: those since the past had this length. */
  collapse(length, label) {
    this.past.length = Math.min(length, this.past.length);
    this.entry = { ...this.entry, label, key: "" };
  }

  undo() {
    if (!this.past.length) return "";
    this.future.push(this.entry);
    const { label } = this.entry;
    this.entry = { ...this.past.pop(), key: "" };
    return label;
  }

  redo() {
    if (!this.future.length) return "";
    this.past.push(this.entry);
    this.entry = { ...this.future.pop(), key: "" };
    return this.entry.label;
  }
}
