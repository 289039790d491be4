// app.js is where the page starts. It holds what is known (model), asks the server when
// there is news, and gives each part what it shows.
//
//   live.js      events of the server       → model, stream state, history
//   poll.js      when to read again         → /machines, /series
//   view.js      what is shown, in the address
//   cards.js     machines                   chart.js, spark.js, statusset.js
//   controls.js  range, pause, choice       history.js, stream.js

import { el, icon } from "./dom.js";
import * as api from "./api.js";
import { Card, Tile } from "./cards.js";
import { Controls, setUpTools } from "./controls.js";
import { numeric } from "./fields.js";
import { History } from "./history.js";
import { connect } from "./live.js";
import { Poller, each } from "./poll.js";
import { Bar, StreamState } from "./stream.js";
import { Setter, StatusSet, since, wordNode } from "./statusset.js";
import { View } from "./view.js";
import * as words from "./words.js";

// most is how many machines are shown with charts unless the reader asks for more. It does
// not follow the window: charts that turn into tiles would lose the reader's place.
const most = innerWidth >= 2400 ? 5 : 4;

// few is how many readings are too few for a chart, if there are others outside its range.
const few = 20;

const byId = (id) => document.getElementById(id);
const model = {
  machines: [], byName: new Map(), words: [], moves: null, durable: true, unnamed: 0, loaded: false,
  whole: { status: null, since: null, seq: 0 },
  all: { machine: null, records: 0, newest: null, last: null, fields: [], status: null, since: null, seq: 0 }, // records without a machine
};
const stream = new StreamState();
const pause = { at: Date.now(), records: 0 }; // when, and how many records there were then
const shown = new Map(); // machine → Card or Tile; null: all records
const drawn = new WeakMap(); // Card or Tile → {key, answer}: what it shows
const visible = new WeakSet(); // nodes that are on the screen, or nearly
let problem = ""; // why the charts could not be read

const view = new View(() => {
  if (view.paused !== null && !wasPaused) Object.assign(pause, { at: Date.now(), records: stream.last?.records ?? 0 });
  wasPaused = view.paused !== null;
  arrange();
  poller.wake(true);
});
let wasPaused = view.paused !== null;
const setter = new Setter(() => readMachines());
const bar = new Bar(byId("stream"));
const controls = new Controls(byId("controls"), view, () => ({
  machines: showsAll() ? [...model.machines, model.all] : model.machines, newest: newest(), timed: newest() !== null || (stream.last?.records ?? 0) === 0, pausedAt: pause.at, fresh: Math.max(0, (stream.last?.records ?? 0) - pause.records),
}));
const history = new History(byId("history"), setter, () => ({ words: model.words, durable: model.durable, current: (name) => (name === null ? model.whole : find(name)) }));
const job = new StatusSet(null, setter);
const jobNow = {
  word: el("span"), since: el("span", { class: "muted small num" }),
  memory: el("span", { class: "memory", hidden: true, title: "They are lost when statusd stops; --store FILE keeps them" }, icon("warning"), "statuses are kept in memory only"),
};
const observer = new IntersectionObserver((entries) => {
  for (const e of entries) {
    if (e.isIntersecting) visible.add(e.target);
    else visible.delete(e.target);
  }
  poller.wake([...shown.values()].some((c) => visible.has(c.node) && !drawn.has(c)));
}, { rootMargin: "25%" });
const poller = new Poller(refresh);
const charts = {
  onZoom: (from, to) => view.set({ range: "fixed", from, to }),
  onReset: () => view.range === "fixed" && view.unzoom(),
  onResize: () => poller.wake(),
};

const find = (name) => model.byName.get(name);
const newest = () => (stream.last?.newest ? Date.parse(stream.last.newest) : null);
const context = () => ({ view, words: model.words, moves: model.moves, newest: view.paused || newest() });

// refresh reads the machines and the charts that are on the screen. While the view is
// paused, charts are read only if the view has changed.
async function refresh() {
  if (stream.since()) return; // disconnected: all is read again when the connection is back
  try {
    if (view.paused === null || !model.loaded) await readMachines();
    // To be sorted by their anomalies, all must be known, and not only those on the screen.
    await each([...shown.values()].filter((c) => visible.has(c.node) || view.sort === "anomaly"), 4, readChart);
    problem = "";
    widen();
  } catch (e) {
    stream.denied = e.status === 401;
    problem = `The charts cannot be read: ${e.message}.`;
    throw e;
  } finally {
    notices();
    ready();
  }
}

// widen shows a longer range if none of the charts has enough readings.
function widen() {
  const known = [...shown].map(([name, card]) => [name === null ? model.all : find(name), drawn.get(card)?.answer]).filter(([m, answer]) => m && answer);
  if (known.length > 0 && known.every(([m, answer]) => answer.by === "time" && answer.records < few && m.records > 2 * answer.records)) view.widen();
}

