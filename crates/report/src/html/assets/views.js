// The other ways to look at the same findings. Every number leads to its list.
const VIEWS = [
  ["findings", "Findings", () => COUNT, drawFindings],
  ["rules", "Rules", () => RULES.length, drawRules],
  ["namespaces", "Namespaces", () => new Set(OBJECTS.map((one) => one.namespace || CLUSTER)).size, drawNamespaces],
  ["frameworks", "Frameworks", () => frameworks().length, drawFrameworks],
  ["inventory", "Inventory", () => DATA.facts.length, drawInventory],
  ["input", "Input", () => DATA.problems.length || null, drawInput],
];

// Counts by level of the findings that `key` gives the same name (or names).
function tally(key) {
  const counts = new Map();
  for (let f = 0; f < COUNT; f++) {
    for (const name of [key(f)].flat()) {
      if (!counts.has(name)) counts.set(name, new Array(LEVELS.length).fill(0));
      counts.get(name)[LEVEL[f]]++;
    }
  }
  return counts;
}

// Worse first: more of the worst severity wins.
const worse = (a, b) => { for (let n = 0; n < 6; n++) if (a[n] !== b[n]) return b[n] - a[n]; return 0; };
const NONE = new Array(LEVELS.length).fill(0);
const sum = (counts) => counts.reduce((a, b) => a + b, 0);
const numbers = (counts, filter) => counts.map((count, n) => number(count, listOf({ ...filter, level: LEVELS[n] }), LEVELS[n]));
const HEADS = LEVELS.map((level) => `#${level}`);

// How the failures of a row are spread, beside the row with the most.
function spread(counts, most) {
  const bar = h("div.bar-of", { "aria-hidden": "true" });
  counts.slice(0, 5).forEach((count, n) => { if (count) bar.append(h(`i.${LEVELS[n]}`, { css: { width: `${(100 * count) / most}%` } })); });
  return h("td", {}, bar);
}

function drawRules(main) {
  const counts = tally((f) => detailOf(f).rule.id);
  const rows = RULES.map((rule) => ({ rule, counts: counts.get(rule.id) || NONE }));
  rows.sort((a, b) => worse(a.counts, b.counts) || (a.rule.id < b.rule.id ? -1 : 1));
  const [found, clean] = [rows.filter((one) => sum(one.counts)), rows.filter((one) => !sum(one.counts))];
  main.replaceChildren(
    h("section.card", {}, h("h2", {}, `${plural(found.length, "rule")} with findings`), table(["Rule", "", ...HEADS], found.map(({ rule, counts }) =>
      h("tr", {}, h("td.name", {}, h("a.mono", { href: listOf({ rule: rule.id }) }, rule.id)), h("td", {}, rule.title), numbers(counts, { rule: rule.id }))))),
    h("section.card", {}, h("h2", {}, `${plural(clean.length, "rule")} ran without a finding`), table(["Rule", "", "Group"], clean.map(({ rule }) =>
      h("tr", {}, h("td.name.mono", {}, rule.id), h("td", {}, rule.title), h("td.soft", {}, rule.group))))));
}

function drawNamespaces(main) {
  const rows = [...tally(namespaceOf)].sort((a, b) => worse(a[1], b[1]));
  const most = Math.max(1, ...rows.map(([, counts]) => sum(counts.slice(0, 5))));
  main.replaceChildren(h("section.card", {}, h("h2", {}, "Where it is worst"), table(["Namespace", "", ...HEADS], rows.map(([name, counts]) =>
    h("tr", {}, h("td.name", {}, h("a", { href: listOf({ ns: name }) }, name)), spread(counts, most), numbers(counts, { ns: name }))))));
}

// Frameworks that were asked for come with titles, scores and what cannot be decided here; others are put together
// from what the rules say they belong to.
function frameworks() {
  const asked = DATA.frameworks.map(([id, title, version, percent, controls]) => ({ id, title: `${title} ${version}`, percent, controls:
    controls.map(([id, title, section, state, reason, note, rules]) => ({ id, title, section, state, reason, note, rules })) }));
  const named = new Map();
  for (const rule of RULES) for (const [name, ids] of Object.entries(rule.frameworks)) {
    if (asked.some((one) => one.id === name)) continue;
    if (!named.has(name)) named.set(name, new Map());
    for (const id of ids) named.get(name).set(id, [...(named.get(name).get(id) || []), rule.id]);
  }
  const derived = [...named].map(([id, controls]) => ({ id, title: id, controls: [...controls].map(([id, rules]) => ({ id, rules }))
    .sort((a, b) => a.id.localeCompare(b.id, "en", { numeric: true })) }));
  return [...asked, ...derived.sort((a, b) => (a.id < b.id ? -1 : 1))];
}

