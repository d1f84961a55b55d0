"use strict";
// Search among the claims of a page. The choice is kept in the address, so that it can be shared.
(() => {
  const form = document.querySelector("form.filter");
  if (!form) return;
  const rows = [...document.querySelectorAll("[data-claim]")];
  const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
  const groups = [...document.querySelectorAll("[data-group]")];
  const status = form.querySelector("output");

  function chosen() {
    return [...new FormData(form)].filter(([, value]) => value.trim());
  }

  function fits(row, choice) {
    return choice.every(([name, value]) =>
      name === "q"
        ? value.toLowerCase().split(/\s+/).every((word) => texts.get(row).includes(word))
        : row.dataset[name] === value,
    );
  }

  function show() {
    const choice = chosen();
    for (const row of rows) row.hidden = !fits(row, choice);
    for (const group of groups) {
      group.hidden = choice.length > 0 && !group.querySelector("[data-claim]:not([hidden])");
    }
    const shown = rows.filter((row) => !row.hidden).length;
    status.value = shown ? `${shown} of ${rows.length} claims` : "No claim matches.";
  }

  function remember() {
    const query = new URLSearchParams(chosen()).toString();
    history.replaceState(null, "", (query ? `?${query}` : location.pathname) + location.hash);
  }

  // A link to something that the choice hides shows everything.
  function reveal() {
    const target = document.getElementById(location.hash.slice(1));
    if (!target || !target.closest("[hidden]")) return;
    form.reset();
    target.scrollIntoView();
  }

  for (const [name, value] of new URLSearchParams(location.search)) {
    const field = form.elements.namedItem(name);
    if (field) field.value = value;
  }
  form.addEventListener("input", () => (show(), remember()));
  // The fields are empty only after the event.
  form.addEventListener("reset", () => setTimeout(() => (show(), remember())));
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", reveal);
  form.hidden = false;
  show();
  reveal();
})();
