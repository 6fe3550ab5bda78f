// What the pages share. Text from a server becomes text, never markup.

import { Api } from "./api.js";
import { canonical, checkTrust, logID } from "./merkle.js";

export const $ = (id) => document.getElementById(id);

// The deployment that served the page: the page lies at <base>/ui/<name>.
export const base = location.pathname.replace(/\/ui\/[^/]*$/, "");
export const api = new Api(base);

// What a server sends in the place of a text may be anything, and is shown all the same.
export const text = (value) => (value !== null && typeof value === "object" ? JSON.stringify(value) : String(value));
const list = (value) => (Array.isArray(value) ? value : []);

export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  Object.assign(made, properties);
  made.append(...children.map(text));
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

// Not every number is a time.
export function time(seconds) {
  const date = new Date(typeof seconds === "number" ? seconds * 1000 : NaN);
  return Number.isNaN(date.valueOf()) ? `no time: ${text(seconds)}` : date.toISOString().replace(".000Z", "Z");
}
export const short = (base64) => `${text(base64).slice(0, 12)}…`;

// What makes a log's heads believable. Its name may change.
const believed = (trust) => {
  const { canonical: dialect, policy, cosigners } = trust ?? {};
  return canonical({ dialect, policy, cosigners });
};

// Keys are pinned at first sight; a change is an error until somebody looks at it.
export async function pinnedTrust() {
  const { additions, ...served } = await api.trust();
  checkTrust(served);
  const name = `nexo-trust:${base}`;
  const kept = localStorage.getItem(name);
  if (kept === null) {
    localStorage.setItem(name, JSON.stringify(served));
    return served;
  }
  const pinned = JSON.parse(kept);
  if (believed(pinned) !== believed(served)) {
    await showBoth(pinned, served, () => {
      // Another page may have settled it: then this one shows what differs now.
      if (localStorage.getItem(name) === kept) localStorage.setItem(name, JSON.stringify(served));
      location.reload();
    });
    throw new Error("the server shows other cosigners or another policy than this browser saw first: compare them above");
  }
  return served;
}

// Shows two trust files beside each other. It stays as it is until the page is loaded anew, so that what is accepted is what was
// looked at, whatever the server shows meanwhile.
async function showBoth(pinned, served, accept) {
  // An earlier version of the pages may have pinned what is no trust file.
  const isSame = (await logID(pinned).catch(() => undefined)) === (await logID(served));
  if ($("trust")) return;
  const box = element("section", { id: "trust", className: "alarm" });
  const what = "The keys that vouch for this log are not those that this browser saw first. "
    + (isSame ? "It is the same log: its first keys and its quorum have not changed, as when a cosigner's key is replaced. "
      : "They make it ANOTHER LOG: its first keys or its quorum differ. Replacing a key does not do that. ")
    + "Compare the second list with one that came another way, from the log's operator or its watchers, before you use it.";
  const button = element("button", { type: "button" }, "I compared these: use the keys that the server shows");
  button.addEventListener("click", accept);
  box.append(
    element("p", { role: "alert" }, what), ...keyList("What this browser saw first", pinned, served),
    ...keyList("What the server shows", served, pinned), button);
  document.querySelector("h1").after(box);
}

function keyList(title, trust, other) {
  const has = (trust, key) => list(trust.cosigners).some((one) => canonical(one ?? null) === canonical(key ?? null));
  const heading = ["Id", "Public key", "From", "Until", "In both"].map((name) => element("th", {}, name));
  const rows = list(trust.cosigners).map((key) => {
    const isKept = has(other, key);
    return row(
      key?.id, element("td", { className: "mono" }, key?.public_key), key?.from_tree_size ?? 0, key?.until_tree_size ?? "–",
      element("td", { className: isKept ? "good" : "bad" }, isKept ? "yes" : "no"));
  });
  const [table, wide] = [document.createElement("table"), element("div", { className: "wide", tabIndex: 0 })];
  table.append(row(...heading), ...rows);
  wide.append(table);
  const { t, n } = trust.policy ?? {};
  return [element("h2", {}, `${title}: ${t} of ${n} must sign, heads hashed as ${text(trust.canonical)}`), wide];
}
