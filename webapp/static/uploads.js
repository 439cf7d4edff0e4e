// The files of a form: sent as soon as they are chosen or dropped, while the rest is filled in, and
// a few at a time. Without this script the browser sends the files with the form.

import { Memory } from "./remembered.js";
import { Row, answerOf, draw, formOf, listOf, percent, say, size } from "./sending.js";
import { share } from "./tus.js";

const AT_ONCE = 3; // files that are sent at a time

const running = new Set(); // rows whose files are being sent
const waiting = []; // files that wait for their turn, with their fields

const rowsIn = (place) => [...place.querySelectorAll(".sending-file")].map(({ row }) => row);

/** Send the next files, a few at a time. */
function proceed() {
  while (running.size < AT_ONCE && waiting.length) {
    const { input, file, memory } = waiting.shift();
    if (!input.isConnected) continue;
    const row = new Row(input, memory);
    running.add(row);
    tellWaiting(input);
    row.send(file).finally(() => {
      running.delete(row);
      proceed();
      document.dispatchEvent(new Event("files-moved"));
    });
  }
}

/** Let go of files that wait for their turn. */
function drop(input, unwanted) {
  const kept = waiting.filter((one) => one.input !== input || !unwanted(one));
  waiting.splice(0, waiting.length, ...kept);
  tellWaiting(input);
}

/** Say in a row of its own how many files of a field wait; thousands of rows would stop the page. */
function tellWaiting(input) {
  const list = listOf(input);
  const count = waiting.filter((one) => one.input === input).length;
  let row = list.querySelector(".waiting-files");
  if (!row && count) {
    row = draw("sending-file");
    row.className = "waiting-files";
    row.querySelector(".visually-hidden").textContent = "Remove those that wait";
    row.querySelector("progress").remove();
    row.querySelector("button").addEventListener("click", () => drop(input, () => true));
  }
  if (!count) return row?.remove();
  row.querySelector(".sending-name").textContent = `${count.toLocaleString()} more ${count === 1 ? "waits" : "wait"} for a turn`;
  if (list.lastElementChild !== row) list.append(row);
}

/** Take files for a field: that of a field for one file replaces what was there. */
function take(input, files) {
  const form = formOf(input);
  const chosen = (input.multiple ? files : files.slice(-1)).map((file) => ({ input, file, memory: Memory.of(form.dataset.kind, input.name, file) }));
  if (!input.multiple && chosen.length) makeRoom(input, chosen[0].memory.key);
  const there = new Map(rowsIn(listOf(input)).map((row) => [row.memory.key, row]));
  const queued = new Set(waiting.map(({ memory }) => memory.key));
  for (const one of chosen) {
    const { file, memory } = one;
    const same = there.get(memory.key);
    if (queued.has(memory.key) || running.has(same)) continue;
    same?.element.remove(); // It was remembered, or refused: now it is tried again.
    if (file.size > Number(input.dataset.limit)) {
      new Row(input, memory).refused(`It is too large: up to ${size(Number(input.dataset.limit))} can be sent.`);
    } else waiting.push(one);
  }
  tellWaiting(input);
  if (chosen.length) say(form, chosen.length === 1 ? `Sending ${chosen[0].file.name}.` : `Sending ${chosen.length} files.`);
  proceed();
}

function makeRoom(input, key) {
  drop(input, ({ memory }) => memory.key !== key);
  for (const row of rowsIn(answerOf(input))) if (row.memory.key !== key) row.removed();
  for (const box of listOf(input).querySelectorAll("input[type=checkbox]")) box.checked = false;
}

/** Wait until every file of the form is here; returns the rows of those that will not come. */
export async function allHere(form) {
  const moves = () => waiting.some(({ input }) => input.form === form) || [...running].some((row) => row.form === form);
  while (moves()) await new Promise((resolve) => document.addEventListener("files-moved", resolve, { once: true }));
  return rowsIn(form);
}

/** Forget what this tab has sent for a form, for it has been submitted. */
export const submitted = (form) => Memory.forgetAll(form.dataset.kind);

/** Show again what this tab was sending before it was loaded anew. */
async function recall(form) {
  for (const memory of Memory.all(form.dataset.kind)) {
    const input = form.querySelector(`input[type=file][name="${CSS.escape(memory.field)}"]`);
    const id = memory.address.split("/").pop();
    if (!input || document.getElementById(`kept-${id}`)) continue;
    // A preset, or the job that is run again, has said already which file is meant.
    if (!input.multiple && answerOf(input).querySelector(".kept input:checked")) continue;
    const there = await share(memory.address);
    if (there === null) {
      memory.forget();
      continue;
    }
    const row = new Row(input, memory);
    row.bar.value = there;
    if (there === 1) row.arrived(id);
    else row.words(`${percent.format(there)} of ${size(memory.bytes)} are here. Choose the file again to go on.`);
  }
}

const fileInput = ({ target }) => target.closest?.(".answer")?.querySelector("form[data-uploads] input[type=file]");

document.addEventListener("change", ({ target }) => {
  if (!target.matches("form[data-uploads] input[type=file]")) return;
  const files = [...target.files];
  target.value = ""; // What is sent by itself is not sent with the form again.
  take(target, files);
});
for (const kind of ["dragenter", "dragover"]) {
  document.addEventListener(kind, (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault(); // A file that misses its field must not take the form's place.
    const input = fileInput(event);
    event.dataTransfer.dropEffect = input ? "copy" : "none";
    for (const place of document.querySelectorAll(".answer.dropping")) place.classList.remove("dropping");
    input && answerOf(input).classList.add("dropping");
  });
}
for (const kind of ["dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    const input = fileInput(event);
    for (const place of document.querySelectorAll(".answer.dropping")) place.classList.remove("dropping");
    if (kind === "drop" && event.dataTransfer.types.includes("Files")) {
      event.preventDefault();
      if (input) take(input, [...event.dataTransfer.files]);
    }
  });
}
for (const form of document.querySelectorAll("form[data-uploads]")) recall(form);
