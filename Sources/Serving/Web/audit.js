import { $, api, base, element, pinnedTrust, row, short, svg, text, time } from "./lib/page.js";
import { checkChain, checkHead, isQuorum, logID, toBase64, sha256, concat } from "./lib/merkle.js";
import { compare, rootOf } from "./lib/gossip.js";
import { SAYS as ANSWERS, worst } from "./lib/notes.js";
import { alarm, watchers, watcherSettings, why } from "./lib/watchers.js";

// The tree over a few leaves, as a picture: larger ones would be a grey wall.
async function picture(leaves) {
  const shown = leaves.slice(0, 16);
  let level = shown.map((hash, index) => ({ hash, x: 28 + index * 56, y: 0 }));
  const [nodes, lines] = [[...level], []];
  for (let depth = 1; level.length > 1; depth++) {
    const above = [];
    for (let at = 0; at < level.length; at += 2) {
      const [left, right] = level.slice(at, at + 2);
      if (!right) {
        above.push(left);
        continue;
      }
      const made = { hash: await sha256(concat(left.hash, right.hash)), x: (left.x + right.x) / 2, y: depth };
      lines.push([made, left], [made, right]);
      nodes.push(made);
      above.push(made);
    }
    level = above;
  }
  const top = Math.max(...nodes.map((node) => node.y));
  const place = (node) => 20 + (top - node.y) * 50;
  // In its own size, so that hashes can be read; on a narrow page it is moved by hand.
  const label = `The tree over ${shown.length === leaves.length ? "all" : "the first"} ${shown.length} leaves`;
  return svg(
    "svg", { width: shown.length * 56, height: top * 50 + 45, role: "img", "aria-label": label },
    ...lines.map(([a, b]) => svg("line", { x1: a.x, y1: place(a), x2: b.x, y2: place(b) })),
    ...nodes.map((node) => svg("rect", { x: node.x - 26, y: place(node) - 12, width: 52, height: 22, rx: 4 })),
    ...nodes.map((node) =>
      svg("text", { x: node.x, y: place(node) + 4, "text-anchor": "middle" }, toBase64(node.hash).slice(0, 6))));
}

function headsOf(text) {
  const trimmed = text.trim();
  // A captured answer is newest first; a server's own file, one head a line, oldest first.
  return trimmed.startsWith("[") ? JSON.parse(trimmed).reverse() : trimmed.split("\n").map((line) => JSON.parse(line));
}

const SAYS = {
  agrees: ({ size }) => ["good", `verified the same tree, of size ${size}`],
  ahead: ({ size }) => ["good", `verified what you see, and more of it, up to size ${size}`],
  behind: ({ size }) => ["", `verified what you see up to size ${size}; beyond that nothing can be compared yet`],
  unknown: ({ size }) => ["", size === undefined ? "does not watch this log"
    : `verified size ${size}, which nothing here can be compared with`],
  conflict: ({ size }) => ["bad", `verified another history, up to size ${size}`],
};

const BEST_FIRST = ["good", "", "bad"];

// Each watcher is asked for what it verified, and shown our newest head. Both are judged here.
let comparisons = 0;
async function compareNotes() {
  if (!checked) return;
  const comparison = ++comparisons;
  const { heads, trust, leaves, from } = checked;
  const ours = heads.at(-1);
  const log = await logID(trust);
  const known = new Map(heads.map((head) => [head.tree_size, head]));
  // Leaves that do not hash to a signed root are the word of whoever sent them.
  const vouched = leaves && leaves.length >= ours.tree_size && (await rootOf(leaves, ours.tree_size)) === ours.root
    ? leaves.slice(0, ours.tree_size) : undefined;
  const lines = await Promise.all((await watchers()).map(async (watcher) => {
    let [className, text] = ["bad", ""];
    try {
      const result = await compare(watcher, log, ours, from, trust, known, vouched);
      [className, text] = SAYS[result.verdict](result);
      if (result.evidence) alarm(watcher, result.evidence);
      if (result.size !== undefined) {
        const { answers, evidence } = await watcher.submit(log, [ours]);
        // A line is never greener than what the watcher says of our head.
        const said = ANSWERS[worst(answers)];
        if (BEST_FIRST.indexOf(said[1]) > BEST_FIRST.indexOf(className)) [text, className] = said;
        const proof = await watcher.proof(evidence, trust);
        if (proof) {
          alarm(watcher, proof);
          [text, className] = ANSWERS.proved;
        }
      }
    } catch (error) {
      [className, text] = ["bad", why(error, watcher)];
    }
    return element("li", { className }, `${new URL(watcher.url).host}: ${text}`);
  }));
  // Others may have been named, or another chain checked, meanwhile.
  if (comparison === comparisons) $("compared").replaceChildren(...lines);
}

