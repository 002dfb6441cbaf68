// Elements are made here and nowhere else; texts become text nodes, never markup.
const byId = (id) => document.getElementById(id);

function h(tag, attributes, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name || "div");
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === false || value === null || value === undefined) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "css") Object.assign(element.style, value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const badge = (level) => h(`span.badge.${level}`, {}, level === "unknown" ? "? unknown" : level);

// The little Markdown that rule pages use: paragraphs, lists, code, bold.
function prose(markdown) {
  const inline = (text) => text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((part) =>
    part.startsWith("`") && part.length > 2 ? h("code", {}, part.slice(1, -1))
      : part.startsWith("**") && part.length > 4 ? h("b", {}, part.slice(2, -2)) : part);
  const blocks = [];
  for (const line of markdown.split("\n").filter((line) => line.trim())) {
    if (!line.startsWith("- ")) { blocks.push(h("p", {}, inline(line))); continue; }
    if (blocks.at(-1)?.tagName !== "UL") blocks.push(h("ul"));
    blocks.at(-1).append(h("li", {}, inline(line.slice(2))));
  }
  return blocks;
}

// `container \`api\` runs privileged` with its code set off.
const said = (text) => text.split(/(`[^`]+`)/).map((part) =>
  part.length > 2 && part.startsWith("`") ? h("code", {}, part.slice(1, -1)) : part);

function table(heads, rows) {
  const head = heads.map((name) => h("th", { class: name.startsWith("#") ? "num" : null }, name.replace("#", "")));
  return h("table", {}, heads.some(Boolean) && h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows));
}

// A number that leads to its findings.
const number = (count, href, level) => count
  ? h(`td.num${level ? "." + level : ""}`, {}, h("a", { href }, grouped(count))) : h("td.num.zero", {}, "0");