// showsAll reports whether there is a card of all records: for records that belong to no
// machine, unless they are a few among others.
function showsAll() {
  const named = model.machines.reduce((n, m) => n + m.records, 0);
  return model.loaded && model.all.records > 0 && model.unnamed >= named && view.machines.length === 0;
}

async function readMachines() {
  const answer = await api.machines();
  const paused = view.paused !== null && model.loaded;
  const before = new Map(model.machines.map((m) => [m.machine, m]));
  // A paused view keeps its values, but not its statuses.
  model.machines = paused ? answer.machines.filter((m) => before.has(m.machine)).map((m) => ({ ...before.get(m.machine), status: m.status, since: m.since, seq: m.seq })) : answer.machines;
  model.byName = new Map(model.machines.map((m) => [m.machine, m]));
  Object.assign(model, { words: answer.words ?? [], moves: answer.moves ?? null, durable: answer.durable, unnamed: answer.unnamed ?? 0, loaded: true });
  model.whole = { status: answer.status, since: answer.since, seq: answer.seq };
  if (model.unnamed > 0 && !paused) await readAll(answer);
  arrange();
}

// readAll finds out about records that belong to no machine.
async function readAll(answer) {
  const records = await api.newest(5);
  Object.assign(model.all, { records: answer.unnamed ?? records.length, last: records.at(-1) ?? null, fields: numeric(records) });
}

async function readChart(card) {
  const wanted = card.wanted();
  const m = card.machine === null ? model.all : find(card.machine);
  if (!wanted || !m) return;
  const timed = m.newest !== null || (m === model.all && newest() !== null);
  const query = view.query(timed);
  // Of a silent machine, readings leave the range all the same.
  const moved = query.last ? Math.floor((newest() ?? 0) / 10000) : 0;
  const key = JSON.stringify([wanted, query, m.records, m.newest, m.last, moved]);
  const last = drawn.get(card);
  // If nothing is new, the chart still moves along with those beside it.
  const answer = last?.key === key ? last.answer : await api.series(card.machine, wanted.fields, wanted.points, query);
  if (shown.get(card.machine) !== card) return;
  card.draw(answer, context());
  drawn.set(card, { key, answer });
}

// arrange makes the cards that the view asks for, in its order, and updates them all.
function arrange() {
  const now = Date.now();
  const names = model.machines.map((m) => m.machine).toSorted(words.byName).filter((name) => view.machines.length === 0 || view.machines.includes(name));
  if (showsAll()) names.unshift(null);
  const overview = names[0] !== null && (view.mode === "overview" || (view.mode === "auto" && names.length > most));
  const kind = overview ? Tile : Card;
  const wanted = new Set(names);
  for (const [name, card] of shown) {
    if (wanted.has(name) && card instanceof kind) continue;
    observer.unobserve(card.node);
    card.remove();
    shown.delete(name);
  }
  for (const name of names) {
    if (shown.has(name)) continue;
    const card = overview ? new Tile(name, (machine) => view.set({ machines: [machine], mode: "auto" })) : new Card(name, setter, charts);
    shown.set(name, card);
    observer.observe(card.node);
  }
  const box = byId("cards");
  box.dataset.mode = overview ? "overview" : "charts";
  box.dataset.count = String(names.length);
  rows(box, names.length);
  sorted(names).forEach((name, i) => {
    const card = shown.get(name);
    if (box.children[i] !== card.node) box.insertBefore(card.node, box.children[i] ?? null);
    card.update(name === null ? model.all : find(name), context(), now);
  });
  job.update(model.whole, model.words, model.moves);
  const word = JSON.stringify([model.whole.status, model.words]);
  if (jobNow.word.dataset.key !== word) jobNow.word.replaceChildren(wordNode(model.whole.status, model.words));
  jobNow.word.dataset.key = word;
  jobNow.memory.hidden = model.durable;
  controls.update(overview, names.length);
  history.show();
  notices();
  tick();
}

// rows tells the style sheet how many rows of tiles there are, so that they fill a large
// screen.
function rows(box, n) {
  const columns = getComputedStyle(box).gridTemplateColumns.split(" ").length;
  const text = String(Math.max(1, Math.ceil(n / columns)));
  if (box.style.getPropertyValue("--rows") === text) return;
  box.style.setProperty("--rows", text);
  recolour();
}

function recolour() {
  for (const card of shown.values()) card.recolour();
}

function sorted(names) {
  const place = (name) => {
    const at = model.words.indexOf(find(name)?.status);
    return at < 0 ? model.words.length : at;
  };
  if (view.sort === "status") return names.toSorted((a, b) => place(a) - place(b));
  if (view.sort === "anomaly") return names.toSorted((a, b) => (shown.get(b)?.latest ?? -Infinity) - (shown.get(a)?.latest ?? -Infinity) || 0);
  return names;
}

