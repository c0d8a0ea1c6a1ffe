// Small tools over the document. What films, people and models say becomes text nodes and attributes, never markup.

/**
 * An element: `h("li.card", { onclick, href, style: { "--x": 1 } }, ...children)`. Functions under `on...` are listeners,
 * `style` sets properties, true sets an empty attribute, false and null set none; children are nodes or text.
 */
export function h(name, given, ...children) {
  const [tag, ...classes] = name.split(".");
  const made = document.createElement(tag);
  if (classes.length) made.className = classes.join(" ");
  const plain = given instanceof Node || Array.isArray(given) || typeof given !== "object";
  for (const [key, value] of Object.entries(plain ? {} : given ?? {})) set(made, key, value);
  made.append(...nodes(plain && given !== undefined ? [given, ...children] : children));
  return made;
}

function set(made, key, value) {
  if (typeof value === "function") made.addEventListener(key.replace(/^on/, ""), value);
  else if (key === "style") for (const [name, to] of Object.entries(value)) made.style.setProperty(name, to);
  else if (key === "value" || key === "muted") made[key] = value;
  else if (value === true) made.setAttribute(key, "");
  else if (value !== false && value != null) made.setAttribute(key, value);
}

/** Children without those that are nothing, flat. */
export const nodes = (children) => children.flat(4).filter((child) => child != null && child !== false && child !== "");

export const $ = (id) => document.getElementById(id);

/** Put children in place of what is there. */
export const fill = (element, ...children) => (element.replaceChildren(...nodes(children)), element);

const SVG = "http://www.w3.org/2000/svg";

/** An element of a drawing. */
export function s(name, given = {}, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(given)) if (value != null) made.setAttribute(key, value);
  made.append(...nodes(children));
  return made;
}

/** One of our icons; it is decoration, its button has the name. */
export const icon = (name) => s("svg", { "aria-hidden": "true", class: "svg" }, s("use", { href: `/page/icons.svg#${name}` }));

export const setIcon = (button, name) => button.querySelector("use").setAttribute("href", `/page/icons.svg#${name}`);

/** A button with an icon alone. */
export const iconButton = (name, says, onclick, more = {}) =>
  h("button.icon", { type: "button", "aria-label": says, title: says, onclick, ...more }, icon(name));

/** Text with stretches of it (ranges of letters, as Python counts them) marked. */
export function marked(text, spans) {
  const parts = [];
  const letters = Array.from(text);
  let at = 0;
  for (const [start, end] of [...(spans ?? [])].sort((a, b) => a[0] - b[0])) {
    if (start < at) continue;
    parts.push(letters.slice(at, start).join(""), h("mark", {}, letters.slice(start, end).join("")));
    at = end;
  }
  return [...parts, letters.slice(at).join("")];
}

/** Call `act` once a frame at most, however often it is asked for. */
export function oncePerFrame(act) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      act();
    });
  };
}

/** Fit a canvas to its box at the screen's density; gives [context, width, height] in CSS pixels. */
export function fitCanvas(canvas) {
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  const density = Math.min(devicePixelRatio || 1, 3);
  const [w, high] = [Math.max(1, Math.round(width * density)), Math.max(1, Math.round(height * density))];
  if (canvas.width !== w || canvas.height !== high) Object.assign(canvas, { width: w, height: high });
  const context = canvas.getContext("2d");
  context.setTransform(density, 0, 0, density, 0, 0);
  context.clearRect(0, 0, width, height);
  return [context, width, height];
}

/** The page's colours for canvases, as the theme has them now. */
export function inks() {
  const probe = document.body.appendChild(h("i", { hidden: true }));
  const found = { font: getComputedStyle(document.body).fontFamily };
  for (const name of ["paper", "panel", "line", "text", "quiet", "faint", "edge", "block", "accent", "alert", "speech", "sky", "rose", "leaf"]) {
    probe.style.color = `var(--${name})`; // a custom property reads as it was written, a colour as what it is
    found[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  return found;
}

/** Tabs (ARIA's pattern: arrows move, the panel is drawn when it is first seen). `tabs` is [name, label, draw]. */
export function tabbed(label, tabs, first = tabs[0][0]) {
  const panel = h("div.tabpanel", { role: "tabpanel", id: `panel-${label}`, tabindex: "0" });
  const drawn = new Map();
  const list = h("div.tabs", { role: "tablist", "aria-label": label });
  const pick = (name, focus = false) => {
    for (const button of list.children) {
      const is = button.dataset.tab === name;
      button.setAttribute("aria-selected", String(is));
      button.tabIndex = is ? 0 : -1;
      if (is && focus) button.focus();
      if (is) panel.setAttribute("aria-labelledby", button.id);
    }
    if (!drawn.has(name)) drawn.set(name, tabs.find((tab) => tab[0] === name)[2]());
    fill(panel, drawn.get(name));
  };
  const id = (name) => `tab-${label}-${name}`.replace(/\W+/g, "-");
  panel.id = id("panel");
  for (const [name, says] of tabs) {
    list.append(h("button", { role: "tab", type: "button", id: id(name), "data-tab": name, "aria-controls": panel.id, onclick: () => pick(name) }, says));
  }
  list.addEventListener("keydown", (event) => {
    const here = tabs.findIndex((tab) => tab[0] === event.target.dataset.tab);
    const to = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined || here < 0) return;
    event.preventDefault();
    event.stopPropagation();
    pick(tabs[(to + tabs.length) % tabs.length][0], true);
  });
  pick(first);
  return { list, panel, pick };
}
