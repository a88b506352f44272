// The colours that a reader chose last, before anything is drawn: Furo has this in the page, where no script may stand.
document.body.dataset.theme = localStorage.getItem("theme") || "auto";
