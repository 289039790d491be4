// history.js shows the changes of statuses, the newest first, and undoes them.

import { el, icon, nameNode } from "./dom.js";
import { history } from "./api.js";
import { wordNode } from "./statusset.js";
import * as words from "./words.js";

const step = 25;

// History is the table of changes. setter sets a status; context returns what is known
// now: words, durable and current(machine), the status of a machine or of the job.
export class History {
  #setter;
  #context;
  #changes = []; // oldest first
  #more = false; // there are older ones
  #shown = "";
  #problems = new Map(); // seq → sentence
  #body = el("tbody");
  #memory = el("p", { class: "memory muted small", hidden: true }, "They are lost when statusd stops. Started with ", el("code", {}, "--store FILE"), ", it keeps them.");
  #note = el("p", { class: "nothing muted small" });
  #older = el("button", { type: "button", class: "plain slim", on: { click: () => this.#loadOlder() } }, "Show older changes");
  #foot;
  #scroll;

  constructor(node, setter, context) {
    this.#setter = setter;
    this.#context = context;
    const heads = ["Time", "Machine", "Change"].map((text) => el("th", { scope: "col" }, text));
    heads.push(el("th", { scope: "col" }, el("span", { class: "hidden" }, "Undo")));
    this.#foot = el("div", { class: "more", hidden: true }, this.#older);
    this.#scroll = el("div", { class: "scroll" }, el("table", {}, el("caption", { class: "hidden" }, "Changes of statuses, newest first"), el("thead", {}, el("tr", {}, ...heads)), this.#body));
    node.append(el("h2", { id: "history-title" }, "Status changes"), this.#memory, this.#note, this.#scroll, this.#foot);
  }

  // load reads the newest changes.
  async load() {
    this.#changes = await history(step);
    this.#more = this.#changes.length === step;
    this.#problems.clear();
    this.show();
  }

  // add shows a change that has just been made.
  add(change) {
    const last = this.#changes.at(-1);
    if (last && last.seq >= change.seq) return;
    this.#changes.push(change);
    this.show();
  }

  async #loadOlder() {
    this.#older.disabled = true;
    try {
      const older = await history(step, this.#changes[0].seq);
      this.#changes.unshift(...older);
      this.#more = older.length === step;
      this.show();
    } catch (e) {
      this.#note.textContent = `Older changes cannot be read: ${e.message}.`;
    }
    this.#older.disabled = false;
  }

  // show is called whenever anything may have changed. The table is made anew only if
  // it differs, so that focus and selection stay.
  show() {
    const { words: allowed, durable } = this.#context();
    const key = JSON.stringify([this.#changes, this.#more, allowed, durable, [...this.#problems]]);
    if (key !== this.#shown) this.#show();
    this.#shown = key;
  }

  #show() {
    const focused = document.activeElement?.dataset?.seq;
    const empty = this.#changes.length === 0;
    this.#note.textContent = empty ? "No status has been set yet. The buttons of a machine set one." : "";
    this.#note.hidden = !empty;
    this.#memory.hidden = empty || this.#context().durable;
    this.#scroll.hidden = empty;
    this.#foot.hidden = !this.#more;
    const newest = new Map(this.#changes.map((c) => [c.machine, c.seq]));
    this.#body.replaceChildren(...this.#changes.toReversed().map((c) => this.#row(c, newest.get(c.machine) === c.seq)));
    if (focused) this.#body.querySelector(`[data-seq="${focused}"]`)?.focus();
  }

  #row(c, isNewest) {
    const { words: allowed } = this.#context();
    const at = Date.parse(c.time);
    const change = el("span", { class: "change" });
    if (c.before !== null) change.append(wordNode(c.before, allowed), el("span", { class: "muted" }, icon("arrow"), el("span", { class: "hidden" }, "to")));
    change.append(wordNode(c.status, allowed));
    const problem = this.#problems.get(c.seq);
    const undo = isNewest && c.before !== null && c.before !== c.status
      ? el("button", { type: "button", class: "plain slim", "data-seq": c.seq, "aria-label": `Undo ${c.machine ?? "the whole job"}: ${c.status} back to ${c.before}`, on: { click: (e) => this.#undo(c, e.currentTarget) } }, "Undo")
      : null;
    return el("tr", {},
      el("td", { class: "num" }, el("time", { dateTime: c.time, title: new Date(at).toString() }, words.time(at))),
      el("td", {}, c.machine === null ? el("em", {}, "whole job") : nameNode(c.machine)),
      el("td", {}, change, problem ? el("p", { class: "alert", role: "alert" }, problem) : null),
      el("td", {}, undo));
  }

  async #undo(c, button) {
    button.disabled = true;
    button.setAttribute("aria-busy", "true");
    const problem = await this.#setter.set(c.machine, c.before, c.seq, () => this.#context().current(c.machine)?.status);
    if (problem) this.#problems.set(c.seq, problem.replace(/^Not set/, "Not undone").replace("set it again", "use the buttons"));
    button.disabled = false;
    button.removeAttribute("aria-busy");
    this.show();
  }
}
