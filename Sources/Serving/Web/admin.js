import { $, api, element, pinnedTrust, row, short, svg, text, time } from "./lib/page.js";
import { signers } from "./lib/merkle.js";

function figure(name, value) {
  const box = document.createElement("div");
  box.append(element("dt", {}, name), element("dd", {}, value));
  return box;
}

function growth(heads) {
  const [width, height] = [640, 160];
  const [first, last] = [heads[0], heads.at(-1)];
  const spread = (value, from, to) => (to === from ? 0.5 : (value - from) / (to - from));
  const points = heads.map((head) => {
    const x = spread(head.timestamp, first.timestamp, last.timestamp) * width;
    const y = height - 4 - spread(head.tree_size, first.tree_size, last.tree_size) * (height - 8);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  const title = `Tree size from ${first.tree_size} to ${last.tree_size}`;
  // The curve is stretched to the page's width; text in it would be, too, so the ends are named below.
  const curve = svg(
    "svg", { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img", "aria-label": title },
    svg("polyline", { points: points.join(" ") }));
  const ends = document.createElement("div");
  ends.className = "ends";
  ends.append(...[first, last].map((head) => element("span", {}, `${head.tree_size} at ${time(head.timestamp)}`)));
  return [curve, ends];
}

async function show() {
  const [health, metrics, trust, heads] = await Promise.all([
    api.health(), api.metrics(), pinnedTrust(), api.chain(100),
  ]);
  const metric = (name) => metrics.match(new RegExp(`^${name} (\\d+)$`, "m"))?.[1] ?? "?";
  // First all that can fail: figures of two moments do not stand side by side. A head that is no head was signed by nobody.
  const counts = new Map();
  for (const head of heads) {
    for (const id of await signers(head, trust).catch(() => [])) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  $("health").replaceChildren(
    figure("Status", health.status), figure("Registrations", health.users_count), figure("Heads", health.sth_count),
    figure("Relay sessions", metric("ws_sessions")), figure("Relayed messages", metric("ws_messages_total")),
    figure("Slow readers closed", metric("ws_slow_readers_total")));
  $("recent").replaceChildren(...heads.slice(0, 20).map((head) =>
    row(head.tree_size, time(head.timestamp), element("td", { className: "mono", title: text(head.root) }, short(head.root)))));
  $("cosigners").replaceChildren(...trust.cosigners.map((key) =>
    row(key.id, element("td", { className: "mono", title: key.public_key }, short(key.public_key)), key.from_tree_size,
      key.until_tree_size ?? "–", `${counts.get(key.id) ?? 0} of ${heads.length}`)));
  if (heads.length > 0) $("growth").replaceChildren(...growth(heads.toReversed()));
  asOf = time(health.timestamp);
}

// When the figures that are shown were true; undefined while there are none.
let asOf;

async function refresh() {
  try {
    await show();
    Object.assign($("state"), { textContent: `As of ${asOf}.`, className: "" });
  } catch (error) {
    const old = asOf === undefined ? "" : `These figures are old, as of ${asOf}: `;
    Object.assign($("state"), { textContent: old + error.message, className: "bad" });
  }
  // From its end, so that a slow one is not overtaken.
  setTimeout(refresh, 10_000);
}

refresh();
