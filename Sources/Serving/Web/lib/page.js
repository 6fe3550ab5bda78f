// What the pages share. Text from a server becomes text, never markup.

import { Api } from "./api.js";

export const $ = (id) => document.getElementById(id);

// The deployment that served the page: the page lies at <base>/ui/<name>.
export const base = location.pathname.replace(/\/ui\/[^/]*$/, "");
export const api = new Api(base);

export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  Object.assign(made, properties);
  made.append(...children.map(String));
  return made;
}

export function row(...cells) {
  const made = document.createElement("tr");
  for (const cell of cells) made.append(cell instanceof Node ? cell : element("td", {}, cell));
  return made;
}

export function svg(name, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

export const time = (seconds) => new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
export const short = (base64) => `${base64.slice(0, 12)}…`;

// Keys are pinned at first sight; a change is an error until somebody looks at it.
export async function pinnedTrust() {
  const { additions, ...served } = await api.trust();
  const name = `nexo-trust:${base}`;
  const pinned = localStorage.getItem(name);
  if (pinned === null) {
    localStorage.setItem(name, JSON.stringify(served));
    return served;
  }
  const trust = JSON.parse(pinned);
  const isSame = JSON.stringify(trust.cosigners) === JSON.stringify(served.cosigners);
  if (!isSame) throw new Error("the server shows other cosigners than this browser saw first: compare them before you go on");
  return trust;
}
