// fields.js finds out which fields of a machine are readings, and which are averages of
// them. A field is a path as the server writes it: motor.rpm is a member of an object,
// and a dot that belongs to a name is written \. .

// split returns the names of a path.
export function split(field) {
  const names = [""];
  for (let i = 0; i < field.length; i++) {
    if (field[i] === "\\" && i + 1 < field.length) names[names.length - 1] += field[++i];
    else if (field[i] === ".") names.push("");
    else names[names.length - 1] += field[i];
  }
  return names;
}

// average matches the usual names of an object of averages.
const average = /average|avg|mean|mavg/i;

// pair returns the readings among fields, in their order, each with the fields that are
// averages of it:
//
//   [{ field: "temperature", overlays: ["moving_averages.temperature"] }, …]
//
// A field is an average of X if it is X within an object: moving_averages.X, avg.X, or
// moving_averages.X.mean. Of an object whose name is not that of averages, all
// fields must be found outside as well: motor.rpm beside rpm is a reading of its own
// if there is a motor.current.
export function pair(fields) {
  const all = fields.map((field) => ({ field, names: split(field), overlays: [] }));
  const inner = (a, b) => a !== b && a.names.length > 1 && isWithin(a.names.slice(1), b.names);
  const groups = new Map();
  for (const f of all) {
    const name = f.names.length > 1 ? f.names[0] : "";
    groups.set(name, [...(groups.get(name) ?? []), f]);
  }
  const averages = new Set();
  for (const [name, members] of groups) {
    if (name === "") continue;
    const paired = members.filter((f) => all.some((b) => b.names[0] !== name && inner(f, b)));
    if (average.test(name) || paired.length === members.length) for (const f of paired) averages.add(f);
  }
  const readings = all.filter((f) => !averages.has(f));
  for (const f of averages) readings.find((b) => inner(f, b))?.overlays.push(f.field);
  return readings.map(({ field, overlays }) => ({ field, overlays }));
}

// isWithin reports whether the path inner begins with the path outer, or with outer
// written as one name with dots, as mavg writes it.
function isWithin(inner, outer) {
  return inner[0] === outer.join(".") || outer.every((name, i) => inner[i] === name);
}

// value returns the number at a path of a record, or null.
export function value(record, field) {
  let v = record;
  for (const name of split(field)) {
    if (v === null || typeof v !== "object" || !Object.hasOwn(v, name)) return null;
    v = v[name];
  }
  return typeof v === "number" ? v : null;
}

// overlayName returns how an overlay is called on the page.
export function overlayName(field) {
  const names = split(field);
  const last = names[names.length - 1];
  if (names[0] === "moving_averages") return /^(mean|median|min|max|sd|p\d|sum|count|first|last)/.test(last) && names.length > 2 ? `moving ${last}` : "moving average";
  return field;
}

// numeric returns the paths of all numbers of some records, in their order: for records
// that belong to no machine, whose fields the server does not list.
export function numeric(records) {
  const found = new Set();
  const visit = (value, path, depth) => {
    if (typeof value === "number" && path) found.add(path);
    if (value === null || typeof value !== "object" || Array.isArray(value) || depth > 4) return;
    for (const [name, v] of Object.entries(value)) visit(v, (path && `${path}.`) + name.replace(/[\\.]/g, "\\$&"), depth + 1);
  };
  for (const r of records) visit(r, "", 0);
  return [...found];
}
