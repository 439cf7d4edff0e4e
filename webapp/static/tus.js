// One file on its way to the server by the tus protocol, version 1.0: in parts, each of which counts
// as soon as the server has stored it. What breaks goes on by itself from what is stored.

const VERSION = "1.0.0";
const BYTES = "application/offset+octet-stream";
const PART = 64 * 2 ** 20; // bytes of one request: a proxy may limit it, or hold it back until it is whole
const SMALL = 8 * 2 ** 20; // bytes of a file that comes along with its announcement
const PAUSES = [200, 1000, 2000, 4000, 8000, 15000]; // ms until the next attempt after one that failed
const SILENCE = 20000; // ms without a byte sent after which a connection counts as broken
const LAST_WORD = 120000; // ms for which the server may look at what it got

/** The server does not take the file; the message says why, and `files` which others take its room. */
export class Refused extends Error {
  constructor(words, files = []) {
    super(words);
    this.files = files;
  }
}

/** The transfer was stopped by `stop`. */
export class Stopped extends Error {}

class Broken extends Error {}
class Gone extends Error {}

const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

/** Return what an answer that is no success says. */
function refusal(request) {
  try {
    const { title, detail, files } = JSON.parse(request.responseText);
    return new Refused(detail || title, files);
  } catch {
    return new Refused(`The server answered ${request.status}.`);
  }
}

function judge(request) {
  const { status } = request;
  if (status >= 200 && status < 300) return;
  if (status === 404 || status === 410) throw new Gone();
  if (status === 401) throw new Refused("You are no longer signed in. Reload the page, sign in and choose the file again: it goes on from where it is.");
  if ([0, 408, 409, 423, 425, 429, 460].includes(status) || (status >= 500 && status !== 507)) throw new Broken();
  throw refusal(request);
}

export class Transfer {
  #active = null; // the request that is under way
  #stopped = false;
  #wake = () => {};

  /**
   * @param file what is sent.
   * @param endpoint where uploads are begun.
   * @param proof the page's proof against forgery.
   * @param about words for the server: a mapping of texts.
   * @param address of the upload, if it has been begun already.
   * @param hear called with what changes: `begun(address)`, `sent(bytes)`, `waits(milliseconds)`.
   */
  constructor({ file, endpoint, proof, about, address, hear }) {
    Object.assign(this, { file, endpoint, proof, about, address, hear });
  }

  /** Send the file; returns its id when all of it is on the server. Throws Refused or Stopped. */
  async run() {
    for (let failures = 0; ; failures += 1) {
      try {
        let offset = this.address ? await this.#ask() : await this.#begin();
        while (offset < this.file.size) {
          offset = await this.#send(offset);
          failures = 0;
        }
        return this.address.split("/").pop();
      } catch (error) {
        if (this.#stopped) throw new Stopped();
        if (error instanceof Gone) this.address = null;
        else if (!(error instanceof Broken)) throw error;
        await this.#pause(PAUSES[Math.min(failures, PAUSES.length - 1)]);
      }
    }
  }

  /** Send nothing more. */
  stop() {
    this.#stopped = true;
    this.#active?.abort();
    this.#wake();
  }

  async #begin() {
    const small = this.file.size <= SMALL;
    const told = Object.entries({ filename: this.file.name, ...this.about });
    const headers = {
      "Upload-Length": this.file.size,
      "Upload-Metadata": told.map(([word, text]) => `${word} ${base64(text)}`).join(","),
      ...(small && { "Content-Type": BYTES }),
    };
    const answer = await this.#request("POST", this.endpoint, headers, small ? this.file : null, 0);
    this.address = answer.getResponseHeader("Location");
    this.hear.begun(this.address);
    return this.#offset(answer);
  }

  async #ask() {
    return this.#offset(await this.#request("HEAD", this.address, {}, null, 0));
  }

  async #send(offset) {
    const headers = { "Content-Type": BYTES, "Upload-Offset": offset };
    const part = this.file.slice(offset, offset + PART);
    return this.#offset(await this.#request("PATCH", this.address, headers, part, offset));
  }

  #offset(answer) {
    const offset = Number(answer.getResponseHeader("Upload-Offset"));
    this.hear.sent(offset);
    return offset;
  }

  #request(method, address, headers, body, offset) {
    const request = (this.#active = new XMLHttpRequest());
    return new Promise((resolve, reject) => {
      let patience;
      const wait = (time) => {
        clearTimeout(patience);
        patience = setTimeout(() => request.abort(), time);
      };
      request.upload.addEventListener("progress", ({ loaded }) => {
        this.hear.sent(Math.min(offset + loaded, this.file.size));
        wait(SILENCE);
      });
      request.upload.addEventListener("load", () => wait(LAST_WORD));
      request.addEventListener("loadend", () => {
        clearTimeout(patience);
        try {
          judge(request);
          resolve(request);
        } catch (error) {
          reject(error);
        }
      });
      request.open(method, address);
      const always = { "Tus-Resumable": VERSION, "X-CSRFToken": this.proof, Accept: "application/json" };
      for (const [name, value] of Object.entries({ ...always, ...headers })) request.setRequestHeader(name, value);
      wait(body ? SILENCE : LAST_WORD);
      request.send(body);
    });
  }

  async #pause(time) {
    this.hear.waits(time);
    await new Promise((resolve) => {
      this.#wake = resolve;
      setTimeout(resolve, time);
      addEventListener("online", resolve, { once: true });
    });
    if (this.#stopped) throw new Stopped();
  }
}

/** Remove an upload from the server; a file that a job uses stays. */
export async function remove(address, proof) {
  const headers = { "Tus-Resumable": VERSION, "X-CSRFToken": proof };
  for (const pause of PAUSES) {
    const answer = await fetch(address, { method: "DELETE", headers }).catch(() => null);
    if (answer && answer.status !== 423) return;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

/** Return how much of an upload the server has, from 0 to 1, or null if it has none. */
export async function share(address) {
  const answer = await fetch(address, { method: "HEAD", headers: { "Tus-Resumable": VERSION } }).catch(() => null);
  if (!answer?.ok) return null;
  const length = Number(answer.headers.get("Upload-Length"));
  return length ? Number(answer.headers.get("Upload-Offset")) / length : 1;
}
