// Rows that are chosen of a list: how many, and kept when the list is drawn anew.
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

if (form) {
  document.addEventListener("change", (event) => event.target.form === form && note());
  document.addEventListener("htmx:after:swap", restore);
  note(); // what the browser kept of an earlier visit
}
