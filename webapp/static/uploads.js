// The files of a form: sent as soon as they are chosen or dropped, while the rest is filled in.
//
// Each has a row with its progress, and in the end a tick that stands for the file in the form. Without
// this script the browser sends the files with the form.

import { duration } from "./page.js";
import { Memory } from "./remembered.js";
import { Refused, Stopped, Transfer, remove, share } from "./tus.js";

const AT_ONCE = 3; // files that are sent at a time
const RECENT = 5000; // ms from which the speed is told
const UNITS = ["kB", "MB", "GB", "TB"];
const percent = new Intl.NumberFormat(undefined, { style: "percent" });

const running = new Set(); // rows whose files are sent or wait for their turn
const waiting = []; // what begins the next ones

/** Write a number of bytes as the server does. */
export function size(bytes) {
  if (bytes < 1000) return `${Math.round(bytes)} bytes`;
  const power = Math.min(Math.floor(Math.log10(bytes) / 3), UNITS.length);
  return `${(bytes / 1000 ** power).toFixed(1)} ${UNITS[power - 1]}`;
}

const formOf = (input) => input.closest("form[data-uploads]");
const answerOf = (input) => input.closest(".answer");
const draw = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);

function say(form, words) {
  form.querySelector(".news").textContent = words;
}

function listOf(input) {
  const found = answerOf(input).querySelector(".kept");
  if (found) return found;
  const made = document.createElement("ul");
  made.className = "kept";
  made.setAttribute("aria-label", "Chosen so far");
  input.before(made);
  return made;
}

/** One file's row while it is sent, and what became of it. */
class Row {
  #samples = [];

  constructor(input, memory) {
    const { name, bytes } = memory;
    this.input = input;
    this.memory = memory;
    this.form = formOf(input);
    this.proof = this.form.elements.csrf_token.value;
    this.name = name;
    this.bytes = bytes;
    this.element = draw("sending-file");
    this.element.row = this;
    this.element.querySelector(".sending-name").textContent = name;
    this.bar = this.element.querySelector("progress");
    this.bar.setAttribute("aria-label", `Sending ${name}`);
    const button = this.element.querySelector("button");
    button.querySelector(".visually-hidden").textContent = `Remove ${name}`;
    button.addEventListener("click", () => this.removed());
    listOf(input).append(this.element);
  }

  words(text, wrong = false) {
    const words = this.element.querySelector(".sending-words");
    words.textContent = text;
    this.element.classList.toggle("wrong", wrong);
    if (wrong) this.bar.remove();
  }

  sent(bytes) {
    const now = performance.now();
    this.bar.value = bytes / this.bytes;
    this.#samples = [...this.#samples.filter(([at, then]) => now - at < RECENT && then <= bytes), [now, bytes]];
    const [[at, then]] = this.#samples;
    const speed = (1000 * (bytes - then)) / (now - at);
    const far = `${percent.format(Math.floor((100 * bytes) / this.bytes) / 100)} of ${size(this.bytes)}`;
    if (bytes === this.bytes) this.words(`${far}, being looked at`);
    else if (now - at < 500) this.words(far);
    else if (speed) this.words(`${far} · ${size(speed)}/s · ${duration((this.bytes - bytes) / speed)} left`);
  }

  async send(file) {
    const { memory } = this;
    if (memory.address) memory.keep(memory.address); // From now on it is this tab's.
    this.transfer = new Transfer({
      file,
      endpoint: this.form.dataset.uploads,
      proof: this.proof,
      about: { kind: this.form.dataset.kind, field: this.input.name },
      address: memory.address,
      hear: {
        begun: (address) => memory.keep(address),
        sent: (bytes) => this.sent(bytes),
        waits: (time) => this.broke(time),
      },
    });
    try {
      this.arrived(await this.transfer.run());
    } catch (error) {
      if (error instanceof Stopped) return;
      if (!(error instanceof Refused)) throw error;
      memory.forget();
      this.refused(error.message, error.files);
    }
  }

  broke(time) {
    this.#samples = [];
    this.words(`${percent.format(this.bar.value)} · the connection broke; it goes on by itself`);
    if (time > 1000) say(this.form, `The connection broke. ${this.name} goes on by itself.`);
  }

  /** Put the tick in the place of the progress: from here on, the form carries the file. */
  arrived(id) {
    const kept = draw("kept-file");
    const [box, label] = kept.children;
    box.name = this.input.name;
    box.value = id;
    box.id = `kept-${id}`;
    label.htmlFor = box.id;
    label.firstChild.textContent = `${this.name} `;
    label.lastElementChild.textContent = `${size(this.bytes)}, here`;
    const focused = this.element.contains(document.activeElement);
    this.element.replaceWith(kept);
    if (focused) box.focus();
    say(this.form, `${this.name} is here.`);
  }

  refused(words, files = []) {
    this.words(words, true);
    for (const { name, size: bytes, url } of files.filter((file) => file.url)) {
      const link = Object.assign(document.createElement("a"), { href: url, target: "_blank", textContent: name });
      this.element.querySelector(".sending-words").append(document.createElement("br"), link, ` ${size(bytes)}`);
    }
    say(this.form, `${this.name} was not taken: ${words}`);
  }

  removed() {
    this.transfer?.stop();
    if (this.memory.address) remove(this.memory.address, this.proof);
    this.memory.forget();
    this.element.remove();
    this.input.focus();
    say(this.form, `${this.name} is removed.`);
  }
}

/** Send the next files, a few at a time. */
function proceed() {
  while (running.size < AT_ONCE && waiting.length) {
    const { row, file } = waiting.shift();
    if (!row.element.isConnected) continue;
    running.add(row);
    row.send(file).finally(() => {
      running.delete(row);
      proceed();
      document.dispatchEvent(new Event("files-moved"));
    });
  }
}

const rowsIn = (place) => [...place.querySelectorAll(".sending-file")].map(({ row }) => row);
const moves = (row) => running.has(row) || waiting.some((one) => one.row === row);

/** Take files for a field: that of a field for one file replaces what was there. */
function take(input, files) {
  const form = formOf(input);
  const chosen = (input.multiple ? files : files.slice(-1)).map((file) => ({ file, memory: Memory.of(form.dataset.kind, input.name, file) }));
  if (!input.multiple && chosen.length) makeRoom(input, chosen[0].memory.key);
  for (const { file, memory } of chosen) {
    const same = rowsIn(listOf(input)).find((row) => row.memory.key === memory.key);
    if (same && moves(same)) continue;
    same?.element.remove(); // It was remembered, or refused: now it is tried again.
    const row = new Row(input, memory);
    if (file.size > Number(input.dataset.limit)) {
      row.refused(`It is too large: up to ${size(Number(input.dataset.limit))} can be sent.`);
      continue;
    }
    row.words("waits for its turn");
    waiting.push({ row, file });
  }
  if (chosen.length) say(form, chosen.length === 1 ? `Sending ${chosen[0].file.name}.` : `Sending ${chosen.length} files.`);
  proceed();
}

function makeRoom(input, key) {
  for (const row of rowsIn(answerOf(input))) if (row.memory.key !== key) row.removed();
  for (const box of listOf(input).querySelectorAll("input[type=checkbox]")) box.checked = false;
}

/** Wait until every file of the form is here; returns the rows of those that will not come. */
export async function allHere(form) {
  while (rowsIn(form).some(moves)) {
    await new Promise((resolve) => document.addEventListener("files-moved", resolve, { once: true }));
  }
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
