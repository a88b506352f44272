// Everything by keyboard. Keys without a modifier can be switched off (WCAG 2.1.4): the dialog under `?` has the switch.
const dialog = document.getElementById("shortcuts");
const switched = document.getElementById("shortcuts-on");
const KEPT = "remit.shortcuts";
let before = null;

const on = () => localStorage.getItem(KEPT) !== "off";
const rows = () => [...document.querySelectorAll("[data-row]")];

function go(step) {
  const all = rows();
  if (!all.length) return;
  const at = all.indexOf(document.activeElement);
  const next = all[Math.min(Math.max(at + step, 0), all.length - 1)] ?? all[0];
  next.focus();
}

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
  if (event.target.matches("input, textarea, select, [contenteditable]")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (event.key === "?") {
    dialog.showModal();
    event.preventDefault();
    return;
  }
  if (!on()) return;
  const chord = before === null ? event.key : `${before} ${event.key}`;
  before = null;
  const named = document.querySelector(`[data-key="${CSS.escape(chord)}"]`);
  if (named) {
    named.matches("a, button, summary") ? named.click() : named.focus();
    event.preventDefault();
  } else if (chord === "g") {
    before = "g";
  } else if (chord === "j" || chord === "k") {
    go(chord === "j" ? 1 : -1);
    event.preventDefault();
  }
}

document.addEventListener("keydown", pressed);
switched.checked = on();
switched.addEventListener("change", () => localStorage.setItem(KEPT, switched.checked ? "on" : "off"));
