// Selecting jobs in a list: one by one, a range with Shift, the page, or all that match.
//
// The list may be drawn anew at any time, so nothing here holds on to a row: ids are remembered, and
// every look goes through the document.

const form = document.getElementById("many");
const all = form.querySelector("[name=all]");
const count = document.getElementById("select-count");
const total = Number(form.dataset.total);
const number = new Intl.NumberFormat("en");
const chosen = new Set(); // ids
let last = null; // the id that a range begins at

const boxes = () => [...document.querySelectorAll("input.pick")];
const whole = () => document.getElementById("pick-page");
const jobs = (many) => `${number.format(many)} job${many === 1 ? "" : "s"}`;

/** Bring checkboxes, bar and words in line with what is chosen. */
export function show() {
  const here = boxes();
  for (const box of here) box.checked = all.checked || chosen.has(box.value);
  const ticked = here.filter((box) => box.checked).length;
  const page = whole();
  if (page) {
    page.checked = ticked > 0 && ticked === here.length;
    page.indeterminate = ticked > 0 && ticked < here.length;
  }
  const many = all.checked ? total : chosen.size;
  form.dataset.selected = many;
  form.classList.toggle("select-bar-open", many > 0);
  form.inert = many === 0;
  count.textContent = many === 0 ? "" : all.checked ? `All ${jobs(many)} that match` : `${jobs(many)} selected`;
  document.dispatchEvent(new CustomEvent("selected", { detail: many }));
}

function choose(box, on) {
  if (on) chosen.add(box.value);
  else chosen.delete(box.value);
}

function clear() {
  chosen.clear();
  all.checked = false;
  show();
}

document.addEventListener("click", (event) => {
  const box = event.target;
  if (box.id === "pick-page") {
    all.checked = false;
    for (const one of boxes()) choose(one, box.checked);
  } else if (box.matches?.("input.pick")) {
    if (all.checked) {
      // One less than all that match is no longer all: what is seen stays selected.
      all.checked = false;
      for (const one of boxes()) choose(one, true);
    }
    const here = boxes();
    const from = here.findIndex((one) => one.value === last);
    const to = here.indexOf(box);
    const range = event.shiftKey && from >= 0 ? here.slice(Math.min(from, to), Math.max(from, to) + 1) : [box];
    for (const one of range) choose(one, box.checked);
    last = box.value;
  } else return;
  show();
});
all.addEventListener("change", show);
document.getElementById("select-none").addEventListener("click", () => {
  clear();
  whole()?.focus();
});
document.addEventListener("keydown", ({ key, defaultPrevented }) => {
  const asking = document.querySelector("details.menu[open], dialog[open]");
  if (key === "Escape" && !defaultPrevented && !asking && Number(form.dataset.selected)) clear();
});
// Rows that left the list while they were chosen are sent all the same.
form.addEventListener("formdata", ({ formData }) => {
  formData.delete("job");
  if (!all.checked) for (const id of chosen) formData.append("job", id);
});

// What a browser kept ticked, as after a step back, is chosen.
for (const box of boxes()) if (box.checked) choose(box, true);
show();