// notices says what concerns the whole page.
function notices() {
  const list = [];
  const add = (kind, ...children) => list.push([kind, children]);
  if (stream.denied) add("error", "You are not signed in any more. ", el("a", { href: "/" }, "Sign in"));
  else if (problem && !stream.since()) add("error", problem);
  if (model.loaded && model.machines.length > 0 && model.unnamed > 0 && !showsAll()) add("note", `${words.count(model.unnamed, "record")} kept ${model.unnamed === 1 ? "has" : "have"} no machine, and ${model.unnamed === 1 ? "is" : "are"} not shown. --machine FIELD says which field has its name.`);
  const missing = view.machines.filter((name) => !find(name));
  if (model.loaded && missing.length > 0) add("note", `Not in the records that are kept: ${missing.slice(0, 5).map(words.shownName).join(", ")}${missing.length > 5 ? " and others" : ""}.`);
  const empty = model.loaded && model.unnamed === 0 && model.machines.every((m) => m.records === 0);
  const bad = stream.last?.bad ?? 0;
  const key = JSON.stringify([list, empty && [bad, stream.last?.ended, model.machines.length > 0], stream.denied]);
  const node = byId("notices");
  if (node.dataset.key === key) return;
  node.dataset.key = key;
  node.replaceChildren(...list.map(([kind, children]) => el("p", { class: "notice", "data-kind": kind, role: kind === "error" ? "alert" : null }, icon("warning"), el("span", {}, ...children))));
  if (empty) node.append(first(bad, stream.last?.ended, model.machines.length > 0));
}

// first returns what is said before the first record: what to run, or what is wrong.
function first(bad, ended, statuses) {
  const node = el("div", { class: "notice", "data-kind": "empty" }, el("h2", {}, ended ? "The input has ended without a record" : "Waiting for the first record"));
  if (bad > 0) node.append(el("p", {}, `${words.count(bad, "line")} ${bad === 1 ? "has" : "have"} come, but a record is a JSON object on a line, as in`), el("pre", {}, '{"timestamp":"2024-05-06T08:00:00Z","machine":"m1","temperature":61.2}'));
  node.append(el("p", {}, "statusd shows the records of its standard input. With a file that grows:"), el("pre", {}, "tail -F machine.jsonl | mavg -n 5 | statusd > /dev/null"), el("p", {}, "With three simulated machines, to try it out:"), el("pre", {}, "machsim --machines 3 --interval 1s --start now | mavg -n 5 -g machine | statusd > /dev/null"));
  if (statuses) node.append(el("p", { class: "muted" }, "The machines below have statuses, but no records."));
  return node;
}

// ready marks the page as drawn, for those who wait for it.
function ready() {
  document.body.dataset.ready = "true";
}

function tick() {
  const now = Date.now();
  bar.show(stream, now);
  controls.tick(now);
  jobNow.since.textContent = since(model.whole, now);
  for (const card of shown.values()) card.tick(context(), now);
}

// readEverything is for the beginning, and after events were missed.
function readEverything() {
  history.load().catch(() => {});
  poller.wake(true);
}

byId("job").append(el("h2", { id: "job-title" }, "Whole job"), jobNow.word, jobNow.since, jobNow.memory, job.node);
byId("zone").append(`Times are those of this device: ${words.zone()}. Ranges end at the newest reading. `, el("span", { class: "mouse" }, "In a chart: drag to zoom, double-click to go back; with the keyboard, arrows, + and −, Escape."));
setUpTools(recolour);
let resized = 0;
addEventListener("resize", () => {
  cancelAnimationFrame(resized);
  resized = requestAnimationFrame(() => {
    arrange();
    for (const card of shown.values()) if (card instanceof Tile) card.recolour();
  });
});
arrange();
readEverything();
setInterval(() => document.hidden || tick(), 1000);
// A hidden page does not know whether the stream is alive (see live.js), so its title
// does not say.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) document.title = "weir";
});
connect({
  up: (again) => {
    stream.up();
    tick();
    if (again) readEverything();
  },
  down: () => {
    stream.down();
    tick();
  },
  denied: () => {
    stream.denied = true;
    notices();
    tick();
  },
  stream: (event) => {
    const before = stream.last?.newest_seq;
    const records = stream.last?.records ?? event.records;
    stream.update(event);
    words.setNewest(newest());
    if (event.records < records) pause.records = 0; // the server was restarted
    notices();
    tick();
    if (event.newest_seq !== before && view.paused === null) poller.wake();
  },
  status: (change) => {
    history.add(change);
    const target = change.machine === null ? model.whole : find(change.machine);
    if (target && target.seq < change.seq) Object.assign(target, { status: change.status, since: change.time, seq: change.seq });
    arrange();
    if (!target) poller.wake();
  },
  reset: readEverything,
});
