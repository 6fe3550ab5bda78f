// Comparing notes with a watcher (docs/GOSSIP.md). What a watcher says is believed only as far as the log's own cosigners
// signed it: a watcher that lies can at worst be useless.

import { ApiError, detail } from "./api.js";
import { checkHead, fromBase64, Frontier, headHash, isConsistent, isSameTree, toBase64 } from "./merkle.js";

const ANSWERS = new Set(["same", "older", "newer", "unsettled", "conflict", "rejected"]);
const MOST_HEADS = 16;
const MOST_PROOFS = 16;
const NO_HASH = toBase64(new Uint8Array(32));

const list = (value) => (Array.isArray(value) ? value : []);

export class Watcher {
  // url: where the watcher serves its status; /gossip/v1/ is below it.
  constructor(url) {
    this.url = url.replace(/\/+$/, "");
  }

  // Status 0: nobody answered, or the page's policy does not let it ask; a browser does not say which.
  async #json(path, options = {}) {
    const asked = fetch(`${this.url}/gossip/v1/${path}`, { cache: "no-store", credentials: "omit", ...options });
    const answer = await asked.catch((error) => { throw new ApiError(0, error.message); });
    if (!answer.ok) throw new ApiError(answer.status, await detail(answer));
    return answer.json();
  }

  // The newest head that the watcher verified of a log; undefined where it does not watch that log.
  async newest(logID) {
    return list((await this.#json("heads")).heads).find((entry) => entry?.log_id === logID)?.head;
  }

  // The head that the watcher verified at a size, or at the largest below it; undefined where it has none.
  async headAt(logID, size) {
    try {
      return await this.#json(`logs/${logID}/heads/${size}`);
    } catch (error) {
      if (error.status === 404) return undefined;
      throw error;
    }
  }

  // Shows the watcher heads. Nothing else is sent. There is one answer for each head: one that is left out tells nothing yet.
  async submit(logID, heads) {
    const answers = [];
    const evidence = new Set();
    for (let at = 0; at < heads.length; at += MOST_HEADS) {
      const some = heads.slice(at, at + MOST_HEADS);
      const body = JSON.stringify({ log_id: logID, heads: some });
      const answer = await this.#json(
        "heads", { method: "POST", headers: { "Content-Type": "application/json" }, body });
      const results = list(answer.results);
      some.forEach((_, index) => {
        const said = index < results.length ? results[index]?.answer : "unsettled";
        answers.push(ANSWERS.has(said) ? said : "rejected");
      });
      for (const name of list(answer.evidence)) if (/^[0-9a-f]{64}$/.test(name)) evidence.add(name);
    }
    return { answers, evidence: [...evidence].slice(-MOST_PROOFS) };
  }

  // The first of some files of evidence that the pinned keys prove, checked here; undefined where none does.
  async proof(names, trust) {
    for (const name of names) {
      const file = await this.#json(`evidence/${name}`).catch((error) => {
        if (error.status !== 404) throw error;
      });
      // A file that is malformed proves as little as one that is wrong.
      const kind = await provedConflict(file, trust).catch(() => undefined);
      if (kind) return { ...file, kind };
    }
    return undefined;
  }
}

// Why two heads cannot both be honest, as far as they show it, by the kinds of nexo-evidence/v1; throws for a head that no
// quorum signed.
export async function contradiction(left, right, trust) {
  await checkHead(left, trust);
  await checkHead(right, trust);
  if (left.tree_size === right.tree_size) {
    return isSameTree(left.tree_size, left.root, right.root) ? undefined : "same-size-different-root";
  }
  const [one, other] = await Promise.all([left, right].map((head) => headHash(head, trust.canonical)));
  const isBranch = left.prev_hash && left.prev_hash !== NO_HASH && left.prev_hash === right.prev_hash;
  return isBranch && toBase64(one) !== toBase64(other) ? "branch" : undefined;
}

// The root of the first leaves.
export async function rootOf(leaves, size) {
  const tree = new Frontier();
  for (const leaf of leaves.slice(0, size)) await tree.append(leaf);
  return toBase64(await tree.root());
}

