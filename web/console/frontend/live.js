// What happens, as it happens. One tab of a browser holds the stream and tells the others, since a browser opens only six
// connections to a server. The place is an id of a message: whoever takes over, or comes back, goes on from there.
const body = document.body;
const feed = body.dataset.feed;
const channel = new BroadcastChannel("remit.feed");
const waiting = new Map(); // by the id of a region: what it has yet to show
const SOON = 400;
const SELDOM = 5_000;
const IN_TROUBLE = 10_000;
const QUIET = 10_000;
const TOO_LONG = 30_000;
const REFUSED = [401, 403, 404, 405, 422]; // signed out, or not theirs any more; or the page only answered a form
let pause = SOON;
let drawn = -QUIET;
let place = body.dataset.place;
let timer = null;
let refused = false; // this page, to whoever looks: asked again it would be refused, and noted, again

function positionOf(id) {
  return Number(id.split("-").pop());
}

function concerns(region, instruction) {
  const named = region.dataset.live;
  return named === "*" || instruction === null || named.split(" ").includes(instruction);
}

function mark(instruction, number, position) {
  if (refused) return;
  for (const region of document.querySelectorAll("[data-live]")) {
    if (concerns(region, instruction)) waiting.set(region.id, { position: position ?? 0, number });
  }
  if (timer === null && performance.now() - drawn > QUIET) pause = SOON;
  later();
}

function later() {
  if (waiting.size && timer === null) timer = setTimeout(refresh, pause);
}

// Nobody's typing is taken away: a region that is typed in waits. Boxes that are ticked are kept by their ids.
function typedIn(id) {
  const focused = document.activeElement;
  const typed = focused?.matches("input:not([type=checkbox], [type=radio]), textarea, select");
  return typed && document.getElementById(id)?.contains(focused);
}

// One page for all that waits. What cannot be had is asked for again; while much happens, and in trouble, less often.
async function refresh() {
  const due = new Map([...waiting].filter(([id]) => !typedIn(id)));
  for (const id of due.keys()) waiting.delete(id);
  if (due.size) {
    try {
      const page = await fetched(Math.max(...[...due.values()].map((one) => one.position)));
      const numbers = new Set();
      for (const [id, { number }] of [...due]) {
        if (typedIn(id)) continue; // since the page was asked for
        if (page) await draw(id, page);
        due.delete(id);
        if (page && number) numbers.add(number);
      }
      announce([...numbers]);
      pause = Math.min(pause * 2, SELDOM);
      drawn = performance.now();
    } catch {
      pause = Math.min(pause * 2, IN_TROUBLE);
    }
    for (const [id, what] of refused ? [] : due) if (!waiting.has(id)) waiting.set(id, what);
  }
  timer = null;
  later();
}

// This page as it stands at that position or later; null if it is refused. Throws if it is not to be had now.
async function fetched(position) {
  const url = new URL(location.href);
  if (position > Number(url.searchParams.get("at_least"))) url.searchParams.set("at_least", position);
  const answer = await fetch(url, { headers: { "Remit-Redraw": "true" }, signal: AbortSignal.timeout(TOO_LONG) });
  if (answer.status === 401) signedOut();
  refused = REFUSED.includes(answer.status);
  if (refused) {
    waiting.clear();
    return null;
  }
  if (!answer.ok) throw new Error(`answered ${answer.status}`);
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

async function draw(id, page) {
  const region = document.getElementById(id);
  const anew = page.getElementById(id);
  if (!region || !anew) return;
  keepOpen(region, anew);
  await htmx.swap({ text: anew.outerHTML, sourceElement: region, target: region, swap: "outerMorph" });
}

// What somebody has opened, or closed, stays so.
function keepOpen(region, anew) {
  const before = openable(region);
  for (const [name, details] of openable(anew)) details.open = before.get(name)?.open ?? details.open;
}

// By their ids; those without one by their place within what has one.
function openable(region) {
  const found = new Map();
  for (const details of region.querySelectorAll("details")) {
    const within = details.closest("[id]").id;
    let nth = 0;
    while (found.has(`${within} ${nth}`)) nth += 1;
    found.set(`${within} ${nth}`, details);
  }
  return found;
}

function announce(numbers) {
  const announcer = document.getElementById("announcer");
  if (announcer && numbers.length) announcer.textContent = announcer.dataset.said.replace("{}", numbers.join(", "));
}

function signedOut() {
  document.getElementById("signed-out")?.removeAttribute("hidden");
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
    signedOut();
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
