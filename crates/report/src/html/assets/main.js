// Puts it together: summary, views, keyboard, theme, paper.
function headline() {
  const about = DATA.about, totals = tally(() => "").get("") || NONE;
  const worst = totals.slice(0, 5).map((count, n) => count && `${grouped(count)} ${LEVELS[n]}`).filter(Boolean).slice(0, 2);
  if (!about.objects) return "Nothing was checked: no Kubernetes objects found";
  if (!worst.length) return `No ${about.compared ? "new " : ""}findings in ${plural(about.objects, "object")}${totals[5] ? ", but some answers are unknown" : ""}`;
  const only = worst.length === 1 && sum(totals.slice(0, 5)) === 1;
  return `${worst.join(" and ")} ${only ? "finding" : "findings"} in ${plural(about.objects, "object")}`;
}

function drawAnswer() {
  const about = DATA.about, totals = tally(() => "").get("") || NONE;
  const tiles = LEVELS.map((level, n) => h(`a.tile.${level}${totals[n] ? "" : ".zero"}`, {
    href: toggled("level", level), "aria-pressed": String(Boolean(state.filters.level?.has(level))), role: "button",
  }, h("b", {}, grouped(totals[n])), h("span", {}, level)));
  const facts = [`${grouped(about.passed)} of ${plural(about.evaluated, "evaluation")} passed`, plural(RULES.length, "rule"),
    about.known && `${grouped(about.known)} known to the baseline`, about.hidden && `${grouped(about.hidden)} below the asked severity`].filter(Boolean);
  const errors = DATA.problems.filter(([level]) => level === "error").length;
  byId("answer").replaceChildren(h("h1", {}, headline()), h("p.facts", {}, facts.join(" · ")), h("div.tiles", {}, tiles),
    ...(errors ? [h("a.warn", { href: address({ view: "input" }) }, h("b", {}, `${plural(errors, "input")} not read in full. `), "What stands in there was not checked.")] : []));
}

function drawViews() {
  byId("views").replaceChildren(...VIEWS.filter(([name, , count]) => name !== "inventory" || count()).map(([name, title, count]) =>
    h("a", { href: address({ view: name, filters: name === "findings" ? state.filters : {}, q: name === "findings" ? state.q : "" }), "aria-current": state.view === name ? "page" : null },
      title, count() !== null && h("span.n", {}, grouped(count())))));
}

function draw() {
  drawAnswer();
  drawViews();
  (VIEWS.find(([name]) => name === state.view) || VIEWS[0])[3](byId("main"));
}

addEventListener("hashchange", () => { state = read(); draw(); });
addEventListener("resize", () => { if (list.rows?.isConnected) { list.rows.style.height = `${list.groups.length * rowHeight()}px`; list.drawn = [0, 0]; drawRows(); } });
addEventListener("scroll", drawRows, { passive: true });

addEventListener("keydown", (event) => {
  const typing = event.target.matches("input, select, textarea");
  if (event.ctrlKey || event.metaKey || event.altKey || byId("help").open) return;
  if (event.key === "Escape") return escape(event);
  if (typing && event.key === "Enter" && event.target.id === "search") return list.rows.focus();
  if (typing) return;
  const act = {
    "/": () => { if (state.view !== "findings") go({ view: "findings" }); setTimeout(() => byId("search")?.focus()); },
    "?": () => byId("help").showModal(),
    j: () => step(1), k: () => step(-1),
    ArrowDown: event.target.id === "list" && (() => step(1)), ArrowUp: event.target.id === "list" && (() => step(-1)),
    Enter: (event.target.id === "list" || event.target === document.body) && openDetail,
  }[event.key] || (/^[1-5]$/.test(event.key) && (() => { location.hash = listOf({ level: LEVELS[event.key - 1] }); }));
  if (!act || (state.view !== "findings" && !"/?12345".includes(event.key))) return;
  event.preventDefault();
  act();
});

// Back to the list first, then without search and filters.
function escape(event) {
  if (state.view !== "findings" || closeDetail()) return;
  // The browser would empty the search itself, which starts another search.
  event.preventDefault();
  clearTimeout(waiting);
  event.target.blur();
  if (state.q || Object.keys(state.filters).length) go({ q: "", filters: {}, item: -1 });
}

const THEMES = ["system", "light", "dark"];
function theme(name) {
  if (name === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  byId("theme").textContent = { system: "Auto", light: "Light", dark: "Dark" }[name];
  byId("theme").onclick = () => {
    const next = THEMES[(THEMES.indexOf(name) + 1) % THEMES.length];
    try { localStorage.setItem("rampart-theme", next); } catch { /* Not kept then. */ }
    theme(next);
  };
}

const PAPER = 400;
function toPaper() {
  const { passed, groups } = matches();
  const told = groups.slice(0, PAPER).map((group) => h("article", {}, head(group.first),
    prose(detailOf(group.first).rule.todo), change(detailOf(group.first)), group.members.length > 1 && h("p.soft", {}, `${plural(group.members.length, "object")} with the same template`)));
  byId("print").replaceChildren(h("h1", {}, headline()), h("p", {}, `${DATA.about.inputs.join(", ")} · ${plural(passed.length, "finding")} shown`),
    ...(groups.length > PAPER ? [h("p", {}, `The first ${PAPER} of ${grouped(groups.length)} distinct findings; a filter leaves fewer.`)] : []), ...told);
}
addEventListener("beforeprint", toPaper);
addEventListener("afterprint", () => byId("print").replaceChildren());

byId("inputs").textContent = DATA.about.inputs.join(", ");
byId("keys").onclick = () => byId("help").showModal();
let kept = "system";
try { kept = localStorage.getItem("rampart-theme") || kept; } catch { /* A file may have no storage. */ }
theme(THEMES.includes(kept) ? kept : "system");
draw();
