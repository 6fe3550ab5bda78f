// The rules of the log, in the browser: leaves, roots, proofs, head hashes, signatures, links (docs/PROTOCOL.md).

const encoder = new TextEncoder();

export const toBase64 = (bytes) => btoa(String.fromCharCode(...bytes));

// Strict: one spelling for one value.
export function fromBase64(text, length) {
  if (typeof text !== "string") throw new Error("base64: a string is expected");
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  if (toBase64(bytes) !== text) throw new Error("base64: not the strict spelling");
  if (length !== undefined && bytes.length !== length) throw new Error(`base64: ${length} bytes are expected`);
  return bytes;
}

export const equal = (a, b) => a.length === b.length && a.every((byte, index) => byte === b[index]);

export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

const node = (left, right) => sha256(concat(left, right));

const isSize = (value) => Number.isSafeInteger(value) && value >= 0;

// The roots that a tree without leaves may have: 32 zero bytes in the field, SHA-256 of nothing in the literature.
const EMPTY_ROOTS = new Set([toBase64(new Uint8Array(32)), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="]);

// Whether two roots of one size are one tree.
export const isSameTree = (size, root, other) =>
  root === other || (size === 0 && EMPTY_ROOTS.has(root) && EMPTY_ROOTS.has(other));

export async function leafHash({ id, public_key, timestamp }) {
  if (!isSize(timestamp)) throw new Error("timestamp: must be an integer from 0 to 2^53 - 1");
  const time = new Uint8Array(8);
  new DataView(time.buffer).setBigUint64(0, BigInt(timestamp));
  return sha256(concat(encoder.encode(id), fromBase64(public_key, 32), time));
}

// A compact range: the roots of the complete subtrees of what was appended, the largest first.
export class Frontier {
  size = 0;
  nodes = [];

  async append(leaf) {
    let [hash, level] = [leaf, 0];
    while (this.nodes.at(-1)?.level === level) hash = await node(this.nodes.pop().hash, ((level += 1), hash));
    this.nodes.push({ level, hash });
    this.size += 1;
  }

  async root() {
    if (this.nodes.length === 0) return new Uint8Array(32);
    let root = this.nodes.at(-1).hash;
    for (const { hash } of this.nodes.slice(0, -1).reverse()) root = await node(hash, root);
    return root;
  }
}

// The root that a proof of inclusion leads to (RFC 9162, section 2.1.3.2).
export async function inclusionRoot(leaf, index, size, path) {
  // A negative index would go right at each step, and so lead from what is no leaf to a genuine root.
  if (!isSize(index) || !isSize(size) || index >= size) throw new Error("index: must be an integer from 0, below the tree's size");
  let [at, last, hash] = [BigInt(index), BigInt(size) - 1n, leaf];
  for (const sibling of path) {
    if (last === 0n) throw new Error("the proof is too long");
    if ((at & 1n) === 1n || at === last) {
      hash = await node(sibling, hash);
      while ((at & 1n) === 0n && at > 0n) [at, last] = [at >> 1n, last >> 1n];
    } else {
      hash = await node(hash, sibling);
    }
    [at, last] = [at >> 1n, last >> 1n];
  }
  if (last !== 0n) throw new Error("the proof is too short");
  return hash;
}

// Whether one tree continues another (RFC 9162, section 2.1.4.2).
export async function isConsistent(first, firstRoot, second, secondRoot, path) {
  if (!isSize(first) || !isSize(second) || first === 0 || first > second) return false;
  if (first === second) return path.length === 0 && equal(firstRoot, secondRoot);
  let [at, last] = [BigInt(first) - 1n, BigInt(second) - 1n];
  while ((at & 1n) === 1n) [at, last] = [at >> 1n, last >> 1n];
  // As BigInt: what is written for a Number takes its 32 lowest bits.
  const rest = (BigInt(first) & (BigInt(first) - 1n)) === 0n ? [firstRoot, ...path] : [...path];
  if (rest.length === 0) return false;
  let [old, now] = [rest[0], rest[0]];
  for (const sibling of rest.slice(1)) {
    if (last === 0n) return false;
    if ((at & 1n) === 1n || at === last) {
      old = await node(sibling, old);
      now = await node(sibling, now);
      while ((at & 1n) === 0n && at > 0n) [at, last] = [at >> 1n, last >> 1n];
    } else {
      now = await node(now, sibling);
    }
    [at, last] = [at >> 1n, last >> 1n];
  }
  return last === 0n && equal(old, firstRoot) && equal(now, secondRoot);
}

// Canonical JSON: RFC 8785, or the dialect `shallow` of field servers.
export function canonical(value, dialect = "jcs") {
  const kept = dialect === "shallow" ? Object.keys(value).sort() : undefined;
  const write = (value) => {
    if (Array.isArray(value)) return `[${value.map(write).join(",")}]`;
    if (value === null || typeof value !== "object") return JSON.stringify(value);
    // Array.prototype.sort compares UTF-16 code units, as RFC 8785 asks.
    const names = kept ? kept.filter((name) => Object.hasOwn(value, name)) : Object.keys(value).sort();
    return `{${names.map((name) => `${JSON.stringify(name)}:${write(value[name])}`).join(",")}}`;
  };
  return write(value);
}

export function headHash(head, dialect) {
  const { signatures, ...signed } = head;
  return sha256(encoder.encode(canonical(signed, dialect)));
}

// A trust file that can be gone by, by the rules of the Swift type TrustFile; throws for any other, since what such a file lets
// pass is proved to nobody.
export function checkTrust(trust) {
  const must = (holds, what) => {
    if (!holds) throw new Error(`trust file: ${what}`);
  };
  must(trust?.format === "nexo-trust/v1", 'format: must be "nexo-trust/v1"');
  must(typeof trust.name === "string" && trust.name !== "", "name: must be a string that is not empty");
  must(trust.canonical === "jcs" || trust.canonical === "shallow", 'canonical: must be "jcs" or "shallow"');
  const { t, n } = trust.policy ?? {};
  must(isSize(t) && isSize(n), 'policy: must be {"t": integer, "n": integer}');
  must(t >= 1 && t <= n, "policy: t must be at least 1 and at most n");
  must(Array.isArray(trust.cosigners), "cosigners: must be an array");
  must(trust.cosigners.length <= MOST_COSIGNERS, `cosigners: more than ${MOST_COSIGNERS} entries`);
  const [owners, windows] = [new Map(), new Map()];
  trust.cosigners.forEach((key, index) => {
    const place = `cosigners[${index}]`;
    must(key !== null && typeof key === "object", `${place}: must be an object`);
    // A misspelt until_tree_size would keep a revoked key valid.
    const other = Object.keys(key).find((name) => !COSIGNER_MEMBERS.has(name));
    must(other === undefined, `${place}: unknown member ${JSON.stringify(other)}`);
    const { id, public_key, from_tree_size: from = 0, until_tree_size: until = null } = key;
    must(typeof id === "string" && id !== "", `${place}.id: must be a string that is not empty`);
    must(isKey(public_key), `${place}.public_key: must be the strict base64 of 32 bytes`);
    must(isSize(from), `${place}.from_tree_size: must be an integer`);
    must(until === null || isSize(until), `${place}.until_tree_size: must be an integer or null`);
    must(until === null || until >= from, `${place}: the window ends before it begins`);
    // The first window gives the log its identity, so it must not depend on the order of the file.
    const [begin, rest] = [JSON.stringify([id, from]), JSON.stringify([public_key, until])];
    must((windows.get(begin) ?? rest) === rest, `${place}: two windows of ${id} begin at one size`);
    windows.set(begin, rest);
    // One key under two ids would count twice, and a quorum of two would be the word of one.
    must((owners.get(public_key) ?? id) === id, `${place}: ${id} shares its key with another id`);
    owners.set(public_key, id);
  });
  const ids = new Set(owners.values()).size;
  must(ids >= t && ids <= n, `cosigners: ${ids} ids cannot serve a quorum of ${t} of ${n}`);
}

const MOST_COSIGNERS = 1000;
const COSIGNER_MEMBERS = new Set(["id", "public_key", "from_tree_size", "until_tree_size"]);

function isKey(text) {
  try {
    return fromBase64(text, 32).length === 32;
  } catch {
    return false;
  }
}

// A head may carry thousands under one name; each costs time.
const MOST_ATTEMPTS = 4;

// Who of the pinned cosigners signed a head, whose shape is checked too.
export async function signers(head, trust) {
  checkTrust(trust);
  if (!isSize(head.tree_size) || !isSize(head.timestamp)) throw new Error("head: tree_size and timestamp must be sizes");
  fromBase64(head.root, 32);
  const hash = await headHash(head, trust.canonical);
  const found = new Set();
  const keys = keysAt(trust, head.tree_size);
  const attempts = new Map();
  for (const signature of Array.isArray(head.signatures) ? head.signatures : []) {
    // What is no signature at all, null among it, is none by anybody.
    const { cosigner, sig } = signature ?? {};
    const id = typeof cosigner === "number" ? `cosigner_${cosigner}` : cosigner;
    const own = keys.filter((key) => key.id === id);
    if (own.length === 0) continue;
    attempts.set(id, (attempts.get(id) ?? 0) + 1);
    if (attempts.get(id) > MOST_ATTEMPTS) continue;
    for (const key of own) {
      try {
        const imported = await crypto.subtle.importKey(
          "raw", fromBase64(key.public_key, 32), { name: "Ed25519" }, false, ["verify"]);
        if (await crypto.subtle.verify({ name: "Ed25519" }, imported, fromBase64(sig, 64), hash)) found.add(id);
      } catch {
        // A signature that cannot be read is no signature.
      }
    }
  }
  return found;
}

const from = (key) => key.from_tree_size ?? 0;

function keysAt(trust, size) {
  return trust.cosigners.filter((key) => {
    if (from(key) > size) return false;
    if (key.until_tree_size === null || key.until_tree_size === undefined || size < key.until_tree_size) return true;
    return size === key.until_tree_size
      && !trust.cosigners.some((other) => other !== key && other.id === key.id && from(other) === size);
  });
}

// The log's identity, which survives rotation of keys and moves between URLs.
export async function logID(trust) {
  const first = new Map();
  for (const key of trust.cosigners) {
    if (!first.has(key.id) || from(key) < from(first.get(key.id))) first.set(key.id, key);
  }
  const cosigners = [...first.values()].map((key) => key.public_key).sort();
  const { n, t } = trust.policy;
  const hash = await sha256(encoder.encode(canonical({ cosigners, policy: { n, t } })));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Written so that a policy which says nothing lets nothing pass.
export const isQuorum = (by, trust) => trust.policy.t >= 1 && by.size >= trust.policy.t;

// A head that a quorum of the pinned cosigners signed; throws for any other.
export async function checkHead(head, trust) {
  const by = await signers(head, trust);
  if (!isQuorum(by, trust)) {
    throw new Error(`the head of size ${head.tree_size} is signed by ${by.size} of ${trust.policy.t} pinned cosigners`);
  }
  return by;
}

// An answer of /proof/inclusion, judged: the registration is in the tree of a head that a quorum signed.
export async function checkInclusion(answer, id, trust) {
  if (!answer.head) throw new Error("the proof comes without a head");
  await checkHead(answer.head, trust);
  if (answer.registration.id !== id) throw new Error("the proof is for another id");
  const root = await inclusionRoot(
    await leafHash(answer.registration), answer.index, answer.head.tree_size,
    answer.path.map((hash) => fromBase64(hash, 32)));
  if (toBase64(root) !== answer.head.root) throw new Error("the proof does not lead to the head's root");
  return answer.registration;
}

// Judges a chain step by step, oldest first; `leaves` may be left out. Yields {head, problems, by}.
export async function* checkChain(heads, trust, leaves) {
  const tree = new Frontier();
  let previous;
  for (const head of heads) {
    const problems = [];
    let by = new Set();
    try {
      by = await signers(head, trust);
      if (!isQuorum(by, trust)) problems.push(`signed by ${by.size} of ${trust.policy.t}`);
    } catch (error) {
      problems.push(error.message);
    }
    if (canonical(head.policy ?? null) !== canonical(trust.policy)) problems.push("states another policy");
    if (previous) {
      const hash = toBase64(await headHash(previous, trust.canonical));
      if (head.prev_hash !== hash) problems.push("does not follow the head before it");
      if (head.tree_size < previous.tree_size) problems.push("is smaller than the head before it");
      if (head.tree_size === previous.tree_size && !isSameTree(head.tree_size, head.root, previous.root)) {
        problems.push("same size, another root");
      }
      if (head.timestamp < previous.timestamp) problems.push("is older than the head before it");
    }
    if (leaves && isSize(head.tree_size) && head.tree_size >= tree.size && head.tree_size <= leaves.length) {
      while (tree.size < head.tree_size) await tree.append(leaves[tree.size]);
      if (!isSameTree(tree.size, toBase64(await tree.root()), head.root)) problems.push("its root is not that of the leaves");
    } else if (leaves && head.tree_size > leaves.length) {
      problems.push("the leaves for its root are not there");
    }
    yield { head, problems, by };
    previous = head;
  }
}
