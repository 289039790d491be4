// statusset.js shows a status and the buttons that set it, for a machine or for the
// whole job.

import { el, icon, say } from "./dom.js";
import { ApiError, setStatus } from "./api.js";
import * as words from "./words.js";

// kinds give well-known words a shape and a colour. A word that matches none has one of
// the others, by its place among the allowed words.
const kinds = [
  [/fail|error|alarm|fault|broken|down/i, "cross", "red"],
  [/complete|done|finish|^ok$|ready|success/i, "check", "green"],
  [/start|run|work|busy|active/i, "play", "blue"],
  [/pause|wait|hold|block|maint|service|warn/i, "pause", "amber"],
  [/idle|off|stop|none/i, "ring", "neutral"],
];
const others = [["hexagon", "violet"], ["diamond", "blue"], ["square", "green"], ["dash", "amber"]];

// look returns the shape and the colour of a word.
export function look(word, allowed) {
  const kind = kinds.find(([pattern]) => pattern.test(word));
  return kind ? [kind[1], kind[2]] : others[Math.max(0, allowed.indexOf(word)) % others.length];
}

// wordNode returns a status as a shape and a word; "no status" for null.
export function wordNode(word, allowed) {
  if (word === null) return el("span", { class: "word" }, icon("dash"), "no status");
  const [shape, hue] = look(word, allowed);
  return el("span", { class: "word", "data-hue": hue }, icon(shape), word);
}

// why says in a sentence why a status could not be set, and what to do.
function why(e, name, now) {
  if (!(e instanceof ApiError)) return String(e);
  if (e.status === 412) return `Not set: somebody else has changed ${name} meanwhile${now ? `, to ${now}` : ""}. Look, and set it again.`;
  if (e.status === 0) return "Not set: the server does not answer. Nothing has changed; try again.";
  if (e.status === 401) return "Not set: you are not signed in. Reload the page to sign in.";
  return `Not set: ${e.message.replace(/^the status cannot be set: /, "")}.`;
}

// Setter posts statuses, so that a button and an undo behave alike. refresh reads the
// machines again.
export class Setter {
  #refresh;

  constructor(refresh) {
    this.#refresh = refresh;
  }

  // set sets the status of a machine, or of the job if machine is null. It returns null,
  // or a sentence that says what went wrong.
  async set(machine, word, seq, current) {
    const name = machine ?? "the job";
    try {
      await setStatus(machine, word, seq);
    } catch (e) {
      await this.#refresh().catch(() => {});
      return why(e, name, current());
    }
    await this.#refresh().catch(() => {});
    say(`${machine ?? "The whole job"} is now ${word}`);
    return null;
  }
}

// StatusSet is the buttons of one machine, or of the job if machine is null.
export class StatusSet {
  node = el("div", { class: "set" });
  #machine;
  #setter;
  #buttons = new Map();
  #group = el("div", { class: "seg statuses", role: "group" });
  #alert = el("p", { class: "alert", role: "alert" });
  #done = el("p", { class: "done", hidden: true });
  #allowed = "";
  #state = { status: null, seq: 0 };
  #moves = null;
  #pending = null; // the word that is being set
  #next = null; // the word that was clicked last meanwhile: it is set afterwards, unless that fails
  #timer = 0;

  constructor(machine, setter) {
    this.#machine = machine;
    this.#setter = setter;
    this.#group.setAttribute("aria-label", `Status of ${this.#name()}`);
    this.node.append(this.#group, el("div", { class: "message" }, this.#alert, this.#done));
  }

  #name() {
    return this.#machine ?? "the whole job";
  }

  // update shows the status of state, {status, seq}; allowed are all words, moves the
  // allowed moves from each word or null.
  update(state, allowed, moves) {
    if (this.#state.seq !== state.seq) this.#fail("");
    this.#state = state;
    this.#moves = moves;
    const key = allowed.join("\n");
    if (key !== this.#allowed) {
      this.#allowed = key;
      this.#buttons = new Map(allowed.map((word) => {
        const [shape, hue] = look(word, allowed);
        return [word, el("button", { type: "button", "data-hue": hue, "aria-label": `Set ${this.#name()} to ${word}`, on: { click: () => this.#set(word) } }, icon(shape), word)];
      }));
      this.#group.replaceChildren(...this.#buttons.values());
      this.#markPending();
    }
    this.#mark();
  }

  #mark() {
    const from = this.#state.status ?? "";
    const next = this.#moves ? (this.#moves[from] ?? []) : null;
    for (const [word, button] of this.#buttons) {
      const current = word === this.#state.status;
      button.setAttribute("aria-pressed", String(current));
      const forbidden = next !== null && !current && !next.includes(word);
      button.disabled = forbidden;
      button.title = forbidden ? `${word} cannot follow ${from || "no status"}${next.length ? `: allowed ${next.length === 1 ? "is" : "are"} ${next.join(", ")}` : ": nothing can"}` : "";
    }
  }

  async #set(word) {
    if (this.#pending !== null) {
      this.#next = word;
      this.#markPending();
      return;
    }
    if (word === this.#state.status) return;
    this.#pending = word;
    this.#markPending();
    this.#fail("");
    this.#done.hidden = true;
    const problem = await this.#setter.set(this.#machine, word, this.#state.seq, () => this.#state.status);
    const next = this.#next;
    this.#pending = this.#next = null;
    this.#markPending();
    if (problem) return this.#fail(problem);
    this.#done.textContent = `✓ set to ${word} at ${words.timeOfDay(Date.now())}`;
    this.#done.hidden = false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.#done.hidden = true), 4000);
    if (next !== null) return this.#set(next);
  }

  #markPending() {
    for (const [word, button] of this.#buttons) {
      if (word === this.#pending || word === this.#next) button.setAttribute("aria-busy", "true");
      else button.removeAttribute("aria-busy");
    }
  }

  #fail(text) {
    if (this.#alert.textContent === text) return;
    this.#alert.replaceChildren(...(text ? [icon("warning"), el("span", {}, text)] : []));
  }
}

// since says how long a status has been set.
export function since(state, now) {
  if (!state.since) return "";
  const at = Date.parse(state.since);
  return `since ${words.shortTime(at)} (${words.span(now - at)})`;
}

