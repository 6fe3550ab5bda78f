// The HTTP interface of a deployment. Answers are data to be judged by merkle.js, never believed as they come.

export class ApiError extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

export class Api {
  // base: the deployment's URL, with or without a trailing slash; the page's own by default.
  constructor(base = "") {
    this.base = base.replace(/\/+$/, "");
  }

  async #get(path) {
    const answer = await fetch(this.base + path, { cache: "no-cache" });
    if (!answer.ok) throw new ApiError(answer.status, await detail(answer));
    return answer;
  }

  async #json(path) {
    return (await this.#get(path)).json();
  }

  health() { return this.#json("/health"); }
  latest() { return this.#json("/sth/latest"); }
  // Those that the server's operator proposes.
  async watchers() { return (await this.#json("/ui/watchers.json")).watchers; }
  trust() { return this.#json("/.well-known/nexo-transparency.json"); }
  chain(limit) { return this.#json(`/sth/chain?limit=${limit}`); }
  inclusion(id) { return this.#json(`/proof/inclusion?id=${encodeURIComponent(id)}`); }
  consistency(first, second) { return this.#json(`/proof/consistency?first=${first}&second=${second}`); }
  async metrics() { return (await this.#get("/metrics")).text(); }

  async register(registration) {
    const answer = await fetch(`${this.base}/did/register?proof=1`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(registration),
    });
    if (!answer.ok) throw new ApiError(answer.status, await detail(answer));
    return answer.json();
  }

  // The hashes of the first `size` leaves, read from tiles: no names are needed to recompute roots.
  async leafHashes(size) {
    const leaves = [];
    for (let index = 0; leaves.length < size; index++) {
      const width = Math.min(256, size - leaves.length);
      const part = width < 256 ? `.p/${width}` : "";
      const bytes = new Uint8Array(await (await this.#get(`/tile/0/${tileIndex(index)}${part}`)).arrayBuffer());
      if (bytes.length !== width * 32) throw new ApiError(200, `tile ${index} has ${bytes.length} bytes`);
      for (let at = 0; at < bytes.length; at += 32) leaves.push(bytes.slice(at, at + 32));
    }
    return leaves;
  }
}

export async function detail(answer) {
  try {
    const body = await answer.json();
    return body.detail ?? body.message ?? body.error?.message ?? `status ${answer.status}`;
  } catch {
    return `status ${answer.status}`;
  }
}

// C2SP tlog-tiles: groups of three digits, all but the last with an x.
export function tileIndex(index) {
  let path = String(index % 1000).padStart(3, "0");
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    path = `x${String(rest % 1000).padStart(3, "0")}/${path}`;
  }
  return path;
}
