// dom.js makes elements and icons. Text always becomes a text node, so nothing that
// comes from the stream or from a client can be markup.

import { shownName } from "./words.js";

const svg = "http://www.w3.org/2000/svg";

// paths are the icons, each in a square of 16 by 16. The state of the stream and the
// statuses differ in their shape, so that they can be told apart without colour.
const paths = {
  disc: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2z",
  ring: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zm0 2a4 4 0 1 1 0 8 4 4 0 0 1 0-8z",
  square: "M3 3h10v10H3z",
  warning: "M8 1 0.5 14.5h15zM7.2 6h1.6v4.5H7.2zm0 5.5h1.6v1.6H7.2z",
  diamond: "M8 1l6 7-6 7-6-7z",
  play: "M3.5 2 14 8 3.5 14z",
  check: "M13.6 2.6 15.2 4 6.4 13.6 1 8.6 2.5 7l3.8 3.5z",
  cross: "M3.4 2 8 6.6 12.6 2 14 3.4 9.4 8l4.6 4.6-1.4 1.4L8 9.4 3.4 14 2 12.6 6.6 8 2 3.4z",
  pause: "M3 2h3.6v12H3zm6.4 0H13v12H9.4z",
  dash: "M2 7h12v2H2z",
  hexagon: "M4.5 2h7L15 8l-3.5 6h-7L1 8z",
  arrow: "M9.6 3 14.5 8l-4.9 5-1.3-1.3 2.7-2.8H1.5V7.1H11L8.3 4.3z",
  sun: "M8 4.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM7.2 0h1.6v3H7.2zm0 13h1.6v3H7.2zM0 7.2h3v1.6H0zm13 0h3v1.6h-3zM1.8 2.9l1.1-1.1L5 3.9 3.9 5zm9.2 9.2 1.1-1.1 2.1 2.1-1.1 1.1zM1.8 13.1 3.9 11 5 12.1l-2.1 2.1zM11 3.9l2.1-2.1 1.1 1.1L12.1 5z",
  moon: "M6.2 1.2a6.9 6.9 0 1 0 8.6 8.9A6 6 0 0 1 6.2 1.2z",
};

// el returns a new element. Of props, "class" and names with a dash are attributes,
// "on" holds listeners, and the rest are properties. A null among the children is left
// out.
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null) continue;
    if (name === "on") for (const [type, listener] of Object.entries(value)) node.addEventListener(type, listener);
    else if (name === "class" || name === "role" || name === "for" || name.includes("-")) node.setAttribute(name, value);
    else node[name] = value;
  }
  node.append(...children.filter((c) => c !== null && c !== undefined));
  return node;
}

// nameNode returns a name that comes from the stream. Its direction is its own, the style
// sheet shortens it, and its title is the whole of it.
export function nameNode(name) {
  return el("bdi", { class: "name", title: name.length > 24 ? name : null }, shownName(name));
}

// icon returns a decorative icon; the words beside it carry the meaning.
export function icon(name) {
  const node = document.createElementNS(svg, "svg");
  node.setAttribute("class", "icon");
  node.setAttribute("viewBox", "0 0 16 16");
  node.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(svg, "path");
  path.setAttribute("d", paths[name]);
  path.setAttribute("fill-rule", "evenodd");
  node.append(path);
  return node;
}

// setText changes the text of a node only if it differs: screen readers and layout are
// left alone otherwise.
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// say announces a sentence to screen readers, politely.
export function say(text) {
  setText(document.getElementById("said"), text);
}

// popover makes a details element close on Escape and on a press outside of it.
export function popover(details) {
  details.addEventListener("keydown", (e) => {
    if (e.key !== "Escape" || !details.open) return;
    details.open = false;
    details.querySelector("summary").focus();
    e.stopPropagation();
  });
  document.addEventListener("pointerdown", (e) => {
    if (details.open && !details.contains(e.target)) details.open = false;
  });
  details.addEventListener("focusout", (e) => {
    if (e.relatedTarget && !details.contains(e.relatedTarget)) details.open = false;
  });
  return details;
}

// colour returns the value of a colour token, such as accent, in the present theme.
export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

// rem returns n times the size of the page's text, in pixels.
export function rem(n) {
  return n * parseFloat(getComputedStyle(document.documentElement).fontSize);
}
