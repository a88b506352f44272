// Rows that are chosen of a list: how many, by the key x as well, and kept when the list is drawn anew.
const form = document.querySelector("form[data-choosing]");
const chosen = new Set();

const boxes = () => [...document.querySelectorAll(`input[type=checkbox][form="${form.id}"]`)];

function tell() {
  const told = form.querySelector("output");
  told.textContent = chosen.size ? told.dataset.said.replace("{}", boxes().filter((box) => box.checked).length) : "";
}

function note() {
  for (const box of boxes()) box.checked ? chosen.add(box.value) : chosen.delete(box.value);
  tell();
}

function restore() {
  for (const box of boxes()) box.checked = chosen.has(box.value);
  tell();
}

function pressed(event) {
  const key = /[a-z]/i.test(event.key) ? event.key : event.code; // a Russian layout types no x
  if ((key !== "x" && key !== "KeyX") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (!event.target.matches("[data-row]") || localStorage.getItem("remit.shortcuts") === "off") return;
  const box = event.target.closest("tr")?.querySelector(`input[form="${form.id}"]`);
  box?.click();
}

if (form) {
  document.addEventListener("change", (event) => event.target.form === form && note());
  document.addEventListener("keydown", pressed);
  document.addEventListener("htmx:after:swap", restore);
  note(); // what the browser kept of an earlier visit
}
