// controls.js holds the controls of the view: range, pause, machines, fields, form and
// order; and the tools at the top: link and theme.

import { el, icon, nameNode, popover, say, setText } from "./dom.js";
import { pair } from "./fields.js";
import { ranges } from "./view.js";
import * as words from "./words.js";

// Controls shows a View and changes it. context returns what is known now: machines (a
// list), newest (time of the newest reading), timed (records have times), fresh (records since the pause), pausedAt.
export class Controls {
  #view;
  #context;
  #ranges = new Map();
  #zoom = el("button", { type: "button", class: "plain", hidden: true, on: { click: () => this.#view.unzoom() } }, el("span"), el("span", { class: "hidden" }, ": back to the range before zooming"), icon("cross"));
  #pause = el("button", { type: "button", class: "plain", "aria-pressed": "false", on: { click: () => this.#togglePause() } }, icon("pause"), "Pause");
  #paused = el("span", { class: "paused", hidden: true });
  #back = el("button", { type: "button", class: "plain bare", hidden: true, on: { click: () => this.#view.set({ machines: [] }) } });
  #machines;
  #fields;
  #modes = new Map();
  #sort;
  #sortBox;

  constructor(node, view, context) {
    this.#view = view;
    this.#context = context;
    const range = el("div", { class: "seg", role: "group", "aria-label": "Time range" });
    for (const [name, label, text] of ranges) {
      const button = el("button", { type: "button", "aria-label": label, on: { click: () => view.set({ range: name }) } }, text);
      this.#ranges.set(name, button);
      range.append(button);
    }
    this.#machines = new Picker("Machines", "all", (chosen) => view.set({ machines: chosen }));
    this.#fields = new Picker("Fields", "first few", (chosen) => view.set({ fields: chosen.length ? chosen : null }));
    const mode = el("div", { class: "seg", role: "group", "aria-label": "Form" });
    for (const [name, text] of [["charts", "Charts"], ["overview", "Overview"]]) {
      const button = el("button", { type: "button", on: { click: () => view.set({ mode: name }) } }, text);
      this.#modes.set(name, button);
      mode.append(button);
    }
    this.#sort = el("select", { id: "sort", on: { change: () => view.set({ sort: this.#sort.value }) } },
      ...[["name", "name"], ["status", "status"], ["anomaly", "latest anomaly"]].map(([value, text]) => el("option", { value }, text)));
    this.#sortBox = el("span", { class: "sort" }, el("label", { for: "sort", class: "muted small" }, "Sort by "), this.#sort);
    node.append(el("span", { class: "ranges" }, el("span", { class: "muted small", "aria-hidden": "true" }, "Last"), range), this.#zoom, this.#pause, this.#paused, el("span", { class: "grow" }), this.#back, this.#machines.node, this.#fields.node, mode, this.#sortBox);
  }