// A file of evidence (nexo-evidence/v1), judged by the reader's own keys: its kind, or undefined where it proves nothing.
export async function provedConflict(file, trust) {
  if (file.format !== "nexo-evidence/v1" || file.heads?.length !== 2) return undefined;
  const [left, right] = file.heads.map((entry) => entry.head);
  const kind = await contradiction(left, right, trust);
  if (kind || left.tree_size === right.tree_size) return kind;
  const [smaller, larger] = left.tree_size < right.tree_size ? [left, right] : [right, left];
  let root;
  if (file.consistency_proof) {
    const { first_root, path } = file.consistency_proof;
    const holds = await isConsistent(
      smaller.tree_size, fromBase64(first_root, 32), larger.tree_size, fromBase64(larger.root, 32),
      path.map((hash) => fromBase64(hash, 32)));
    if (holds) root = first_root;
  } else if (file.leaves?.length >= larger.tree_size) {
    const leaves = file.leaves.map((leaf) => fromBase64(leaf, 32));
    if (await rootOf(leaves, larger.tree_size) === larger.root) root = await rootOf(leaves, smaller.tree_size);
  }
  return root !== undefined && !isSameTree(smaller.tree_size, root, smaller.root) ? "inconsistent" : undefined;
}

// A file that `nexo-audit evidence` checks. `shown`: [{head, from}], `leaves`: those that prove `inconsistent`.
export async function evidenceFile(kind, trust, shown, leaves) {
  const [one, other] = await Promise.all(shown.map(({ head }) => checkHead(head, trust)));
  const now = Math.floor(Date.now() / 1000);
  return {
    format: "nexo-evidence/v1", kind, log: trust,
    heads: shown.map(({ head, from }) => ({ head, observed: [{ from, at: now }] })),
    ...(leaves && { leaves: leaves.map(toBase64) }),
    equivocating: [...one].filter((id) => other.has(id)).sort(), created: now, tool: "nexo-pages",
  };
}

// What a watcher verified beside what we were shown. `ours` is a head that a quorum signed, `leaves` those that hash to its
// root, where they are at hand, and `rootAt` other such heads by size. Answers {verdict, size, evidence}; the verdict is agrees
// or ahead where a head of our own size was compared, behind where only smaller ones were, the largest of them of `size`,
// conflict, or unknown where nothing could be compared. What a watcher says of its newest size agrees with nothing by itself.
export async function compare(watcher, logID, ours, from, trust, rootAt, leaves) {
  const newest = await watcher.newest(logID);
  if (!newest) return { verdict: "unknown" };
  await checkHead(newest, trust);
  const size = newest.tree_size;
  const seen = [newest];
  // The watcher is ahead: what it verified where we stand can be compared at once.
  const there = size > ours.tree_size ? await watcher.headAt(logID, ours.tree_size) : undefined;
  if (there) seen.push(there);
  const compared = new Set();
  for (const head of seen) {
    const kind = await contradiction(head, ours, trust);
    const shown = [{ head: ours, from }, { head, from: watcher.url }];
    if (kind) return { verdict: "conflict", size, evidence: await evidenceFile(kind, trust, shown) };
    const known = rootAt.get(head.tree_size);
    if (known && !isSameTree(head.tree_size, known.root, head.root)) {
      const other = [{ head: known, from }, shown[1]];
      return { verdict: "conflict", size, evidence: await evidenceFile("same-size-different-root", trust, other) };
    }
    const same = head.tree_size === ours.tree_size ? ours : known;
    const root = same?.root ?? (leaves && head.tree_size <= leaves.length ? await rootOf(leaves, head.tree_size) : undefined);
    if (root === undefined) continue;
    compared.add(head.tree_size);
    if (!isSameTree(head.tree_size, root, head.root)) {
      return { verdict: "conflict", size, evidence: await evidenceFile("inconsistent", trust, shown, leaves) };
    }
  }
  if (compared.has(ours.tree_size)) return { verdict: size > ours.tree_size ? "ahead" : "agrees", size };
  return compared.size > 0 ? { verdict: "behind", size: Math.max(...compared) } : { verdict: "unknown", size };
}
