// Small tools over the document. Text from films becomes text nodes only, never markup.

export const $ = (id) => document.getElementById(id);

/** An element with properties and children; `data` sets data attributes, `aria` aria ones. */
export function make(tag, { data = {}, aria = {}, ...properties } = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  for (const [name, value] of Object.entries(data)) element.dataset[name] = value;
  for (const [name, value] of Object.entries(aria)) element.setAttribute(`aria-${name}`, value);
  element.append(...children);
  return element;
}

export const seen = (element, is) => void (element.hidden = !is);

/** Change the icon of a button. */
export const setIcon = (button, name) => button.querySelector("use").setAttribute("href", `#i-${name}`);

/** Fit a canvas to its box at the screen's density; gives [context, width, height] in CSS pixels. */
export function fitCanvas(canvas, height = canvas.clientHeight) {
  const width = canvas.clientWidth;
  const density = Math.min(window.devicePixelRatio || 1, 3);
  const [w, h] = [Math.max(1, Math.round(width * density)), Math.max(1, Math.round(height * density))];
  if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
  const context = canvas.getContext("2d");
  context.setTransform(density, 0, 0, density, 0, 0);
  context.clearRect(0, 0, width, height);
  return [context, width, height];
}

/** The page's colours, for canvases; read anew when the theme changes. */
export const ink = {};

export function readInk() {
  // A custom property reads as it was written; only a real property of an element resolves it to a colour.
  const probe = make("i", { hidden: true });
  document.body.append(probe);
  for (const name of ["paper", "panel", "line", "text", "quiet", "faint", "accent", "alert", "speech", "block"]) {
    probe.style.color = `var(--${name})`;
    ink[name] = getComputedStyle(probe).color;
  }
  ink.font = getComputedStyle(document.body).fontFamily;
  probe.remove();
}

export const rgb = (colour, fallback) => (colour ? `rgb(${colour[0]} ${colour[1]} ${colour[2]})` : fallback);

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

/** Call `act` with each element when it first comes near the view. */
export function whenNear(act, root = null, rootMargin = "800px 0px") {
  const watcher = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        watcher.unobserve(entry.target);
        act(entry.target);
      }
    },
    { root, rootMargin },
  );
  return watcher;
}

/** One tab stop for a list of buttons: arrows move inside it. `across` gives how many stand in a row. */
export function roving(list, pick, across = () => 1) {
  list.addEventListener("keydown", (event) => {
    const items = [...list.querySelectorAll(pick)].filter((item) => item.offsetParent);
    const here = items.indexOf(event.target.closest(pick));
    const steps = { ArrowDown: across(), ArrowUp: -across(), ArrowRight: 1, ArrowLeft: -1 };
    const step = steps[event.key];
    if (here < 0 || !step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    items[Math.min(items.length - 1, Math.max(0, here + step))].focus();
  });
  list.addEventListener("focusin", (event) => {
    const item = event.target.closest(pick);
    if (!item) return;
    for (const other of list.querySelectorAll(`${pick}[tabindex="0"]`)) other.tabIndex = -1;
    item.tabIndex = 0;
  });
}

/** A row of a person or a scene that says that there is nothing to show, and why. */
export const nothing = (says) => make("p", { className: "nothing", textContent: says });

/** A person's face in a round frame, or a letter where there is no portrait. */
export function faceOf(name, source) {
  const inside = source ? make("img", { src: source, alt: "", decoding: "async" }) : make("span", { textContent: [...name.replace(/^Person (?=\d)/, "")].slice(0, /^Person \d/.test(name) ? 3 : 1).join("") });
  return make("span", { className: "face" }, inside);
}
