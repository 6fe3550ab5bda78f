// Which watchers this browser compares notes with, and the loud warning where a log shows two histories.

import { $, api, base, element } from "./page.js";
import { Watcher } from "./gossip.js";

const store = `nexo-watchers:${base}`;
const hosts = (urls) => urls.map((url) => new URL(url).host).join(", ");

// The server proposes some at first; those, or what the reader chooses, stay, whatever it proposes later.
export async function watchers() {
  const chosen = localStorage.getItem(store);
  const urls = chosen === null ? await api.watchers() : JSON.parse(chosen);
  if (chosen === null && urls.length > 0) localStorage.setItem(store, JSON.stringify(urls));
  return urls.map((url) => new Watcher(url));
}

function parse(text) {
  return text.split(/\s+/).filter(Boolean).map((line) => {
    const url = URL.canParse(line) ? new URL(line) : undefined;
    if (!/^https?:$/.test(url?.protocol) || url.username || url.search || url.hash) {
      throw new Error(`${line} must be the URL of a watcher, with https or http`);
    }
    return url.href.replace(/\/+$/, "");
  });
}

// The form in which watchers are named, one a line. `work` is done with those that are named; what goes wrong is told.
export function watcherSettings(work) {
  const form = $("watchers");
  const field = form.elements.urls;
  const show = async () => {
    const urls = (await watchers()).map((watcher) => watcher.url);
    field.value = urls.join("\n");
    $("watchers-state").textContent = urls.length ? `Notes are compared with ${hosts(urls)}.` : "Notes are compared with nobody.";
    $("watchers-state").className = "";
  };
  const guarded = (act) => async () => {
    try {
      await act();
    } catch (error) {
      $("watchers-state").textContent = error.message;
      $("watchers-state").className = "bad";
      $("watching").open = true;
    }
  };
  const run = guarded(work);
  const keep = guarded(async () => {
    localStorage.setItem(store, JSON.stringify(parse(field.value)));
    await show();
    await run();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    keep();
  });
  guarded(show)();
  return { run };
}

// Why nothing came of asking a watcher.
export function why(error, watcher) {
  if (error.status === 404) return "does not watch this log";
  if (error.status === 429) return "has too much to do; it is asked again";
  if (error.status !== 0) return error.message;
  return `does not answer at ${watcher.url}, or this server does not let its pages ask it (its setting WATCHERS)`;
}

export const KINDS = {
  "same-size-different-root": "two trees of one size",
  branch: "two heads that follow the same one",
  inconsistent: "a tree that is no part of a later one",
};

// Stays until the page is left: what was proved is not undone by a later answer.
export function alarm(watcher, file) {
  const box = $("split");
  box.hidden = false;
  const text = `This log shows two histories: its own cosigners signed ${KINDS[file.kind] ?? "them"}. Do not trust any key that `
    + `you find in it, and tell others. Found with ${hosts([watcher.url])}. `;
  const proof = new Blob([JSON.stringify(file, undefined, 2)], { type: "application/json" });
  const link = element("a", { href: URL.createObjectURL(proof), download: "nexo-split.json" }, "Save the proof");
  box.replaceChildren(element("strong", {}, text), link);
}
