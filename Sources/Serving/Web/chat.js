import { $, api, base, element, pinnedTrust } from "./lib/page.js";
import { checkInclusion } from "./lib/merkle.js";
import { Conversation, Identity, safetyNumber } from "./lib/e2ee.js";
import { Relay } from "./lib/ws.js";
import { Notes } from "./lib/notes.js";
import { alarm, watchers, watcherSettings, why } from "./lib/watchers.js";

// What strangers can fill: the memory of peers, the line of envelopes, the list of messages.
const MOST_PEERS = 1000;
const MOST_WAITING = 200;
const MOST_MESSAGES = 500;
const MOST_ERRORS = 20;

// The one that talks, and the one that Save saves: they differ while a new one is not in the log yet.
let identity;
let made;
let relay;
let current;
const conversations = new Map();

const say = (id, text, className = "") => Object.assign($(id), { textContent: text, className });
const peerName = (id) => `nexo-peer:${base}:${identity.id}:${id}`;

// The key of an id, proved to be in the log that the pinned cosigners sign.
async function provedKey(id) {
  const [answer, trust] = [await api.inclusion(id), await pinnedTrust()];
  const registration = await checkInclusion(answer, id, trust);
  notes.add(answer.head);
  return registration;
}

// Heads that this page was shown go to the watchers, so that a log cannot show it alone another history.
const notes = new Notes({
  watchers,
  trust: pinnedTrust,
  onAnswer: (watcher, text, className) => {
    const host = new URL(watcher.url).host;
    const line = element("li", { className }, `${host}: ${text}`);
    line.dataset.host = host;
    [...$("told").children].find((other) => other.dataset.host === host)?.remove();
    $("told").append(line);
  },
  onConflict: alarm,
  why,
  onError: (error) => say("watchers-state", error.message, "bad"),
});
watcherSettings(() => {
  $("told").replaceChildren();
  return notes.again();
});

// Before it is registered: a key that is in the log, and nowhere else, is lost.
function offerToSave(one) {
  made = one;
  Object.assign($("save"), { hidden: false, textContent: `Save the identity ${one.id} to a file` });
}

async function begin(one) {
  offerToSave(one);
  const registered = await provedKey(one.id);
  if (registered.public_key !== one.publicKey) throw new Error("the log has another key for this id: choose another id");
  // Nothing of another identity's talk is left: what is written next is this one's.
  conversations.clear();
  forget();
  choices += 1;
  say("peer", "");
  $("warning").hidden = $("dropped").hidden = true;
  $("messages").replaceChildren();
  dropped = 0;
  identity = one;
  relay?.close();
  relay = new Relay(base, identity.id, {
    onEnvelope: receive,
    onState: (state, code) => say("connection", `Relay: ${state}${code ? ` (${code})` : ""}`),
  });
  say("me", `You are ${identity.id}, and the log proves your key ${identity.publicKey}.`, "good");
  $("talk").hidden = false;
}

// A key that differs from the one that was seen before, as it was proved: a person compares it, and accepts no other.
class KeyChanged extends Error {
  constructor(peer, number) {
    super(`The key of ${peer.id} has changed. Compare the new safety number over another channel: ${number}`);
    this.peer = peer;
  }
}

const numberOf = (peer) => safetyNumber({ id: identity.id, public_key: identity.publicKey }, peer);

// Whether a key is not the one that was seen before, nor the one that a person accepted.
function isOther({ id, public_key }, accepted) {
  const seen = localStorage.getItem(peerName(id));
  return seen !== null && seen !== public_key && accepted !== public_key;
}

// Looks the peer's key up anew; one that differs from what was seen before is not used until somebody compared it: `accepted`.
async function provedPeer(id, accepted) {
  const own = identity;
  const { public_key } = await provedKey(id);
  if (own !== identity) throw new Error("another identity was loaded meanwhile");
  const peer = { id, public_key };
  if (isOther(peer, accepted)) {
    conversations.delete(id);
    throw new KeyChanged(peer, await numberOf(peer));
  }
  return peer;
}

function conversation(peer) {
  const known = conversations.get(peer.id);
  return known?.peer.public_key === peer.public_key ? known : new Conversation(identity, peer);
}

// Remembers a peer: one that a person asked for, or whose message opened. Another key may have been kept meanwhile.
function keep(one, accepted) {
  if (isOther(one.peer, accepted)) throw new Error(`the key of ${one.peer.id} changed while it was looked up: find it again`);
  localStorage.setItem(peerName(one.peer.id), one.peer.public_key);
  conversations.set(one.peer.id, one);
  if (current?.peer.id === one.peer.id) current = one;
}