  #togglePause() {
    const paused = this.#view.paused === null ? (this.#context().newest ?? 0) : null;
    this.#view.set({ paused });
    say(paused === null ? "Charts are live again" : "Charts are paused");
  }

  // update shows the view; overview says which form is shown, shown how many machines.
  update(overview, shown) {
    const { machines, timed } = this.#context();
    const v = this.#view;
    for (const [name, button] of this.#ranges) {
      button.setAttribute("aria-pressed", String(v.range === name && timed));
      button.disabled = !timed;
      button.title = timed ? "" : "The records have no times: all that are kept are shown";
    }
    this.#zoom.hidden = v.range !== "fixed";
    setText(this.#zoom.firstChild, v.range === "fixed" ? words.between(v.from, v.to).replace(/^from /, "").replace(" to ", " – ") : "");
    const paused = v.paused !== null;
    this.#pause.setAttribute("aria-pressed", String(paused));
    const names = machines.filter((m) => m.machine !== null).map((m) => m.machine).toSorted(words.byName);
    this.#back.hidden = v.machines.length === 0;
    setText(this.#back, `Show all ${words.count(names.length, "machine")}`);
    this.#machines.node.hidden = names.length < 2;
    this.#machines.update(names, v.machines, v.machines.length === 1 ? words.shownName(v.machines[0]) : v.machines.length ? `${v.machines.length} of ${names.length}` : `all ${names.length}`);
    const fields = [...new Set(machines.flatMap((m) => pair(m.fields ?? []).map((f) => f.field)))];
    this.#fields.node.hidden = fields.length < 2;
    this.#fields.update(fields, v.fields ?? [], v.fields ? `${v.fields.length} of ${fields.length}` : fields.length > 3 ? "first few" : "all");
    for (const [name, button] of this.#modes) button.setAttribute("aria-pressed", String((name === "overview") === overview));
    this.#modes.get("charts").parentNode.hidden = names.length < 2;
    this.#sort.value = v.sort;
    this.#sortBox.hidden = shown < 2 || (v.machines.length > 0 && shown <= 4);
    this.tick(Date.now());
  }

  tick(now) {
    const { fresh, pausedAt } = this.#context();
    this.#paused.hidden = this.#view.paused === null;
    if (this.#view.paused === null) return;
    setText(this.#paused, `paused for ${words.span(now - pausedAt)}, ${words.count(fresh, "new record")}`);
  }
}

// Picker is a list of names to choose from, with a filter if it is long.
class Picker {
  node;
  #title;
  #summary = el("span");
  #list = el("div");
  #filter;
  #reset;
  #names = "";
  #chosen = new Set();
  #change;

  constructor(title, none, change) {
    this.#title = title;
    this.#change = change;
    this.#filter = el("input", { type: "search", placeholder: "Filter", "aria-label": `Filter ${title.toLowerCase()}`, on: { input: () => this.#sieve() } });
    this.#reset = el("button", { type: "button", class: "plain slim", on: { click: () => change([]) } }, `Choose none: show ${none}`);
    this.node = popover(el("details", { class: "pop" }, el("summary", {}, this.#summary), el("div", { class: "sheet" }, this.#filter, this.#list, this.#reset)));
  }

  update(names, chosen, summary) {
    setText(this.#summary, `${this.#title}: ${summary}`);
    this.#chosen = new Set(chosen);
    const key = JSON.stringify(names);
    if (key !== this.#names) {
      this.#names = key;
      this.#list.replaceChildren(...names.map((name) => el("label", {}, el("input", { type: "checkbox", value: name, on: { change: (e) => this.#toggle(e.target) } }), nameNode(name))));
      this.#filter.hidden = names.length < 8;
      this.#sieve();
    }
    for (const box of this.#list.querySelectorAll("input")) box.checked = this.#chosen.has(box.value);
    this.#reset.disabled = chosen.length === 0;
  }

  #toggle(box) {
    if (box.checked) this.#chosen.add(box.value);
    else this.#chosen.delete(box.value);
    this.#change([...this.#chosen]);
  }

  #sieve() {
    const text = this.#filter.value.toLowerCase();
    for (const label of this.#list.children) label.hidden = !label.textContent.toLowerCase().includes(text);
  }
}

// copyText copies text, and reports whether that was possible. Without TLS, browsers have
// only the old command for it.
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const box = document.body.appendChild(el("textarea", { class: "hidden", value: text }));
    box.select();
    const done = document.execCommand("copy");
    box.remove();
    return done;
  }
}

// setUpTools makes the buttons at the top work; recolour is called after a change of the
// theme.
export function setUpTools(recolour) {
  const copy = document.getElementById("copy");
  copy.addEventListener("click", async () => {
    const done = (await copyText(location.href)) ? "Copied" : "Copy it from the address bar";
    copy.textContent = done;
    say(done);
    setTimeout(() => (copy.textContent = "Copy link"), 2500);
  });
  const theme = document.getElementById("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const dark = () => (document.documentElement.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";
  const show = () => {
    theme.replaceChildren(icon(dark() ? "sun" : "moon"));
    theme.setAttribute("aria-label", dark() ? "Light colours" : "Dark colours");
    theme.title = theme.getAttribute("aria-label");
    recolour();
  };
  theme.addEventListener("click", () => {
    const chosen = dark() ? "light" : "dark";
    document.documentElement.dataset.theme = chosen;
    try {
      // A choice that is the system's follows the system again.
      if ((chosen === "dark") === system.matches) localStorage.removeItem("theme");
      else localStorage.setItem("theme", chosen);
    } catch {
      // See theme.js.
    }
    show();
  });
  system.addEventListener("change", show);
  show();
}
