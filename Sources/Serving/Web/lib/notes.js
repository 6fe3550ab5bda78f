// Heads that were shown here, and are told to watchers until each of them has compared them.

import { toBase64, headHash, logID } from "./merkle.js";

const SOONEST = 2_000;
const LATEST = 60_000;
// Of one watcher; the oldest go, and what is newer says more.
const MOST_WAITING = 64;
// After these nothing is left to be asked.
const SETTLED = new Set(["same", "older", "conflict", "rejected"]);
// What answers mean, and how that looks; the worst first.
export const SAYS = {
  proved: ["holds the proof that this log shows two histories", "bad"],
  conflict: ["says that this log shows others another history, but proves nothing", "bad"],
  rejected: ["does not accept this head: it goes by other cosigners", "bad"],
  unsettled: ["cannot tell yet whether this head belongs to the log", ""],
  newer: ["has not seen this much of the log yet", ""],
  older: ["sees the same log as you", "good"],
  same: ["sees the same log as you", "good"],
};

// The one of some answers that is told.
export const worst = (answers) => Object.keys(SAYS).find((answer) => answers.includes(answer));

export class Notes {
  #seen = new Map();
  #waiting = new Map();
  // The worst that each watcher said of a head of which it is not asked again: a later head that is fine undoes nothing.
  #settled = new Map();
  #working = Promise.resolve();
  #wait = SOONEST;
  #later;

  // watchers(), trust(), onAnswer(watcher, text, className), onConflict(watcher, file), why(error, watcher),
  // onError(error)
  constructor(page) {
    this.page = page;
  }

  // A head that a quorum signed. It is told once to each watcher, and again to those who could not compare it.
  add(head) {
    return this.#next(async () => {
      const name = toBase64(await headHash(head, (await this.page.trust()).canonical));
      if (this.#seen.has(name)) return;
      this.#seen.set(name, head);
      if (this.#seen.size > MOST_WAITING) this.#seen.delete(this.#seen.keys().next().value);
      for (const waiting of this.#waiting.values()) waiting.add(name);
      this.#wait = SOONEST;
      await this.#tellAll();
    });
  }

  // All heads go to the watchers that are named now.
  again() {
    this.#waiting.clear();
    this.#settled.clear();
    return this.#tell();
  }

  #tell() {
    return this.#next(() => this.#tellAll());
  }

  // One after the other, so that none is told twice; then again, later and later, while something waits.
  #next(work) {
    clearTimeout(this.#later);
    this.#working = this.#working.then(work).catch((error) => this.page.onError(error)).then(() => {
      clearTimeout(this.#later);
      if (![...this.#waiting.values()].some((waiting) => waiting.size > 0)) return;
      this.#later = setTimeout(() => this.#tell(), this.#wait);
      this.#wait = Math.min(this.#wait * 2, LATEST);
    });
    return this.#working;
  }

  async #tellAll() {
    const trust = await this.page.trust();
    const log = await logID(trust);
    const named = await this.page.watchers();
    for (const url of this.#waiting.keys()) {
      if (named.some((watcher) => watcher.url === url)) continue;
      this.#waiting.delete(url);
      this.#settled.delete(url);
    }
    await Promise.all(named.map(async (watcher) => {
      const waiting = this.#waiting.get(watcher.url) ?? new Set(this.#seen.keys());
      this.#waiting.set(watcher.url, waiting);
      for (const name of waiting) if (!this.#seen.has(name)) waiting.delete(name);
      if (waiting.size === 0) return;
      try {
        await this.#ask(watcher, log, trust, [...waiting], waiting);
      } catch (error) {
        this.page.onAnswer(watcher, this.page.why(error, watcher), "bad");
      }
    }));
  }

  async #ask(watcher, log, trust, names, waiting) {
    const { answers, evidence } = await watcher.submit(log, names.map((name) => this.#seen.get(name)));
    const settle = (more) => this.#settled.set(watcher.url, worst([this.#settled.get(watcher.url), ...more]));
    settle(answers.filter((answer) => SETTLED.has(answer)));
    // What other heads made known counts as well: the log is the same.
    const proof = await watcher.proof(evidence, trust);
    if (proof) {
      settle(["proved"]);
      this.page.onConflict(watcher, proof);
    }
    // Only now: a proof that could not be fetched is asked for again.
    names.forEach((name, index) => SETTLED.has(answers[index]) && waiting.delete(name));
    const told = worst([this.#settled.get(watcher.url), ...answers]);
    const [text, className] = SAYS[told];
    this.page.onAnswer(watcher, told === "unsettled" || told === "newer" ? `${text}; it is asked again` : text, className);
  }
}
