// api.js asks the server. Each function returns what the server answered, or throws an
// ApiError that says in a sentence what is wrong.

// ApiError is a request that failed. status is the code of the answer, 0 if there was
// none; problem holds the members of a problem+json, or nothing.
export class ApiError extends Error {
  constructor(message, status, problem = {}) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.problem = problem;
  }
}

// longest is how long the slowest answer took since it was last asked for.
let longest = 0;

// slowest returns how long the slowest answer has taken since the last call, in
// milliseconds.
export function slowest() {
  const ms = longest;
  longest = 0;
  return ms;
}

// signIn loads the page again: without a session, the server answers with its login page.
// Its form loses the fragment of the address, so the view is kept here (see view.js). If it
// does not help, it is not tried again at once.
function signIn() {
  const now = Date.now();
  try {
    if (now - Number(sessionStorage.getItem("signin")) < 10000) return;
    sessionStorage.setItem("signin", String(now));
    sessionStorage.setItem("view", location.hash);
  } catch {
    return; // storage is forbidden; the notice has a link
  }
  location.reload();
}

async function request(path, options = {}) {
  let answer;
  const begin = performance.now();
  try {
    answer = await fetch(path, { credentials: "same-origin", cache: "no-cache", signal: AbortSignal.timeout(20000), ...options });
  } catch {
    throw new ApiError("the server does not answer", 0);
  }
  longest = Math.max(longest, performance.now() - begin);
  if (answer.status === 401) signIn();
  const type = answer.headers.get("Content-Type") ?? "";
  if (answer.ok) return answer.json();
  const problem = type.includes("json") ? await answer.json().catch(() => ({})) : {};
  throw new ApiError(problem.detail ?? `the server answered ${answer.status}`, answer.status, problem);
}

// machines returns all machines, the status of the whole job, and the allowed words.
export const machines = () => request("/machines");

// newest returns the newest n records.
export const newest = (n) => request(`/data?limit=${n}`, { headers: { Accept: "application/json" } });

// series returns the columns of charts. machine is null for all records; range is an
// object of the parameters from, to and last. The server takes at most 16 fields at a time,
// so more are asked for in parts.
export async function series(machine, fields, points, range) {
  if (fields.length > 16) {
    const first = await series(machine, fields.slice(0, 16), points, range);
    const rest = await series(machine, fields.slice(16), points, range);
    return { ...first, series: [...first.series, ...rest.series] };
  }
  const q = new URLSearchParams();
  if (machine !== null) q.set("machine", machine);
  for (const f of fields) q.append("field", f);
  q.set("points", String(points));
  for (const [name, value] of Object.entries(range)) q.set(name, value);
  return request(`/series?${q}`);
}

// history returns the newest changes of statuses, oldest first; before is the number of
// a change, to get those before it.
export function history(limit, before) {
  const q = new URLSearchParams({ limit: String(limit) });
  if (before !== undefined) q.set("before", String(before));
  return request(`/history?${q}`).then((answer) => answer.changes);
}

// setStatus sets the status of a machine, or of the whole job if machine is null. If seq
// is given, the server sets it only if the last change is still the one with that number
// (412 otherwise).
export function setStatus(machine, status, seq) {
  const headers = { "Content-Type": "application/json" };
  // A path cannot carry these names: browsers resolve "." and ".." away.
  if (machine === "" || machine === "." || machine === "..") {
    return request("/status", { method: "POST", headers, body: JSON.stringify({ machine, status }) });
  }
  if (seq !== undefined) headers["If-Match"] = `"${seq}"`;
  const path = machine === null ? "/status" : `/machines/${encodeURIComponent(machine)}/status`;
  return request(path, { method: "PUT", headers, body: JSON.stringify({ status }) });
}

// alive reports whether the server answers at all.
export async function alive() {
  try {
    return (await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(5000) })).ok;
  } catch {
    return false;
  }
}
