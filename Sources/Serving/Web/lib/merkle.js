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

export function leafHash({ id, public_key, timestamp }) {
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
  if (!(index < size)) throw new Error("index: must be below the tree's size");
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
  if (first === 0 || first > second) return false;
  if (first === second) return path.length === 0 && equal(firstRoot, secondRoot);
  let [at, last] = [BigInt(first) - 1n, BigInt(second) - 1n];
  while ((at & 1n) === 1n) [at, last] = [at >> 1n, last >> 1n];
  const rest = (first & (first - 1)) === 0 ? [firstRoot, ...path] : [...path];
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

const isSize = (value) => Number.isSafeInteger(value) && value >= 0;

// Who of the pinned cosigners signed a head, whose shape is checked too.
export async function signers(head, trust) {
  if (!isSize(head.tree_size) || !isSize(head.timestamp)) throw new Error("head: tree_size and timestamp must be sizes");
  fromBase64(head.root, 32);
  const hash = await headHash(head, trust.canonical);
  const found = new Set();
  for (const { cosigner, sig } of head.signatures ?? []) {
    const id = typeof cosigner === "number" ? `cosigner_${cosigner}` : cosigner;
    for (const key of keysAt(trust, head.tree_size).filter((key) => key.id === id)) {
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

function keysAt(trust, size) {
  return trust.cosigners.filter((key) => {
    if (key.from_tree_size > size) return false;
    if (key.until_tree_size === null || key.until_tree_size === undefined || size < key.until_tree_size) return true;
    return size === key.until_tree_size
      && !trust.cosigners.some((other) => other !== key && other.id === key.id && other.from_tree_size === size);
  });
}

// The log's identity, which survives rotation of keys and moves between URLs.
export async function logID(trust) {
  const first = new Map();
  for (const key of trust.cosigners) {
    if (!(first.get(key.id)?.from_tree_size <= key.from_tree_size)) first.set(key.id, key);
  }
  const cosigners = [...first.values()].map((key) => key.public_key).sort();
  const { n, t } = trust.policy;
  const hash = await sha256(encoder.encode(canonical({ cosigners, policy: { n, t } })));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// A head that a quorum of the pinned cosigners signed; throws for any other.
export async function checkHead(head, trust) {
  const by = await signers(head, trust);
  if (by.size < trust.policy.t) {
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
      if (by.size < trust.policy.t) problems.push(`signed by ${by.size} of ${trust.policy.t}`);
    } catch (error) {
      problems.push(error.message);
    }
    if (canonical(head.policy ?? null) !== canonical(trust.policy)) problems.push("states another policy");
    if (previous) {
      const hash = toBase64(await headHash(previous, trust.canonical));
      if (head.prev_hash !== hash) problems.push("does not follow the head before it");
      if (head.tree_size < previous.tree_size) problems.push("is smaller than the head before it");
      if (head.tree_size === previous.tree_size && head.root !== previous.root) problems.push("same size, another root");
      if (head.timestamp < previous.timestamp) problems.push("is older than the head before it");
    }
    if (leaves && head.tree_size >= tree.size && head.tree_size <= leaves.length) {
      while (tree.size < head.tree_size) await tree.append(leaves[tree.size]);
      if (toBase64(await tree.root()) !== head.root) problems.push("its root is not that of the leaves");
    } else if (leaves && head.tree_size > leaves.length) {
      problems.push("the leaves for its root are not there");
    }
    yield { head, problems, by };
    previous = head;
  }
}