function drawFrameworks(main) {
  const all = frameworks(), one = all.find((one) => one.id === state.framework) || all[0];
  if (!one) return main.replaceChildren(h("div.nothing", {}, "No rule that ran belongs to a framework."));
  const counts = tally((f) => controlsOf(detailOf(f).rule).filter((control) => control.startsWith(`${one.id}/`)));
  const rows = one.controls.map((control) => ({ ...control, counts: counts.get(`${one.id}/${control.id}`) || NONE }));
  const states = new Map();
  for (const row of rows) states.set(standing(row), (states.get(standing(row)) || 0) + 1);
  const score = one.percent === undefined ? "" : one.percent === null ? "no control could be decided" : `${one.percent} % of the controls that could be decided pass`;
  main.replaceChildren(
    h("div.tools", {}, all.map(({ id }) => h("a", { href: address({ view: "frameworks", framework: id }), "aria-current": id === one.id ? "true" : null }, id))),
    h("section.card", {}, h("h2", {}, one.title), h("p.soft", {}, [...states].map(([word, n]) => `${n} ${word}`).join(" · "), score && ` · ${score}`),
      table(["Control", "State", ...HEADS], rows.map((row) => h("tr", {},
        h("td.name", {}, h("a", { href: listOf({ control: `${one.id}/${row.id}` }) }, row.id), row.title && ` ${row.title}`,
          h("div.soft.small", {}, [row.reason, row.note, row.rules.join(", ")].filter(Boolean).join(" · "))),
        h("td", {}, stateBadge(standing(row))), numbers(row.counts, { control: `${one.id}/${row.id}` }))))));
}

// Of a control that was put together here.
const standing = ({ state, counts }) => state || (sum(counts.slice(0, 5)) ? "fail" : counts[5] ? "unknown" : "pass");
const stateBadge = (word) => word === "fail" ? h("span.badge.high", {}, "fail") : word === "unknown" ? badge("unknown") : h("span.soft.nowrap", {}, word);

function drawInventory(main) {
  const lists = new Map();
  for (const fact of DATA.facts) {
    const name = textOf(fact[0]);
    if (!lists.has(name)) lists.set(name, []);
    lists.get(name).push(fact);
  }
  if (!lists.size) return main.replaceChildren(h("div.nothing", {}, "No inventory rule ran; --inventory runs them."));
  main.replaceChildren(...[...lists].map(([name, facts]) => h("section.card", {}, h("h2", {}, `${name} (${grouped(facts.length)})`),
    table(["What", "Object", "Place"], facts.slice(0, 2000).map(([, object, what, file, line]) => h("tr", {}, h("td", {}, said(textOf(what))),
      h("td", {}, OBJECTS[object].text), h("td.mono.soft", {}, textOf(file) + (line ? `:${line}` : ""))))),
    facts.length > 2000 && h("p.soft", {}, `and ${grouped(facts.length - 2000)} more; -o csv has all`))));
}

function drawInput(main) {
  const about = DATA.about;
  const facts = [["Read from", about.inputs.join(", ")], ["Objects", grouped(about.objects)], ["Pod templates", `${grouped(about.workloads)} (${grouped(about.templates)} distinct)`],
    ["Evaluations", `${grouped(about.evaluated)}: ${grouped(about.passed)} passed, ${grouped(about.unknown)} unknown`],
    ["Documents that are no Kubernetes objects", about.ignored && grouped(about.ignored)],
    ["Findings below the asked severity, not shown", about.hidden && grouped(about.hidden)],
    ["Findings known to the baseline, not shown", about.known && grouped(about.known)], ["Rampart", about.version]].filter(([, value]) => value);
  const card = (title, ...content) => h("section.card", {}, h("h2", {}, title), content);
  main.replaceChildren(
    card(DATA.problems.length ? `Not read in full: ${plural(DATA.problems.length, "problem")}` : "Everything was read", DATA.problems.length === 0 ? h("p.soft", {}, "No file, chart or document was refused.") : table(["", "Place", "What", "What to do"],
      DATA.problems.map(([level, place, message, help]) => h("tr", {}, h("td", {}, h(`span.badge.${level === "error" ? "high" : "medium"}`, {}, level)),
        h("td.mono.name", {}, place), h("td", {}, message), h("td.soft", {}, help || ""))))),
    card("What was checked", table(["", ""], facts.map(([name, value]) => h("tr", {}, h("td.soft.key", {}, name), h("td.name", {}, value))))),
    card("Coverage", DATA.coverage.length ? table(["Kind", "Namespace", "Read", "Reason"], DATA.coverage.map(([kind, namespace, word, reason]) =>
      h("tr", {}, h("td", {}, kind), h("td", {}, namespace || "all"), h("td", {}, word), h("td.soft", {}, reason || ""))))
      : h("p.soft", {}, "References to objects outside the input are unknown, unless --complete said that it is all there is.")),
    card("Objects", table(["Kind", "API group", "#Objects"], about.kinds.map(([kind, group, count]) =>
      h("tr", {}, h("td.name", {}, kind), h("td.soft", {}, group || "core"), h("td.num", {}, grouped(count)))))));
}
