// Which file this browser is sending to which address, so that it goes on after a reload, or when the
// same file is chosen again, until the server has forgotten it.

const PREFIX = "postroom upload ";
const DAY = 86400000; // ms
const tab = (sessionStorage.postroomTab ??= crypto.randomUUID?.() ?? `${Math.random()}`);

export class Memory {
  constructor(key, kept) {
    Object.assign(this, { key, ...kept });
  }

  /** Return what is remembered of a file for a field of a kind's form; `address` may be missing. */
  static of(kind, field, { name, size, lastModified }) {
    const key = PREFIX + JSON.stringify([kind, field, name, size, lastModified]);
    return new Memory(key, { kind, field, name, bytes: size, address: read(key)?.address });
  }

  /** Return what this tab remembers for a kind's form. */
  static all(kind) {
    const found = Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
    const kept = found.map((key) => [key, read(key)]).filter(([, one]) => one?.tab === tab && one.kind === kind);
    return kept.map(([key, one]) => new Memory(key, one));
  }

  static forgetAll(kind) {
    for (const memory of Memory.all(kind)) memory.forget();
  }

  keep(address) {
    this.address = address;
    const { kind, field, name, bytes } = this;
    localStorage[this.key] = JSON.stringify({ kind, field, name, bytes, address, tab, at: Date.now() });
  }

  forget() {
    delete localStorage[this.key];
  }
}

function read(key) {
  const kept = key in localStorage ? JSON.parse(localStorage[key]) : null;
  if (kept && Date.now() - kept.at > DAY) delete localStorage[key];
  return kept;
}
