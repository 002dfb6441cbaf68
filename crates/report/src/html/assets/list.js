// The list: only the rows in sight exist, so fifty thousand findings scroll like fifty.
// The search bar stays on top of the list.
const UNDER_BAR = 64;
const list = { groups: [], rows: null, height: 62, drawn: [0, 0] };

function drawFindings(main) {
  const { passed, groups, counts } = matches();
  const search = h("input", {
    id: "search", type: "search", placeholder: "Search findings, objects, files", "aria-label": "Search", value: state.q,
    autocomplete: "off", spellcheck: "false", oninput: (event) => searchSoon(event.target.value),
  });
  const sort = h("select", { "aria-label": "Order", onchange: (event) => go({ sort: event.target.value, item: -1 }) },
    h("option", { value: "" }, "Worst first"), h("option", { value: "place", selected: state.sort === "place" }, "By file"));
  const filters = h("aside.filters", { "aria-label": "Filters" }, facets(counts));
  const more = h("button.narrow-only", { type: "button", "aria-expanded": "false", onclick: () => {
    more.setAttribute("aria-expanded", String(filters.classList.toggle("shown")));
  } }, "Filters");
  list.rows = h("div.rows", {
    id: "list", role: "listbox", tabindex: "0", "aria-label": "Findings", onclick: picked,
    css: { height: `${groups.length * rowHeight()}px` },
  });
  const box = h("div.box", {}, groups.length ? list.rows : nothing());
  const equal = groups.length < passed.length ? `${plural(groups.length, "distinct finding")} on ${plural(passed.length, "place")}` : plural(passed.length, "finding");
  const found = h("section.found", {}, h("div.bar", {}, search, sort, more), chips(),
    h("p.shown-count", { role: "status" }, passed.length === COUNT ? equal : `${equal} of ${grouped(COUNT)}`), box);
  const detail = h("section.detail", { id: "detail", tabindex: "-1", "aria-label": "Finding" });
  main.replaceChildren(h("div.panes", { id: "panes" }, filters, found, detail));
  Object.assign(list, { groups, drawn: [0, 0] });
  const picks = groups.findIndex((group) => group.members.includes(state.item));
  select(Math.max(picks, 0), { keep: picks >= 0, reveal: picks > 0 });
}

const rowHeight = () => list.height = parseInt(getComputedStyle(document.documentElement).getPropertyValue("--row"), 10) || 62;

// Draws the rows in sight and a few around them.
function drawRows() {
  if (!list.rows?.isConnected) return;
  const top = list.rows.getBoundingClientRect().top;
  const first = Math.max(0, Math.floor(-top / list.height) - 8);
  const end = Math.min(list.groups.length, Math.ceil((innerHeight - top) / list.height) + 8);
  if (first === list.drawn[0] && end === list.drawn[1]) return;
  list.drawn = [first, end];
  list.rows.replaceChildren(...list.groups.slice(first, end).map((group, n) => row(group, first + n)));
}

function row(group, index) {
  const f = group.members.includes(state.item) ? state.item : group.first;
  const detail = detailOf(f), more = group.members.length - 1;
  return h("div.row", {
    id: `row-${index}`, role: "option", "data-index": index, "aria-selected": String(index === list.selected),
    "aria-setsize": list.groups.length, "aria-posinset": index + 1, css: { top: `${index * list.height}px` },
  }, badge(LEVELS[LEVEL[f]]), h("div.what", { title: detail.what }, said(detail.what)),
  h("div.where", {}, `${objectOf(f).text} · ${placeOf(f)}`), more > 0 && h("div.same", { title: "equal templates" }, `+${grouped(more)}`));
}

function picked(event) {
  const chosen = event.target.closest(".row");
  if (chosen) { select(Number(chosen.dataset.index)); openDetail(); }
}

// Looks at a group; `keep` stays with the member that the address names.
function select(index, { keep = false, reveal = true } = {}) {
  const group = list.groups[index];
  list.selected = index;
  if (!keep) move({ item: group ? group.first : -1 });
  if (group && reveal) {
    const y = list.rows.getBoundingClientRect().top + index * list.height;
    if (y < UNDER_BAR) scrollBy(0, y - UNDER_BAR);
    else if (y + list.height > innerHeight) scrollBy(0, y + list.height - innerHeight + 12);
    list.rows.setAttribute("aria-activedescendant", `row-${index}`);
  }
  list.drawn = [0, 0];
  drawRows();
  drawDetail(byId("detail"), group);
  byId("panes").classList.toggle("open", state.open && Boolean(group));
}

const step = (by) => select(Math.max(0, Math.min(list.groups.length - 1, list.selected + by)));

let waiting = 0;
function searchSoon(value) {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    const at = byId("search").selectionStart;
    move({ q: value, item: -1 });
    draw();
    byId("search").focus();
    byId("search").setSelectionRange(at, at);
  }, COUNT > 5000 ? 160 : 60);
}

// The filters in force, each of which a click takes away.
function chips() {
  const all = Object.entries(state.filters).flatMap(([name, values]) => [...values].map((value) => [name, value]));
  return h("div.chips", {}, all.map(([name, value]) => h("a.chip", { href: toggled(name, value), title: "Remove this filter" },
    h("span", {}, `${FILTERS[name].title}: ${value}`), "×")),
  all.length > 1 && h("a", { href: address({ q: state.q, sort: state.sort }) }, "Clear all"));
}

const FACET_ROOM = 8;
const unfolded = new Set();

function facets(counts) {
  return Object.entries(FILTERS).filter(([, filter]) => !filter.hidden).map(([name, filter]) => {
    const chosen = state.filters[name] || new Set();
    const order = (a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1);
    const values = [...counts[name]].sort(order);
    for (const value of chosen) if (!counts[name].has(value)) values.unshift([value, 0]);
    const room = unfolded.has(name) ? 200 : FACET_ROOM;
    if (values.length < 2 && !chosen.size) return null;
    return h("section.facet", {}, h("h3", {}, filter.title), values.slice(0, room).map(([value, count]) =>
      h("a", { href: toggled(name, value), "aria-current": chosen.has(value) ? "true" : null, title: value },
        h("span", {}, value), h("span", {}, grouped(count)))),
    values.length > room && h("button", { type: "button", onclick: () => { unfolded.add(name); draw(); } }, `${values.length - room} more`));
  });
}

function nothing() {
  const clean = COUNT === 0;
  return h("div.nothing", {}, h("b", {}, clean ? "No findings" : "Nothing fits"),
    clean ? `${plural(RULES.length, "rule")} ran over ${plural(DATA.about.objects, "object")}.` : h("a", { href: "#" }, "Clear search and filters"));
}
