// The relay: envelopes to and from one session, which is opened again when it breaks.

const PING_EVERY = 20_000;
const LONGEST_WAIT = 30_000;
// Closed on purpose: another connection has the id, or the server will not have our messages.
const FINAL = new Set([1003, 1007, 1008, 4001]);

export class Relay {
  #socket;
  #wait = 500;
  #isClosed = false;
  #pings;

  // onEnvelope({from, to, payload}), onState("open" | "waiting" | "closed", code)
  constructor(base, id, { onEnvelope, onState = () => {} }) {
    const url = new URL(base || ".", location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    url.pathname = `${url.pathname.replace(/\/(ui\/[^/]*)?$/, "")}/ws/${encodeURIComponent(id)}`;
    url.search = url.hash = "";
    Object.assign(this, { url, id, onEnvelope, onState });
    this.#open();
  }

  #open() {
    const socket = (this.#socket = new WebSocket(this.url));
    socket.onopen = () => {
      this.#wait = 500;
      this.#pings = setInterval(() => socket.send(JSON.stringify({ type: "ping" })), PING_EVERY);
      this.onState("open");
    };
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message?.type === undefined && typeof message?.from === "string" && message.to === this.id) this.onEnvelope(message);
    };
    socket.onclose = ({ code }) => {
      clearInterval(this.#pings);
      if (this.#isClosed || FINAL.has(code)) return this.onState("closed", code);
      this.onState("waiting", code);
      setTimeout(() => this.#isClosed || this.#open(), this.#wait);
      this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT);
    };
  }

  send(to, payload) {
    if (this.#socket.readyState !== WebSocket.OPEN) throw new Error("the relay is not connected");
    this.#socket.send(JSON.stringify({ from: this.id, to, payload }));
  }

  close() {
    this.#isClosed = true;
    this.#socket.close(1000);
  }
}