// Nobody can be written to, and no key accepted.
let changed;
function forget() {
  current = changed = undefined;
  $("write").hidden = $("accept").hidden = true;
}

function warn(error) {
  forget();
  say("peer", "");
  Object.assign($("warning"), { hidden: false, textContent: error.message });
  // By its class alone: a server's text can say anything.
  if (!(error instanceof KeyChanged)) return;
  changed = error.peer;
  $("accept").hidden = false;
}

// Of two choices at once the later one counts.
let choices = 0;
async function choose(id, accepted) {
  const choice = ++choices;
  forget();
  try {
    const peer = await provedPeer(id, accepted);
    const number = await numberOf(peer);
    if (choice !== choices) return;
    const chosen = conversation(peer);
    keep(chosen, accepted);
    current = chosen;
    $("warning").hidden = true;
    $("write").hidden = false;
    say("peer", `${id}'s key is in the log. Safety number: ${number}`, "good");
  } catch (error) {
    if (choice === choices) warn(error);
  }
}

// The list is bounded, the oldest line goes first; errors have their own bound, so that junk pushes out no message.
let dropped = 0;
function show(line, className = "") {
  const isError = className === "bad";
  $("messages").append(element("li", { className }, line));
  const alike = [...$("messages").children].filter((other) => (other.className === "bad") === isError);
  if (alike.length <= (isError ? MOST_ERRORS : MOST_MESSAGES)) return;
  alike[0].remove();
  tellDropped();
}

function tellDropped() {
  dropped += 1;
  say("dropped", `${dropped} lines are left out of this list: more came than it holds.`);
  $("dropped").hidden = false;
}

// Strangers must not fill what the browser keeps, nor push out of it the keys that a person compared.
function checkRoom(id) {
  if (localStorage.getItem(peerName(id)) !== null) return;
  const peers = Object.keys(localStorage).filter((name) => name.startsWith(peerName(""))).length;
  if (peers >= MOST_PEERS) throw new Error(`this browser remembers ${MOST_PEERS} peers already: find the key of ${id} first`);
}

// One after the other: each message moves its conversation's chain.
let receiving = Promise.resolve();
let waiting = 0;
function receive({ from, payload }) {
  if (waiting >= MOST_WAITING) return tellDropped();
  waiting += 1;
  const own = identity;
  receiving = receiving.then(async () => {
    try {
      if (own === identity) await open(from, payload, own);
    } finally {
      waiting -= 1;
    }
  });
}

// What does not open is told in the list, and touches no other talk: anybody can send in anybody's name.
async function open(from, payload, own) {
  try {
    checkRoom(from);
    const one = conversation(await provedPeer(from));
    const text = await one.open(payload);
    if (own !== identity) return;
    keep(one);
    show(`${from}: ${text}`);
  } catch (error) {
    if (own !== identity) return;
    // A failed decryption says nothing by itself.
    show(`a message that claims to be from ${from} does not open${error.message ? `: ${error.message}` : ""}`, "bad");
    if (error instanceof KeyChanged && from === current?.peer.id) warn(error);
  }
}

const onSubmit = (id, act) => $(id).addEventListener("submit", (event) => {
  event.preventDefault();
  act();
});

onSubmit("make", async () => {
  try {
    const id = $("own-id").value;
    // Tried again, it is the same key: the log may have it already.
    const one = made !== identity && made.id === id ? made : await Identity.make(id);
    offerToSave(one);
    await api.register({ id, public_key: one.publicKey, timestamp: Math.floor(Date.now() / 1000) });
    await begin(one);
  } catch (error) {
    say("me", error.message, "bad");
  }
});
$("load").addEventListener("change", async ({ target }) => {
  try {
    await begin(await Identity.load(JSON.parse(await target.files[0].text())));
  } catch (error) {
    say("me", error.message, "bad");
  }
});
$("save").addEventListener("click", async () => {
  const file = new Blob([JSON.stringify(await made.save())], { type: "application/json" });
  const link = element("a", { href: URL.createObjectURL(file), download: "nexo-identity.json" });
  link.click();
  URL.revokeObjectURL(link.href);
});
onSubmit("find", () => choose($("peer-id").value));
// The key that was shown, and no other: the log is asked again.
$("accept").addEventListener("click", () => choose(changed.id, changed.public_key));
onSubmit("write", async () => {
  try {
    const text = $("text").value;
    relay.send(current.peer.id, await current.seal(text));
    show(`You: ${text}`, "own");
    $("text").value = "";
  } catch (error) {
    say("peer", error.message, "bad");
  }
});
