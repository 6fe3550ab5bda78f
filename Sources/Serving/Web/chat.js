import { $, api, base, element, pinnedTrust } from "./lib/page.js";
import { checkInclusion } from "./lib/merkle.js";
import { Conversation, Identity, safetyNumber } from "./lib/e2ee.js";
import { Relay } from "./lib/ws.js";
import { Notes } from "./lib/notes.js";
import { alarm, watchers, watcherSettings, why } from "./lib/watchers.js";

let identity;
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

async function begin(made) {
  const registered = await provedKey(made.id);
  if (registered.public_key !== made.publicKey) throw new Error("the log has another key for this id: choose another id");
  identity = made;
  relay?.close();
  relay = new Relay(base, identity.id, {
    onEnvelope: receive,
    onState: (state, code) => say("connection", `Relay: ${state}${code ? ` (${code})` : ""}`),
  });
  say("me", `You are ${identity.id}, and the log proves your key ${identity.publicKey}.`, "good");
  $("save").hidden = $("talk").hidden = false;
}

// Looks the peer's key up anew; one that differs from what was seen before is not used until somebody compared it.
async function conversation(id, isAccepted = false) {
  const { public_key } = await provedKey(id);
  const seen = localStorage.getItem(peerName(id));
  if (seen !== null && seen !== public_key && !isAccepted) {
    conversations.delete(id);
    throw new Error(`The key of ${id} has changed. Compare the new safety number over another channel: `
      + await safetyNumber({ id: identity.id, public_key: identity.publicKey }, { id, public_key }));
  }
  localStorage.setItem(peerName(id), public_key);
  if (conversations.get(id)?.peer.public_key !== public_key) {
    conversations.set(id, new Conversation(identity, { id, public_key }));
  }
  return conversations.get(id);
}

function warn(id, error) {
  $("warning").hidden = false;
  $("warning").textContent = error.message;
  $("accept").hidden = !error.message.includes("has changed");
  $("accept").dataset.id = id;
  $("write").hidden = true;
}

async function choose(id, isAccepted) {
  try {
    current = await conversation(id, isAccepted);
    $("warning").hidden = $("accept").hidden = true;
    $("write").hidden = false;
    const number = await safetyNumber({ id: identity.id, public_key: identity.publicKey }, current.peer);
    say("peer", `${id}'s key is in the log. Safety number: ${number}`, "good");
  } catch (error) {
    current = undefined;
    say("peer", "");
    warn(id, error);
  }
}

function show(who, text, className) {
  $("messages").append(element("li", { className }, `${who}: ${text}`));
}

// One after the other: each message moves its conversation's chain.
let receiving = Promise.resolve();
function receive({ from, payload }) {
  receiving = receiving.then(async () => {
    try {
      show(from, await (await conversation(from)).open(payload), "");
    } catch (error) {
      warn(from, error.message ? error : new Error(`a message that claims to be from ${from} does not open`));
    }
  });
}

const onSubmit = (id, act) => $(id).addEventListener("submit", (event) => {
  event.preventDefault();
  act();
});

onSubmit("make", async () => {
  try {
    const made = await Identity.make($("own-id").value);
    await api.register({ id: made.id, public_key: made.publicKey, timestamp: Math.floor(Date.now() / 1000) });
    await begin(made);
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
  const file = new Blob([JSON.stringify(await identity.save())], { type: "application/json" });
  const link = element("a", { href: URL.createObjectURL(file), download: "nexo-identity.json" });
  link.click();
  URL.revokeObjectURL(link.href);
});
onSubmit("find", () => choose($("peer-id").value, false));
$("accept").addEventListener("click", () => choose($("accept").dataset.id, true));
onSubmit("write", async () => {
  try {
    const text = $("text").value;
    relay.send(current.peer.id, await current.seal(text));
    show("You", text, "own");
    $("text").value = "";
  } catch (error) {
    say("peer", error.message, "bad");
  }
});
