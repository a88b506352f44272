// An instruction played again without a new page for each event: by the slider as it moves, and by keys.
const slider = document.getElementById("version");
const shown = document.querySelector("output[for=version]");
const ONWARDS = { ArrowLeft: -1, ArrowRight: 1 };
let wanted = null;

function urlOf(version) {
  const url = new URL(location.href);
  url.searchParams.set("version", version);
  return url.pathname + url.search;
}

function mark(version) {
  slider.value = version;
  shown.textContent = version;
}

async function show(version) {
  wanted = version;
  mark(version);
  await new Promise((resolve) => setTimeout(resolve, 120)); // the slider passes over many
  if (wanted !== version) return;
  const url = urlOf(version);
  const step = document.getElementById("step");
  let anew;
  try {
    anew = await stepAt(url);
  } catch {
    if (wanted !== version) return;
    wanted = null;
    return mark(step.dataset.version); // nobody answers: what is there stays
  }
  if (wanted !== version) return;
  wanted = null;
  if (!anew) return location.assign(url);
  await htmx.swap({ text: anew.outerHTML, sourceElement: step, target: step, swap: "outerMorph" });
  history.replaceState(history.state, "", url);
  mark(anew.dataset.version); // the one before, where an event is not for whoever looks
}

// Null where there is none to be had so: to sign in again takes a new page, and a refusal is one. Throws if nobody answers.
async function stepAt(url) {
  const answer = await fetch(url, { headers: { Accept: "text/html" }, redirect: "manual" });
  if (!answer.ok) return null;
  return new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("step");
}

slider.addEventListener("input", () => show(Number(slider.value)));

document.addEventListener("click", (event) => {
  const step = event.target.closest("[data-step]");
  if (!step || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  show(Number(step.dataset.version));
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  // What scrolls sideways, or is entered, has the arrows for itself.
  if (event.target.closest("input, textarea, select, dialog, [role=region]")) return;
  const step = document.querySelector(`[data-step="${CSS.escape(event.key)}"]`);
  if (wanted !== null && event.key in ONWARDS) {
    // What the links lead to is not there yet: on from where it is going.
    show(Math.min(Math.max(wanted + ONWARDS[event.key], slider.min), slider.max));
  } else if (step) {
    show(Number(step.dataset.version));
  } else {
    return;
  }
  event.preventDefault();
});
