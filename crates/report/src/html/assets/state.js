// What is shown is told by the address alone, so that every number can be a link and Back works.
let state = read();

function read() {
  const words = new URLSearchParams(location.hash.slice(1));
  const filters = {};
  for (const name of Object.keys(FILTERS)) {
    const values = words.getAll(name);
    if (values.length) filters[name] = new Set(values);
  }
  return {
    view: words.get("view") || "findings",
    framework: words.get("framework") || "",
    q: words.get("q") || "",
    sort: words.get("sort") || "",
    item: words.has("item") ? Number(words.get("item")) : -1,
    open: words.has("open"),
    filters,
  };
}

function address(next) {
  const words = new URLSearchParams();
  if (next.view && next.view !== "findings") words.set("view", next.view);
  if (next.framework) words.set("framework", next.framework);
  for (const [name, values] of Object.entries(next.filters || {})) for (const value of values) words.append(name, value);
  if (next.q) words.set("q", next.q);
  if (next.sort) words.set("sort", next.sort);
  if (next.item >= 0) words.set("item", next.item);
  if (next.open) words.set("open", "");
  return "#" + words;
}

// The list with these filters alone.
const listOf = (filters) => address({ filters: Object.fromEntries(Object.entries(filters).map(([k, v]) => [k, [v].flat()])) });

// The list as it is, with one more or one fewer value of a filter.
function toggled(name, value) {
  const values = new Set(state.filters[name]);
  if (!values.delete(value)) values.add(value);
  return address({ ...state, view: "findings", item: -1, open: false, filters: { ...state.filters, [name]: values } });
}

function go(next) {
  const hash = address({ ...state, ...next });
  if (hash !== (location.hash || "#")) location.hash = hash;
}

// A change that Back need not undo: which finding is looked at.
function move(next) {
  Object.assign(state, next);
  try { history.replaceState(null, "", address(state)); } catch { /* Some browsers forbid it for files; nothing is lost. */ }
}

let matched = { key: null };

// The findings that pass search and filters, equal ones as one, and how many each other filter would leave.
function matches() {
  const key = address({ ...state, view: "", item: -1, open: false });
  if (matched.key === key) return matched;
  const active = Object.entries(state.filters).filter(([, values]) => values.size);
  const found = searched(state.q);
  const counts = Object.fromEntries(Object.keys(FILTERS).map((name) => [name, new Map()]));
  const passed = [];
  for (let f = 0; f < COUNT; f++) {
    if (!found(f)) continue;
    let misses = 0, missed = null;
    for (const [name, values] of active) {
      const filter = FILTERS[name];
      const fits = filter.all ? filter.all(f).some((value) => values.has(value)) : values.has(filter.of(f));
      if (!fits && (missed = name, ++misses > 1)) break;
    }
    if (misses > 1) continue;
    if (!misses) passed.push(f);
    for (const [name, filter] of Object.entries(FILTERS)) {
      if (filter.hidden || (misses && missed !== name)) continue;
      const value = filter.of(f);
      counts[name].set(value, (counts[name].get(value) || 0) + 1);
    }
  }
  if (state.sort !== "place") passed.sort((a, b) => LEVEL[a] - LEVEL[b] || a - b);
  const places = new Map(), groups = [];
  for (const f of passed) {
    const same = cell(f, DETAIL) * 2 + (LEVEL[f] === 6 ? 1 : 0);
    const known = places.get(same);
    if (known === undefined) { places.set(same, groups.length); groups.push({ first: f, members: [f] }); }
    else groups[known].members.push(f);
  }
  return matched = { key, passed, groups, counts };
}

// Every word of the search must be somewhere in the finding, its object or its place.
function searched(query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return () => true;
  const marks = (list, text) => words.map((word) => Uint8Array.from(list, (one) => text(one).toLowerCase().includes(word)));
  const inDetails = marks(DETAILS, (one) => `${one.what} ${one.rule.id} ${one.rule.title}`);
  const inObjects = marks(OBJECTS, (one) => one.text);
  const inTexts = marks(DATA.texts, (one) => one);
  return (f) => words.every((_, n) =>
    inDetails[n][cell(f, DETAIL)] || inObjects[n][cell(f, OBJECT)] || inTexts[n][cell(f, FILE)] || inTexts[n][cell(f, PATH)]);
}
