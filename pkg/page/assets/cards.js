// cards.js shows machines: as a Card with charts, or as a Tile of the overview. Both
// have the same methods:
//
//   update(m, context, now)  shows what /machines says about the machine
//   wanted(context)          what to ask /series for: {fields, points}; null: nothing
//   draw(answer, context)    shows an answer of /series
//   tick(context, now)       is called every second, for ages
//   recolour()               draws again in the colours of the present theme
//   remove()                 frees what it holds

import { el, icon, nameNode, setText } from "./dom.js";
import { Chart } from "./chart.js";
import { spark } from "./spark.js";
import { StatusSet, since, wordNode } from "./statusset.js";
import { overlayName, pair, value } from "./fields.js";
import * as words from "./words.js";

// usual is how many fields of a machine are shown if none are chosen.
const usual = 3;

// shownFields returns the readings of a machine that are shown, with their averages.
export function shownFields(m, chosen) {
  const all = pair(m.fields ?? []);
  if (chosen === null) return all.slice(0, usual);
  return all.filter((f) => chosen.includes(f.field));
}

// silence returns how long a machine has sent nothing while others did, in
// milliseconds; 0 if it is not longer than usual. answer is the last one of /series.
function silence(m, answer, context) {
  if (!m.newest || !context.newest || !answer || answer.by !== "time") return 0;
  const quiet = context.newest - Date.parse(m.newest);
  const usual = answer.records > 1 ? (answer.to - answer.from) / answer.records : 0;
  return quiet > Math.max(60000, 10 * usual) ? quiet : 0;
}

// seen says when the newest record of a machine is from, and how many are kept.
function seen(m, context, now) {
  const kept = `${words.count(m.records, "record")} kept`;
  if (!m.newest) return m.records > 0 ? `${kept}${m.machine === null ? "" : ", without times: shown by number"}` : "";
  const at = Date.parse(m.newest);
  const age = now - at;
  return `newest reading ${age >= 0 && age < 86400000 ? `${words.age(age)}, ` : ""}${words.fullTime(at)} · ${kept}`;
}

export class Card {
  node;
  machine;
  #title = el("h2");
  #word = el("span");
  #since = el("span", { class: "since" });
  #set = null;
  #fields = el("div", { class: "fields" });
  #foot = el("footer");
  #silent = el("p", { class: "silent", hidden: true }, icon("warning"), el("span"));
  #answer = null;
  #parts = new Map(); // field → FieldPart
  #calls;
  #m = null;
  #wordKey = "";

