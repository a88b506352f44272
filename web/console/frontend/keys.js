// Everything by keyboard. Keys without a modifier can be switched off (WCAG 2.1.4): the dialog under `?` has the switch.
const dialog = document.getElementById("shortcuts");
const switched = document.getElementById("shortcuts-on");
const KEPT = "remit.shortcuts";
let before = null;

const on = () => localStorage.getItem(KEPT) !== "off";
const rows = () => [...document.querySelectorAll("[data-row]")];

// What the key says, or where it types no Latin letter, as with a Russian layout, what stands on it there.
function keyOf(event) {
  if (event.key.length > 1 || /[a-z/?]/i.test(event.key)) return event.key;
  const [, letter] = /^Key([A-Z])$/.exec(event.code) ?? [];
  if (letter) return letter.toLowerCase();
  // The key of `/` and `?` types these two on no other layout.
  if (event.code === "Slash" && (event.key === "." || event.key === ",")) return event.shiftKey ? "?" : "/";
  return event.key;
}

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
  const key = keyOf(event);
  if (key === "?") {
    dialog.showModal();
    event.preventDefault();
    return;
  }
  if (!on()) return;
  const chord = before === null ? key : `${before} ${key}`;
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
  } else if (chord === "x") {
    document.activeElement.closest("[data-row]")?.closest("tr")?.querySelector("input[type=checkbox]")?.click();
  }
}

document.addEventListener("keydown", pressed);
switched.checked = on();
switched.addEventListener("change", () => localStorage.setItem(KEPT, switched.checked ? "on" : "off"));
