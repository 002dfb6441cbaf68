// The data block: rows of numbers into tables of what they share. html/data.rs writes it in this order.
const DATA = JSON.parse(document.getElementById("data").textContent);
const [OBJECT, DETAIL, PATH, FILE, LINE, COLUMN, EXCEPTED, TEXT, ABOVE, FROM, TO] = Array(11).keys();
const COLUMNS = 11;
const COUNT = DATA.findings.length / COLUMNS;
const LEVELS = ["critical", "high", "medium", "low", "info", "unknown", "excepted"];

const cell = (finding, column) => DATA.findings[finding * COLUMNS + column];
const textOf = (id) => DATA.texts[id];

const RULES = DATA.rules.map(([id, title, group, severity, why, todo, frameworks]) => (
  { id, title, group, severity, why, todo, frameworks }));
const OBJECTS = DATA.objects.map(([api, kind, namespace, name]) => (
  { api, kind, namespace, name, text: `${kind} ${namespace ? namespace + "/" : ""}${name}` }));
const DETAILS = DATA.details.map(([rule, level, what, evidence, fix]) => ({
  rule: typeof rule === "number" ? RULES[rule] : { id: rule, title: rule, group: "other", why: "", todo: "", frameworks: {} },
  level, what, evidence, fix: fix && { title: fix[0], safe: fix[1], lines: fix[2], edits: fix[3], objects: fix[4] },
}));

// 0 critical … 4 info, 5 unknown, 6 excepted.
const LEVEL = new Uint8Array(COUNT);
for (let f = 0; f < COUNT; f++) LEVEL[f] = cell(f, EXCEPTED) < 0 ? DETAILS[cell(f, DETAIL)].level : 6;

const objectOf = (finding) => OBJECTS[cell(finding, OBJECT)];
const detailOf = (finding) => DETAILS[cell(finding, DETAIL)];
const placeOf = (finding) => {
  const line = cell(finding, LINE);
  return textOf(cell(finding, FILE)) + (line ? `:${line}:${cell(finding, COLUMN)}` : "");
};

const CLUSTER = "(cluster)";
const namespaceOf = (finding) => objectOf(finding).namespace || CLUSTER;
const controlsOf = (rule) => Object.entries(rule.frameworks).flatMap(([name, ids]) => ids.map((id) => `${name}/${id}`));

// What findings can be filtered by. A rule belongs to many controls; everything else has one value.
const FILTERS = {
  level: { title: "Severity", of: (f) => LEVELS[LEVEL[f]], hidden: true },
  ns: { title: "Namespace", of: namespaceOf },
  group: { title: "Group", of: (f) => detailOf(f).rule.group },
  kind: { title: "Kind", of: (f) => objectOf(f).kind },
  rule: { title: "Rule", of: (f) => detailOf(f).rule.id },
  file: { title: "File", of: (f) => textOf(cell(f, FILE)) },
  fix: { title: "Fix", of: (f) => { const fix = detailOf(f).fix; return fix ? (fix.safe ? "safe" : "to review") : "none"; } },
  object: { title: "Object", of: (f) => objectOf(f).text, hidden: true },
  control: { title: "Control", all: (f) => controlsOf(detailOf(f).rule), hidden: true },
};

const plural = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
const grouped = (count) => count.toLocaleString("en");
