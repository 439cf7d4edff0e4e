// Keys: / searches, j and k go through a list, x selects, ? tells them all, Ctrl+Enter sends a form.
//
// No key is taken from the browser, from a field that somebody types in, or from an open dialog, and
// whoever wants none of it switches it off. The keys move the real focus, so that Enter opens what
// is focused by itself, and a screen reader says where one is.

const OFF = "postroom keys off";
const ROWS = "[data-row], tr[data-job]";
const TYPED = "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]";
const FIELD = "input:not([type=button], [type=submit], [type=reset]), textarea, select";
const dialog = document.getElementById("keys");
const on = () => !(OFF in localStorage);

const rows = () => [...document.querySelectorAll(ROWS)].filter((row) => row.checkVisibility());
const here = () => document.activeElement?.closest(ROWS);

/** Go on in the list, from the row that has the focus or from its end. */
function move(by) {
  const all = rows();
  const place = all.indexOf(here());
  const next = place < 0 ? (by > 0 ? 0 : all.length - 1) : place + by;
  const link = all[next]?.querySelector("a[href]");
  link?.focus();
  link?.scrollIntoView({ block: "nearest" });
  return Boolean(link);
}

function search() {
  const field = document.querySelector("main input[type=search]");
  if (!field) {
    location.assign(`${dialog.dataset.search}#search`);
    return true;
  }
  field.focus();
  field.select();
  return true;
}

function select() {
  const box = here()?.querySelector("input[type=checkbox]");
  box?.click();
  return Boolean(box);
}

function help() {
  dialog.showModal();
  return true;
}

function send(target) {
  const buttons = [...(target.form?.elements ?? [])].filter((one) => one.matches("button[type=submit], button:not([type])"));
  // Where a form has several verbs, as that of selected jobs, nobody has said which.
  const [first, another] = buttons.filter((one) => one.name === "verb");
  if (!buttons.length || (first && another)) return false;
  target.form.requestSubmit(buttons[0]);
  return true;
}

const KEYS = { "/": search, j: () => move(1), k: () => move(-1), x: select, "?": help };

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (!on() || event.defaultPrevented || event.isComposing || event.altKey || document.querySelector("dialog[open]")) return;
  let done = false;
  if (event.ctrlKey || event.metaKey) done = key === "Enter" && target.matches(FIELD) && send(target);
  else if (!target.matches(TYPED) && Object.hasOwn(KEYS, key)) done = KEYS[key]();
  if (done) event.preventDefault();
});

const choice = dialog.querySelector("input[type=checkbox]");
choice.checked = on();
choice.addEventListener("change", () => {
  if (choice.checked) delete localStorage[OFF];
  else localStorage[OFF] = "";
});
document.addEventListener("click", ({ target }) => target.closest("[data-keys]") && help());
// Who came by the key for searching from a page without a search.
if (location.hash === "#search") search();
