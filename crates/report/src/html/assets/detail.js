// One finding: what, where, why, what to do, the change, and where else.
function openDetail() {
  move({ open: true });
  byId("panes").classList.add("open");
  byId("detail").focus({ preventScroll: true });
}

function closeDetail() {
  if (!state.open) return false;
  move({ open: false });
  byId("panes").classList.remove("open");
  drawRows();
  list.rows.focus({ preventScroll: true });
  return true;
}

function drawDetail(pane, group) {
  pane.scrollTop = 0;
  if (!group) return pane.replaceChildren(h("p.soft", {}, "No finding is chosen."));
  const f = group.members.includes(state.item) ? state.item : group.first;
  pane.replaceChildren(h("button.back", { type: "button", onclick: closeDetail }, "‹ Back"), ...about(f), ...others(group, f));
}

// What was found, and where: also what paper shows.
function head(f) {
  const detail = detailOf(f), object = objectOf(f), rule = detail.rule, level = LEVELS[LEVEL[f]];
  const path = textOf(cell(f, PATH));
  return [
    h("div.line", {}, badge(level), h("a.mono", { href: listOf({ rule: rule.id }) }, rule.id), h("span.soft", {}, rule.title)),
    h("h2", {}, said(detail.what)),
    h("div.line", {}, h("a", { href: listOf({ object: object.text }), title: "All findings of this object" }, object.text),
      object.namespace && h("a.soft", { href: listOf({ ns: object.namespace }), title: "All findings of this namespace" }, `namespace ${object.namespace}`)),
    path && h("p.path.mono", {}, path),
    excepted(f), excerpt(f, level),
  ].filter(Boolean);
}

function about(f) {
  const detail = detailOf(f), rule = detail.rule;
  return [
    head(f),
    rule.why && [h("h3", {}, "Why it matters"), prose(rule.why)],
    rule.todo && [h("h3", {}, "What to do"), prose(rule.todo)],
    change(detail), evidence(detail), controls(rule),
    h("h3", {}, "More"), h("p", {}, h("code", {}, `rampart explain ${rule.id}`)),
  ].flat(9).filter(Boolean);
}

function excepted(f) {
  const index = cell(f, EXCEPTED);
  if (index < 0) return null;
  const [reason, place] = DATA.exceptions[index];
  return h("div.note.excepted", {}, h("b", {}, "Accepted: "), reason, h("div.soft.mono", {}, place));
}

// The line with carets under the value, and the key above it.
function excerpt(f, level) {
  const caption = h("figcaption", {}, placeOf(f));
  if (cell(f, TEXT) < 0) return h("figure.source", {}, caption);
  const line = [...textOf(cell(f, TEXT))], from = cell(f, FROM), to = Math.max(cell(f, TO), from + 1);
  // A rendered text has no line of its own.
  const no = (add) => (cell(f, LINE) ? cell(f, LINE) + add : "");
  const above = cell(f, ABOVE) >= 0 && h("div", {}, h("span.no", {}, no(-1)), textOf(cell(f, ABOVE)));
  const tabs = line.slice(0, from).map((c) => (c === "\t" ? "\t" : " ")).join("");
  return h("figure.source", {}, caption, h("div.code", {}, above,
    h("div", {}, h("span.no", {}, no(0)), h("span", {}, line.slice(0, from).join(""), h("mark", {}, line.slice(from, to).join("")), line.slice(to).join(""))),
    h(`div.${level}`, { "aria-hidden": "true" }, h("span.no"), h("span.caret", {}, tabs + "^".repeat(Math.min(to - from, 200))))));
}

function change(detail) {
  const fix = detail.fix;
  if (!fix) return null;
  const word = fix.safe ? "keeps behaviour" : "look at it first";
  const lines = (fix.lines || []).map(([sign, no, text]) =>
    h(sign === "-" ? "div.gone" : sign === "+" ? "div.come" : "div", {}, h("span.no", {}, no), h("span.sign", {}, sign), text));
  const flags = `${fix.safe ? "" : "--review "}--select ${detail.rule.id}`;
  return [
    h("h3", {}, `The change (${word})`), h("p", {}, said(fix.title)),
    fix.edits.length > 0 && h("ul", {}, fix.edits.map((edit) => h("li.mono", {}, edit))),
    fix.objects.length > 0 && h("ul", {}, fix.objects.map((text) => h("li", {}, text))),
    h("figure.source", {}, lines.length > 0 && h("div.code", {}, lines), h("div.command", {}, `rampart fix ${inputs()} ${flags}`)),
  ];
}

const inputs = () => DATA.about.inputs.map((path) => (/^[\w./@:+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`)).join(" ");

function evidence(detail) {
  if (!detail.evidence.length) return null;
  return [h("h3", {}, "It rests on"), h("ul", {}, detail.evidence.map(([note, object, place]) =>
    h("li", {}, note, h("div.soft.mono", {}, object ? `${object} · ${place}` : place))))];
}

function controls(rule) {
  const all = controlsOf(rule);
  return all.length > 0 && [h("h3", {}, "Controls"), h("div.tags", {}, all.map((control) =>
    h("a.tag", { href: listOf({ control }) }, control.replace("/yes", "").replace("/", " "))))];
}

const OTHERS = 100;

function others(group, f) {
  if (group.members.length < 2) return [];
  const shown = group.members.slice(0, OTHERS).map((member) => h("li", {}, h("a", {
    href: address({ ...state, item: member }), "aria-current": member === f ? "true" : null,
    onclick: (event) => { event.preventDefault(); move({ item: member }); select(list.selected, { keep: true, reveal: false }); },
  }, objectOf(member).text, h("span.soft", {}, ` · ${placeOf(member)}`))));
  const left = group.members.length - shown.length;
  return [h("h3", {}, `${plural(group.members.length, "object")} with the same template`), h("ul.others", {}, shown),
    left > 0 && h("p.soft", {}, `and ${grouped(left)} more`)].filter(Boolean);
}
