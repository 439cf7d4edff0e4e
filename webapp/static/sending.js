// A file in a form while it is sent: a row with its progress, and in the end a tick that stands for it.

import { duration } from "./page.js";
import { Refused, Stopped, Transfer, remove } from "./tus.js";

const MOST_SHOWN = 50; // files that are here
const RECENT = 5000; // ms from which the speed is told
const UNITS = ["kB", "MB", "GB", "TB"];
export const percent = new Intl.NumberFormat(undefined, { style: "percent" });

/** Write a number of bytes as the server does. */
export function size(bytes) {
  if (bytes < 1000) return `${Math.round(bytes)} bytes`;
  const power = Math.min(Math.floor(Math.log10(bytes) / 3), UNITS.length);
  return `${(bytes / 1000 ** power).toFixed(1)} ${UNITS[power - 1]}`;
}

export const formOf = (input) => input.closest("form[data-uploads]");
export const answerOf = (input) => input.closest(".answer");
export const draw = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);

/** Tell somebody who does not see the page. */
export function say(form, words) {
  form.querySelector(".news").textContent = words;
}

/** Return the list of a field's files. */
export function listOf(input) {
  const found = answerOf(input).querySelector(".kept");
  if (found) return found;
  const made = document.createElement("ul");
  made.className = "kept";
  made.setAttribute("aria-label", "Chosen so far");
  input.before(made);
  return made;
}

/** Put a file that is here into the list: the first ones are shown, the others on demand. */
function keep(list, kept) {
  const shown = list.querySelectorAll(":scope > .form-check");
  if (shown.length < MOST_SHOWN) return shown.length ? [...shown].at(-1).after(kept) : list.prepend(kept);
  const others = list.querySelector(".others") ?? fold(list, [...shown].at(-1));
  others.append(kept);
  list.querySelector("summary").textContent = `and ${others.childElementCount.toLocaleString()} more`;
}

function fold(list, last) {
  const row = document.createElement("li");
  row.innerHTML = '<details><summary></summary><ul class="others"></ul></details>';
  last.after(row);
  return list.querySelector(".others");
}

/** One file's row while it is sent, and what became of it. */
export class Row {
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
    this.bar.value = this.bytes ? bytes / this.bytes : 1;
    this.#samples = [...this.#samples.filter(([at, then]) => now - at < RECENT && then <= bytes), [now, bytes]];
    const [[at, then]] = this.#samples;
    const speed = (1000 * (bytes - then)) / (now - at);
    const far = `${percent.format(Math.floor(100 * this.bar.value) / 100)} of ${size(this.bytes)}`;
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
    box.dataset.size = this.bytes;
    box.id = `kept-${id}`;
    label.htmlFor = box.id;
    label.firstChild.textContent = `${this.name} `;
    label.lastElementChild.textContent = `${size(this.bytes)}, here`;
    const focused = this.element.contains(document.activeElement);
    this.element.remove();
    keep(listOf(this.input), kept);
    if (focused) box.focus();
    say(this.form, `${this.name} is here.`);
  }

  refused(words, files = []) {
    this.words(words, true);
    for (const { name, size: bytes, url, unfinished } of files.filter((file) => file.url || file.unfinished)) {
      const link = url ? Object.assign(document.createElement("a"), { href: url, target: "_blank", textContent: name }) : name;
      const note = unfinished ? ", not all of it here: remove it where it is being sent" : "";
      this.element.querySelector(".sending-words").append(document.createElement("br"), link, ` ${size(bytes)}${note}`);
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