// The heads of the last check that a quorum signed; others contradict nobody.
let checked;

// More leaves than this are more than a page can hold and hash in reasonable time.
const MOST_LEAVES = 1_000_000;

// The largest size that a quorum signed: what others claim would only make the page fetch more.
async function signedSize(heads, trust) {
  const sizes = heads.filter((head) => Number.isSafeInteger(head.tree_size)).sort((a, b) => b.tree_size - a.tree_size);
  for (const head of sizes) {
    if (await checkHead(head, trust).then(() => true, () => false)) return head.tree_size;
  }
  return 0;
}

async function leavesOf(heads, trust) {
  const size = await signedSize(heads, trust);
  if (size > MOST_LEAVES) throw new Error(`${size} leaves are too many for a page; nexo-audit checks them`);
  return api.leafHashes(size);
}

// A run that is overtaken by a newer one writes nothing more.
let runs = 0;

async function check(heads, from, isNewest) {
  const trust = await pinnedTrust();
  let [leaves, tree] = [undefined, ""];
  try {
    leaves = await leavesOf(heads, trust);
    if (leaves.length > 0) tree = await picture(leaves);
  } catch (error) {
    tree = `Roots are not recomputed: ${error.message}.`;
  }
  if (!isNewest()) return;
  $("tree").replaceChildren(tree);
  let [count, flawed] = [0, 0];
  const signed = [];
  for await (const { head, problems, by } of checkChain(heads, trust, leaves)) {
    if (!isNewest()) return;
    count += 1;
    if (isQuorum(by, trust)) signed.push(head);
    if (problems.length > 0) flawed += 1;
    const finding = element("td", { className: problems.length > 0 ? "bad" : "good" }, problems.join("; ") || "holds");
    const root = element("td", { className: "mono", title: text(head.root) }, short(head.root));
    $("heads").prepend(row(head.tree_size, time(head.timestamp), root, [...by].sort().join(", "), finding));
  }
  if (!isNewest()) return;
  const what = leaves ? "signatures, links and roots" : "signatures and links";
  $("verdict").textContent =
    count === 0 ? "There are no heads yet: nothing was checked."
      : flawed === 0 ? `All ${count} heads hold: ${what}.` : `${flawed} of ${count} heads do not hold.`;
  $("verdict").className = flawed > 0 ? "bad" : count > 0 ? "good" : "";
  checked = signed.length > 0 ? { heads: signed, trust, leaves, from } : undefined;
  await settings.run();
}

async function run(from, read) {
  const number = ++runs;
  const isNewest = () => number === runs;
  // Nothing of an earlier run stays beside this one, and no comparison of it comes late.
  checked = undefined;
  comparisons += 1;
  for (const id of ["heads", "tree", "compared"]) $(id).replaceChildren();
  Object.assign($("verdict"), { textContent: "Checking…", className: "" });
  try {
    await check(await read(), from, isNewest);
  } catch (error) {
    if (isNewest()) Object.assign($("verdict"), { textContent: error.message, className: "bad" });
  }
}

const fromServer = () => run(location.origin + base, async () => (await api.chain($("limit").valueAsNumber || 200)).reverse());

$("check").addEventListener("submit", (event) => {
  event.preventDefault();
  fromServer();
});
$("file").addEventListener("change", ({ target }) => {
  const file = target.files[0];
  if (file) run(file.name, async () => headsOf(await file.text()));
});
const settings = watcherSettings(compareNotes);
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  const file = event.dataTransfer.files[0];
  if (file) run(file.name, async () => headsOf(await file.text()));
});
fromServer();
