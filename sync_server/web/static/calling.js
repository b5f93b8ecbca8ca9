// Calling by keyboard: N, R, S and X press the button that shows the key. Typing in a field is left alone.
"use strict";
document.addEventListener("keydown", (event) => {
  if (event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.target.closest("input, select, textarea")) return;
  const key = event.key.toUpperCase();
  const form = [...document.querySelectorAll("form[data-key]")].find((found) => found.dataset.key === key);
  if (form) {
    event.preventDefault();
    form.requestSubmit();
  }
});
