// Selecting jobs in a list: one by one, a range with Shift, the page, or all that match.
//
// The list may be drawn anew at any time, so nothing here holds on to a row: ids are remembered, and
// every look goes through the document.

const form = document.getElementById("many");
const list = document.getElementById("list");
const all = form.querySelector("[name=all]");
const count = document.getElementById("select-count");
const number = new Intl.NumberFormat("en");
const chosen = new Set(); // ids
let last = null; // the id that a range begins at

const boxes = () => [...list.querySelectorAll("input.pick")];
const jobs = (many) => `${number.format(many)} job${many === 1 ? "" : "s"}`;

/** Bring checkboxes, bar and words in line with what is chosen. */
function show() {
  const here = boxes();
  for (const box of here) box.checked = all.checked || chosen.has(box.value);
  const ticked = here.filter((box) => box.checked).length;
  const page = document.getElementById("pick-page");
  if (page) {
    page.hidden = false;
    page.checked = ticked > 0 && ticked === here.length;
    page.indeterminate = ticked > 0 && ticked < here.length;
  }
  const any = all.checked || chosen.size > 0;
  form.classList.toggle("select-bar-open", any);
  form.querySelector(".select-verbs").inert = !any;
  form.querySelector(".select-all").inert = !any;
  let words = any ? `${jobs(chosen.size)} selected` : "";
  if (all.checked) words = `A${form.dataset.all.slice(1)} selected`;
  if (count.textContent !== words) count.textContent = words;
  if (any) tellExactly();
  document.dispatchEvent(new CustomEvent("selected", { detail: any }));
}

/** Say exactly how many match, once somebody selects: a long list counts no further than it must. */
async function tellExactly() {
  const { number: address } = form.dataset;
  if (!address) return;
  delete form.dataset.number;
  const answer = await fetch(address).catch(() => null);
  if (!answer?.ok) return; // What is said is true all the same, and the question says it exactly.
  const { number: many } = await answer.json();
  form.dataset.all = `all ${number.format(many)}`;
  form.querySelector(".select-all span").textContent = `Select ${form.dataset.all} that match`;
  show();
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

/** Choose a box, or with Shift all from the last one to it, as it is ticked now. */
function chooseTo(box, shift) {
  const here = boxes();
  if (all.checked) {
    // One less than all that match is no longer all: what is seen stays selected.
    all.checked = false;
    for (const one of here) choose(one, true);
  }
  const [from, to] = [here.findIndex((one) => one.value === last), here.indexOf(box)];
  const range = shift && from >= 0 ? here.slice(Math.min(from, to), Math.max(from, to) + 1) : [box];
  for (const one of range) choose(one, box.checked);
  last = box.value;
}

list.addEventListener("click", ({ target, shiftKey }) => {
  if (target.id === "pick-page") {
    all.checked = false;
    for (const one of boxes()) choose(one, target.checked);
  } else if (target.matches("input.pick")) chooseTo(target, shiftKey);
  else return;
  show();
});
// Shift would mark the text between two clicks.
list.addEventListener("mousedown", (event) => {
  if (event.shiftKey && event.target.matches("input.pick")) event.preventDefault();
});
all.addEventListener("change", show);
document.getElementById("select-none").addEventListener("click", () => {
  clear();
  document.getElementById("pick-page")?.focus();
});
document.addEventListener("keydown", (event) => {
  const open = document.querySelector("details.menu[open], dialog[open]");
  if (event.key === "Escape" && !event.defaultPrevented && !open && event.target.type !== "search") clear();
});
// What left the page while it was chosen is sent all the same.
form.addEventListener("formdata", ({ formData }) => {
  formData.delete("job");
  if (!all.checked) for (const id of chosen) formData.append("job", id);
});
new MutationObserver(show).observe(list, { childList: true });

// What a browser kept ticked, as after a step back, is chosen.
for (const box of boxes()) if (box.checked) choose(box, true);
window.addEventListener("pageshow", show);
show();
