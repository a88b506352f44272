// What happens, as it happens. One tab of a browser holds the stream and tells the others, since a browser opens only six
// connections to a server. The place is an id of a message: whoever takes over, or comes back, goes on from there.
const body = document.body;
const feed = body.dataset.feed;
const channel = new BroadcastChannel("remit.feed");
const waiting = new Map();
let place = body.dataset.place;
let timer = null;

function positionOf(id) {
  return Number(id.split("-").pop());
}

function concerns(region, instruction) {
  const named = region.dataset.live;
  return named === "*" || instruction === null || named.split(" ").includes(instruction);
}

function mark(instruction, number, position) {
  for (const region of document.querySelectorAll("[data-live]")) {
    if (concerns(region, instruction)) waiting.set(region.id, { position, number });
  }
  if (waiting.size && timer === null) timer = setTimeout(refresh, 400);
}

async function refresh() {
  const regions = [...waiting];
  waiting.clear();
  for (const [id, { position, number }] of regions) {
    const region = document.getElementById(id);
    if (!region) continue;
    if (region.contains(document.activeElement) && document.activeElement.matches("input, textarea, select")) {
      waiting.set(id, { position, number }); // nobody's typing is taken away
      continue;
    }
    const url = new URL(location.href);
    if (position) url.searchParams.set("at_least", position);
    try {
      await htmx.ajax("GET", url.pathname + url.search, {
        target: region,
        select: `#${id}`,
        swap: "outerMorph",
      });
      announce(number);
    } catch {
      waiting.set(id, { position, number });
    }
  }
  timer = waiting.size ? setTimeout(refresh, 2000) : null;
}

function announce(number) {
  const announcer = document.getElementById("announcer");
  if (announcer && number) announcer.textContent = announcer.dataset.said.replace("{}", number);
}

function told(message) {
  if (message.id && positionOf(message.id) <= positionOf(place) && message.kind === "recorded") return;
  if (message.id) place = message.id;
  if (message.kind === "recorded") {
    const { instruction, number, position } = JSON.parse(message.data);
    mark(instruction, number, position);
  } else if (message.kind === "reset") {
    mark(null, null, null);
  } else if (message.kind === "signed-out") {
    document.getElementById("signed-out")?.removeAttribute("hidden");
  }
  body.dataset.place = place;
}

function open() {
  const source = new EventSource(`${feed}?after=${encodeURIComponent(place)}`);
  const pass = (kind) => (event) => {
    const message = { kind, id: event.lastEventId, data: event.data };
    told(message);
    channel.postMessage(message);
  };
  source.addEventListener("open", () => body.setAttribute("data-following", ""));
  source.addEventListener("recorded", pass("recorded"));
  source.addEventListener("reset", pass("reset"));
  source.addEventListener("ended", (event) => {
    source.close();
    if (JSON.parse(event.data).why === "signed-out") {
      pass("signed-out")(event);
    } else {
      open();
    }
  });
  source.addEventListener("error", () => {
    body.removeAttribute("data-following");
    // The browser comes back by itself, unless it was refused.
    if (source.readyState === EventSource.CLOSED) setTimeout(open, 3000);
  });
}

if (feed && place) {
  channel.addEventListener("message", (event) => told(event.data));
  navigator.locks.request("remit.feed", () => {
    open();
    return new Promise(() => {});
  });
}
