// What the pages' modules must refuse, checked by themselves; scripts/test-pages runs it in the browser.
// load(name): a module of /ui/lib. Answers what does not hold, one line each.

async function checkModules(load) {
  const [merkle, gossip, notes] = await Promise.all(["merkle", "gossip", "notes"].map(load));
  const failures = [];
  const holds = (what, is) => is || failures.push(what);
  const refused = async (work) => { try { await work(); } catch { return true; } return false; };
  const hash = (text) => merkle.sha256(new TextEncoder().encode(text));
  const base64 = merkle.toBase64;
  const EMPTY = [base64(new Uint8Array(32)), base64(await hash(""))];

  // A log of two cosigners, and heads that they really signed.
  const pairs = await Promise.all([0, 1].map(() => crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])));
  const keys = await Promise.all(
    pairs.map(async (pair) => base64(new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)))));
  const cosigners = keys.map((public_key, index) => (
    { id: `cosigner_${index}`, public_key, from_tree_size: 0, until_tree_size: null }));
  const trust = { format: "nexo-trust/v1", name: "log", canonical: "jcs", policy: { t: 2, n: 2 }, cosigners };
  const signed = async (tree_size, root, more = {}) => {
    const head = { tree_size, root, timestamp: 1, prev_hash: EMPTY[0], policy: { t: 2, n: 2 }, ...more };
    const message = await merkle.headHash(head, "jcs");
    const signatures = await Promise.all(pairs.map(async (pair, index) => {
      const sig = new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, message));
      return { cosigner: `cosigner_${index}`, sig: base64(sig) };
    }));
    return { ...head, signatures };
  };
  const leaves = await Promise.all(Array.from({ length: 8 }, (_, index) => hash(`leaf ${index}`)));
  const headAt = async (size) => signed(size, await gossip.rootOf(leaves, size));

  // A key that is no leaf: its hash is put in as if it were on the right at each step, which is how a negative index was read.
  const registration = { id: "victim", public_key: base64(await hash("another key")), timestamp: 1 };
  const path = [leaves[0], leaves[1]];
  let root = await merkle.leafHash(registration);
  for (const sibling of path) root = await merkle.sha256(merkle.concat(sibling, root));
  const head = await signed(3, base64(root));
  for (const index of [-1, "-1", "0", 0.5, null, 3, 2 ** 53]) {
    const answer = { registration, index, head, path: path.map(base64) };
    holds(`an inclusion proof with the index ${JSON.stringify(index)} is refused`,
      await refused(() => merkle.checkInclusion(answer, "victim", trust)));
  }
  for (const timestamp of ["1", 1.5, -1, 2 ** 53, null]) {
    holds(`a leaf of the time ${JSON.stringify(timestamp)} is refused`,
      await refused(() => merkle.leafHash({ ...registration, timestamp })));
  }
  const three = await headAt(3);
  holds("the third leaf is proved",
    base64(await merkle.inclusionRoot(leaves[2], 2, 3, [await merkle.sha256(merkle.concat(leaves[0], leaves[1]))])) === three.root);

  // Trust files.
  merkle.checkTrust(trust);
  const one = cosigners[0];
  const bad = {
    "no policy": { policy: undefined }, "no t": { policy: { n: 2 } }, "t of 0": { policy: { t: 0, n: 2 } },
    "t above n": { policy: { t: 3, n: 2 } }, "more ids than n": { policy: { t: 1, n: 1 } },
    "a text for t": { policy: { t: "2", n: 2 } },
    "too few ids": { cosigners: [one] }, "no cosigners": { cosigners: undefined }, "an unknown dialect": { canonical: "none" },
    "no format": { format: undefined }, "no name": { name: "" },
    "one key under two ids": { cosigners: [one, { ...cosigners[1], public_key: one.public_key }] },
    "a window that ends before it begins": { cosigners: [{ ...one, from_tree_size: 5, until_tree_size: 4 }, cosigners[1]] },
    "two windows that begin at one size": { cosigners: [one, { ...one, public_key: base64(leaves[0]) }, cosigners[1]] },
    "an unknown member": { cosigners: [{ ...one, until_treesize: 4 }, cosigners[1]] },
    "a null entry": { cosigners: [null, ...cosigners] },
    "a short key": { cosigners: [{ ...one, public_key: "AAAA" }, cosigners[1]] },
  };
  for (const [what, change] of Object.entries(bad)) {
    holds(`a trust file with ${what} is refused`, await refused(async () => merkle.checkTrust({ ...trust, ...change })));
  }
  for (const policy of [undefined, {}, { n: 2 }, { t: 0, n: 2 }]) {
    holds(`an unsigned head is refused under the policy ${JSON.stringify(policy)}`,
      await refused(() => merkle.checkHead({ ...three, signatures: [] }, { ...trust, policy })));
  }

  // Signatures.
  holds("an entry that is no object is skipped",
    (await merkle.signers({ ...three, signatures: [null, 7, "x", ...three.signatures] }, trust)).size === 2);
  const junk = Array.from({ length: 4 }, () => ({ cosigner: "cosigner_0", sig: base64(new Uint8Array(64)) }));
  holds("the fifth signature of one cosigner is not tried",
    !(await merkle.signers({ ...three, signatures: [...junk, ...three.signatures] }, trust)).has("cosigner_0"));

  // Two roots of no leaves are one tree; others are not.
  const empty = await Promise.all(EMPTY.map((root) => signed(0, root)));
  holds("the roots of the empty tree are one tree", (await gossip.contradiction(...empty, trust)) === undefined);
  holds("any other root of size 0 is another tree",
    (await gossip.contradiction(empty[0], await signed(0, three.root), trust)) === "same-size-different-root");
  const following = await signed(0, EMPTY[1], { prev_hash: base64(await merkle.headHash(empty[0], "jcs")) });
  for await (const { problems } of merkle.checkChain([empty[0], following], trust, [])) {
    holds(`a chain of empty trees holds: ${problems}`, problems.length === 0);
  }
  // 2^32 + 2^31 has its 32 lowest bits like a power of two: its proof has the smaller root in it.
  const [big, left, right] = [2 ** 32 + 2 ** 31, await hash("left"), await hash("right")];
  const tree = await merkle.sha256(merkle.concat(left, right));
  const beyond = await hash("beyond");
  const larger = await merkle.sha256(merkle.concat(left, await merkle.sha256(merkle.concat(right, beyond))));
  holds("sizes beyond 32 bits are compared", await merkle.isConsistent(big, tree, 2 ** 33, larger, [right, beyond, left]));

  // What a watcher says of its newest size agrees with nothing by itself.
  const [log, ours] = [await merkle.logID(trust), await headAt(6)];
  const other = await signed(8, base64(await hash("another tree")));
  const watcher = (newest, there) => ({ url: "https://watcher.example", newest: async () => newest, headAt: async () => there });
  const compare = async (newest, there, with_ = leaves.slice(0, 6)) =>
    gossip.compare(watcher(newest, there), log, ours, "here", trust, new Map(), with_);
  for (const [newest, there, verdict, size] of [
    [other, await headAt(4), "behind", 4], [other, await headAt(6), "ahead", 8], [await headAt(4), undefined, "behind", 4],
    [ours, undefined, "agrees", 6], [other, undefined, "unknown", 8],
  ]) {
    const found = await compare(newest, there);
    holds(`a watcher with ${newest.tree_size} and ${there?.tree_size} is ${verdict} ${size}: ${found.verdict} ${found.size}`,
      found.verdict === verdict && found.size === size);
  }
  holds("a head of our own size is compared without leaves", (await compare(ours, undefined, undefined)).verdict === "agrees");

  // Answers to what was shown: the worst stays.
  const told = [];
  let next;
  const page = {
    watchers: async () => [{
      url: "w", proof: async () => undefined,
      submit: async (_, heads) => ({ answers: heads.map(() => next), evidence: [] }),
    }],
    trust: async () => trust, onAnswer: (_, text, className) => told.push([text, className]),
    onConflict: () => {}, why: String, onError: (error) => failures.push(String(error)),
  };
  for (const worst of ["conflict", "rejected"]) {
    const kept = new notes.Notes(page);
    for (const [index, answer] of ["same", worst, "same"].entries()) {
      next = answer;
      await kept.add(await headAt(index + 1));
    }
    holds(`a watcher that answered ${worst} stays so: ${told.at(-1)}`, told.at(-1)[1] === "bad");
    next = "same";
    await kept.again();
    holds(`asked anew of all, it may be good again: ${told.at(-1)}`, told.at(-1)[1] === "good");
  }
  // An answer that is left out is none, in a batch too.
  const real = globalThis.fetch;
  try {
    globalThis.fetch = async () => new Response(JSON.stringify({ results: [{ answer: "same" }], evidence: [] }));
    const { answers } = await new gossip.Watcher("https://w.example").submit(log, [ours, three]);
    holds(`an answer that is left out is unsettled: ${answers}`, answers.join() === "same,unsettled");
  } finally {
    globalThis.fetch = real;
  }
  return failures;
}