  // machine is null for all records of a stream without machines.
  constructor(machine, setter, calls) {
    this.machine = machine;
    this.#calls = calls;
    this.#title.append(machine === null ? "All records" : nameNode(machine));
    const head = el("header", {}, el("div", {}, this.#title, el("p", { class: "now" }, this.#word, this.#since), this.#silent));
    if (machine !== null) {
      this.#set = new StatusSet(machine, setter);
      head.append(this.#set.node);
    }
    this.node = el("article", { class: "card", "aria-label": machine ?? "All records" }, head, this.#fields, this.#foot);
  }

  update(m, context, now) {
    this.#m = m;
    if (this.#set) {
      const key = JSON.stringify([m.status, context.words]);
      if (key !== this.#wordKey) this.#word.replaceChildren(wordNode(m.status, context.words));
      this.#wordKey = key;
      this.#set.update(m, context.words, context.moves);
    }
    const shown = shownFields(m, context.view.fields);
    const names = shown.map((f) => f.field);
    for (const [name, part] of this.#parts) {
      if (names.includes(name)) continue;
      part.remove();
      this.#parts.delete(name);
    }
    if (names.length === 0) {
      const text = (m.fields ?? []).length > 0 ? "None of the chosen fields is in this machine's records. “Fields” chooses others." : m.records > 0 ? "Its records have no numbers to draw." : "It has a status, but no records are kept.";
      this.#fields.replaceChildren(el("p", { class: "nothing" }, text));
    } else if (this.#fields.firstChild?.className === "nothing") this.#fields.replaceChildren();
    shown.forEach((f, i) => {
      let part = this.#parts.get(f.field);
      if (!part) {
        part = new FieldPart(this.machine ?? "all records", f.field, this.#calls);
        this.#parts.set(f.field, part);
      }
      part.overlays = f.overlays;
      if (this.#fields.children[i] !== part.node) this.#fields.insertBefore(part.node, this.#fields.children[i] ?? null);
      part.show(m.last);
    });
    this.tick(context, now);
  }

  tick(context, now) {
    if (!this.#m) return;
    setText(this.#since, since(this.#m, now));
    setText(this.#foot, seen(this.#m, context, now));
    this.#foot.hidden = this.#foot.textContent === "";
    const quiet = silence(this.#m, this.#answer, context);
    this.#silent.hidden = quiet === 0;
    setText(this.#silent.lastChild, quiet ? `silent for ${words.span(quiet)}, while the stream continues` : "");
  }

  wanted() {
    const fields = [];
    let points = 60;
    for (const part of this.#parts.values()) {
      fields.push(part.field, ...part.overlays);
      points = Math.max(points, part.chart.points());
    }
    return fields.length ? { fields, points } : null;
  }

  draw(answer, context) {
    this.#answer = answer;
    const domain = context.view.domain(answer, context.newest);
    for (const part of this.#parts.values()) part.draw(answer, domain, context);
  }

  recolour() {
    for (const part of this.#parts.values()) part.chart.recolour();
  }

  remove() {
    for (const part of this.#parts.values()) part.remove();
    this.node.remove();
  }
}

// FieldPart is one field of a card: its last value, its chart, and the chart in words.
class FieldPart {
  node;
  chart;
  field;
  overlays = [];
  #value = el("span", { class: "value" }, "–");
  #overlays = el("div");
  #summary = el("p");
  #anomalies = el("p", { class: "anomalies", hidden: true });
  #list = el("ul");
  #details;
  #spell = words.speller(null);
  #last = null;

  constructor(name, field, calls) {
    this.field = field;
    this.chart = new Chart(`${field} of ${name}`, calls);
    this.#details = el("details", { class: "list", hidden: true }, el("summary"), this.#list);
    this.node = el("figure", { class: "field" },
      el("div", { class: "head" }, el("div", { class: "titles" }, el("h3", {}, field), this.#value), this.#overlays),
      this.chart.node,
      el("figcaption", {}, this.#anomalies, this.#summary, this.#details));
  }

  // show shows the values of the newest record.
  show(last) {
    this.#last = last;
    setText(this.#value, this.#spell.reading(value(last, this.field)));
    while (this.#overlays.children.length > this.overlays.length) this.#overlays.lastChild.remove();
    this.overlays.forEach((field, i) => {
      const node = this.#overlays.children[i] ?? this.#overlays.appendChild(el("div", { class: "overlay" }));
      setText(node, `${overlayName(field)} ${this.#spell.average(value(last, field))}`);
      node.title = field;
    });
  }

  draw(answer, domain) {
    const find = (field) => answer.series.find((s) => s.field === field);
    const base = find(this.field);
    if (!base) return;
    this.#spell = words.speller(base);
    this.chart.draw(answer, [base, ...this.overlays.map(find).filter(Boolean)], domain, this.#spell);
    this.show(this.#last);
    this.#say(answer, base);
  }

  #say(answer, s) {
    const byTime = answer.by === "time";
    const marked = s.anomaly_count > 0 && words.fits(s);
    this.#anomalies.hidden = !marked;
    if (s.count === 0) {
      setText(this.#summary, "No readings in this range.");
      this.#details.hidden = true;
      return;
    }
    const { reading, average } = this.#spell;
    const sentence = words.anomalySentence(s, this.#spell, byTime);
    const facts = [`lowest ${reading(s.min)}, highest ${reading(s.max)}.`];
    if (s.anomaly_count) facts[0] = facts[0].replace("lowest", "Lowest"); // the sentence has the rest
    else facts[0] = `${words.count(s.count, "reading")}: average ${average(s.mean)}, ${facts[0]}`;
    if (!marked) facts.push(s.anomaly_count ? sentence : "None differs by more than 20 % from the average.");
    const gaps = answer.gap_count ?? (answer.gaps ?? []).length;
    if (gaps) facts.push(`${words.count(gaps, "gap")} without records.`);
    if (answer.no_time) facts.push(`${words.count(answer.no_time, "record")} without a time left out.`);
    setText(this.#summary, facts.join(" "));
    if (marked) {
      if (this.#anomalies.lastChild?.textContent !== sentence) this.#anomalies.replaceChildren(icon("diamond"), el("span", {}, sentence));
    }
    const list = s.anomalies ?? [];
    this.#details.hidden = list.length < 2 || !marked;
    setText(this.#details.firstChild, s.anomaly_count > list.length ? `List the ${list.length} largest anomalies` : `List all ${list.length} anomalies`);
    const key = JSON.stringify(list);
    if (this.#details.hidden || this.#list.dataset.key === key) return;
    this.#list.dataset.key = key;
    this.#list.replaceChildren(...list.map((a) => el("li", {}, words.anomaly(a, this.#spell, byTime))));
  }

  remove() {
    this.chart.remove();
    this.node.remove();
  }
}

export class Tile {
  node;
  machine;
  latest = null; // time of the latest anomaly shown, for sorting
  #open;
  #word = el("span");
  #value = el("span", { class: "value" }, "–");
  #name = el("span", { class: "muted small" });
  #canvas = el("canvas", { role: "img", "aria-label": "no readings" });
  #anomaly = el("p", { class: "anomaly-line" });
  #since = el("span", { class: "since muted small num" });
  #last = null; // what was drawn: answer, series, domain
  #spell = words.speller(null);
  #field = null;
  #m = null;
  #wordKey = "";

  constructor(machine, open) {
    this.machine = machine;
    this.#open = el("button", { type: "button", title: "Show its charts", on: { click: () => open(machine) } }, nameNode(machine));
    this.node = el("article", { class: "card tile", "aria-label": machine },
      el("div", { class: "line" }, el("h2", {}, this.#open), this.#word),
      el("div", { class: "line" }, el("span", {}, this.#value, " ", this.#name), this.#since),
      this.#canvas, this.#anomaly);
  }

  update(m, context, now) {
    this.#m = m;
    const key = JSON.stringify([m.status, context.words]);
    if (key !== this.#wordKey) this.#word.replaceChildren(wordNode(m.status, context.words));
    this.#wordKey = key;
    this.#field = shownFields(m, context.view.fields)[0]?.field ?? null;
    setText(this.#name, this.#field ?? (m.records ? "no numbers" : "no records"));
    this.#showValue();
    this.tick(context, now);
  }

  #showValue() {
    const v = this.#field && this.#m ? value(this.#m.last, this.#field) : null;
    setText(this.#value, this.#spell.reading(v));
  }

  tick(context, now) {
    if (!this.#m) return;
    const at = this.#m.since ? Date.parse(this.#m.since) : null;
    setText(this.#since, at === null ? "" : `for ${words.span(now - at)}`);
    this.#note(context);
  }

  wanted() {
    return this.#field ? { fields: [this.#field], points: Math.max(60, Math.round(this.#canvas.clientWidth / 40) * 20) } : null;
  }

  draw(answer, context) {
    const s = answer.series[0];
    this.#last = { answer, s, domain: context.view.domain(answer, context.newest) };
    this.#spell = words.speller(s);
    this.#canvas.dataset.points = s.at.length;
    this.#canvas.dataset.field = s.field;
    this.#showValue();
    this.latest = words.fits(s) ? (s.anomalies?.at(-1)?.at ?? null) : null;
    this.#note(context);
    this.#canvas.setAttribute("aria-label", s.count ? `${s.field}: ${words.count(s.count, "reading")}, lowest ${this.#spell.reading(s.min)}, highest ${this.#spell.reading(s.max)}` : "no readings in this range");
    spark(this.#canvas, s, answer.gaps ?? [], this.#last.domain);
  }

  // note says what is remarkable: that the machine is silent, or its anomalies.
  #note(context) {
    if (!this.#last) return;
    const { s, answer } = this.#last;
    const n = s.anomaly_count;
    const quiet = silence(this.#m, answer, context);
    let [text, kind] = [s.count ? "no anomalies" : "no readings in this range", ""];
    if (quiet) [text, kind] = [`silent for ${words.span(quiet)}`, "warning"];
    else if (!words.fits(s)) text = "too variable for anomalies";
    else if (n) [text, kind] = [`${words.count(n, "anomaly", "anomalies")}, latest ${answer.by === "time" ? words.shortTime(this.latest) : `record ${words.number(this.latest, 0)}`}`, "diamond"];
    this.#anomaly.dataset.kind = kind;
    if (this.#anomaly.textContent !== text) this.#anomaly.replaceChildren(...(kind ? [icon(kind)] : []), text);
  }

  recolour() {
    if (this.#last) spark(this.#canvas, this.#last.s, this.#last.answer.gaps ?? [], this.#last.domain);
  }

  remove() {
    this.node.remove();
  }
}
