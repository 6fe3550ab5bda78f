// End-to-end encryption of messages: what it protects, and what it does not, is in docs/SECURITY.md.
//
// Each page that sends makes an ephemeral X25519 key for each peer. Its chain begins at
//   HKDF(DH(ephemeral, peer) ‖ DH(own, peer), "nexo-chat/v1" ‖ own ‖ peer ‖ ephemeral)
// and takes one HMAC step a message, so that a message's key is of no use for those before it.

import { concat, fromBase64, toBase64 } from "./merkle.js";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });
const X25519 = { name: "X25519" };
// A receiver keeps the keys of at most so many messages that have not come yet.
const MAXIMUM_SKIPPED = 1000;
const MAXIMUM_CHAINS = 64;

export class Identity {
  constructor(id, privateKey, publicBytes) {
    this.id = id;
    this.privateKey = privateKey;
    this.publicBytes = publicBytes;
  }

  static async make(id) {
    return Identity.#of(id, await crypto.subtle.generateKey(X25519, true, ["deriveBits"]));
  }

  static async #of(id, { privateKey, publicKey }) {
    return new Identity(id, privateKey, new Uint8Array(await crypto.subtle.exportKey("raw", publicKey)));
  }

  static async load(saved) {
    const jwk = saved.key;
    if (jwk?.kty !== "OKP" || jwk.crv !== "X25519" || typeof saved.id !== "string") throw new Error("this is no identity");
    const { d, ...open } = jwk;
    const privateKey = await crypto.subtle.importKey("jwk", jwk, X25519, true, ["deriveBits"]);
    const publicKey = await crypto.subtle.importKey("jwk", { ...open, key_ops: [] }, X25519, true, []);
    return Identity.#of(saved.id, { privateKey, publicKey });
  }

  async save() { return { id: this.id, key: await crypto.subtle.exportKey("jwk", this.privateKey) }; }
  get publicKey() { return toBase64(this.publicBytes); }
}

async function diffieHellman(privateKey, publicBytes) {
  const key = await crypto.subtle.importKey("raw", publicBytes, X25519, false, []);
  const bits = new Uint8Array(await crypto.subtle.deriveBits({ ...X25519, public: key }, privateKey, 256));
  // A key of small order gives a secret that everybody knows (RFC 7748, section 6.1).
  if (bits.every((byte) => byte === 0)) throw new Error("the peer's key is of small order");
  return bits;
}

async function chainKey(secrets, sender, receiver, ephemeral) {
  const key = await crypto.subtle.importKey("raw", concat(...secrets), "HKDF", false, ["deriveBits"]);
  const info = concat(encoder.encode("nexo-chat/v1"), sender, receiver, ephemeral);
  return new Uint8Array(
    await crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt: new Uint8Array(32), info }, key, 256));
}

async function hmac(key, byte) {
  const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, Uint8Array.of(byte)));
}

// One direction of a conversation.
class Chain {
  constructor(key) {
    this.key = key;
    this.next = 0;
    this.skipped = new Map();
  }

  async step() {
    const message = await hmac(this.key, 1);
    this.key = await hmac(this.key, 2);
    return { number: this.next++, key: message };
  }

  // The key of message `number`, once.
  async take(number) {
    const kept = this.skipped.get(number);
    if (kept) {
      this.skipped.delete(number);
      return kept;
    }
    if (number < this.next) throw new Error("this message was read before");
    if (number - this.next + this.skipped.size > MAXIMUM_SKIPPED) throw new Error("too many messages are missing");
    while (true) {
      const { number: at, key } = await this.step();
      if (at === number) return key;
      this.skipped.set(at, key);
    }
  }
}

const aes = (key, uses) => crypto.subtle.importKey("raw", key, "AES-GCM", false, uses);

export class Conversation {
  #sending;
  #receiving = new Map();

  // peer: {id, public_key} as its inclusion was proved.
  constructor(own, peer) {
    this.own = own;
    this.peer = peer;
    this.peerBytes = fromBase64(peer.public_key, 32);
  }

  async seal(text) {
    this.#sending ??= await this.#open();
    const { number, key } = await this.#sending.chain.step();
    const header = { v: 1, e: toBase64(this.#sending.ephemeral), n: number };
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const sealed = await crypto.subtle.encrypt(
      { name: "AES-GCM", iv, additionalData: this.#bound(header, this.own.id, this.peer.id) },
      await aes(key, ["encrypt"]), encoder.encode(text));
    const body = JSON.stringify({ ...header, iv: toBase64(iv), ct: toBase64(new Uint8Array(sealed)) });
    return toBase64(encoder.encode(body));
  }

  async open(payload) {
    const { v, e, n, iv, ct } = JSON.parse(decoder.decode(fromBase64(payload)));
    if (v !== 1 || !Number.isSafeInteger(n) || n < 0) throw new Error("this message has an unknown form");
    const known = this.#receiving.get(e);
    const chain = known ?? (await this.#accept(fromBase64(e, 32)));
    // A forged message must not move the chain: the step counts only if the message opens.
    const trial = Object.assign(new Chain(chain.key), { next: chain.next, skipped: new Map(chain.skipped) });
    const key = await trial.take(n);
    const text = await crypto.subtle.decrypt(
      {
        name: "AES-GCM", iv: fromBase64(iv, 12),
        additionalData: this.#bound({ v, e, n }, this.peer.id, this.own.id),
      },
      await aes(key, ["decrypt"]), fromBase64(ct));
    this.#receiving.delete(e);
    this.#receiving.set(e, trial);
    if (this.#receiving.size > MAXIMUM_CHAINS) this.#receiving.delete(this.#receiving.keys().next().value);
    return decoder.decode(text);
  }

  #bound({ v, e, n }, from, to) { return encoder.encode(JSON.stringify([v, e, n, from, to])); }

  async #open() {
    const pair = await crypto.subtle.generateKey(X25519, true, ["deriveBits"]);
    const ephemeral = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
    const secrets = [
      await diffieHellman(pair.privateKey, this.peerBytes), await diffieHellman(this.own.privateKey, this.peerBytes),
    ];
    const key = await chainKey(secrets, this.own.publicBytes, this.peerBytes, ephemeral);
    return { ephemeral, chain: new Chain(key) };
  }

  async #accept(ephemeral) {
    const secrets = [
      await diffieHellman(this.own.privateKey, ephemeral), await diffieHellman(this.own.privateKey, this.peerBytes),
    ];
    return new Chain(await chainKey(secrets, this.peerBytes, this.own.publicBytes, ephemeral));
  }
}

// A number that two people compare over another channel: the same for both, of both keys and both ids.
export async function safetyNumber(one, other) {
  const parts = [one, other].map(({ id, public_key }) => JSON.stringify([id, public_key])).sort();
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(`nexo-safety/v1${parts.join("")}`)));
  const groups = [];
  for (let at = 0; at < 30; at += 5) {
    let value = 0n;
    for (const byte of hash.slice(at, at + 5)) value = value * 256n + BigInt(byte);
    groups.push(String(value % 100000n).padStart(5, "0"));
  }
  return groups.join(" ");
}
