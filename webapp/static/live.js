// Keeps an open job page true until the job is settled.
//
// While the page is seen it listens to a stream of changes. Hidden, or where no stream comes through
// (a proxy that buffers, too many streams), it asks now and then: a browser allows six connections to
// one server, and six tabs that listen would leave none. Both ways carry the same updates.

import { duration, localTimes } from "./page.js";

const FIRST_EVENT = 3000; // ms; a stream that is silent for longer at its start is being buffered
const POLL = { seen: 1000, hidden: 5000, away: 3000 }; // ms between two questions
const MOST_LINES = 5000; // of the log on the page; older ones leave it

const job = document.getElementById("job");
const log = document.getElementById("log");
const trouble = document.getElementById("trouble");
const favicon = document.getElementById("favicon");
const clockSkew = new Date(job.dataset.now) - Date.now();

let { cursor, revision } = job.dataset;
let settled = false;
let streams = true; // false once a stream has failed to come through
let stop = () => {}; // ends the current way of hearing of changes

function apply(update) {
  if (settled || update.after !== cursor) return; // An answer that came too late: seen already.
  ({ cursor, revision, settled } = update);
  for (const [name, { mark, html }] of Object.entries(update.fragments)) {
    const part = document.getElementById(`part-${name}`);
    if (part.dataset.mark === mark) continue;
    part.dataset.mark = mark;
    part.innerHTML = html;
    localTimes(part);
  }
  append(update.log);
  document.title = `${update.title} · Postroom`;
  job.dataset.tone = update.tone;
  favicon.href = favicon.href.replace(/[a-z]+\.svg/, `${update.tone}.svg`);
  say(null);
  if (settled) stop();
}

function append(html) {
  if (!html) return;
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 24;
  const lines = document.createElement("template");
  lines.innerHTML = html;
  localTimes(lines.content);
  log.append(lines.content);
  while (log.childElementCount > MOST_LINES) log.firstElementChild.remove();
  if (atEnd) log.scrollTop = log.scrollHeight;
  document.getElementById("whole-log").hidden = false;
  document.getElementById("no-log").hidden = true;
}

function say(text) {
  trouble.hidden = text === null;
  trouble.querySelector("span").textContent = text ?? "";
}

function listen() {
  const source = new EventSource(`${job.dataset.events}?after=${cursor}`);
  const giveUp = () => {
    streams = false;
    begin();
  };
  let patience = setTimeout(giveUp, FIRST_EVENT);
  const heard = (use) => (event) => {
    clearTimeout(patience);
    use(JSON.parse(event.data));
  };
  source.addEventListener("change", heard(apply));
  source.addEventListener("trouble", heard(({ text }) => say(text)));
  source.addEventListener("error", () => {
    // The browser connects again by itself, and names the last event it saw; unless it was refused.
    clearTimeout(patience);
    if (source.readyState === EventSource.CLOSED) giveUp();
    else patience = setTimeout(giveUp, FIRST_EVENT);
  });
  return () => {
    clearTimeout(patience);
    source.close();
  };
}

function poll() {
  const stopped = new AbortController();
  let timer;
  const again = (pause) => {
    if (!settled && !stopped.signal.aborted) timer = setTimeout(ask, pause);
  };
  async function ask() {
    try {
      const address = `${job.dataset.poll}?after=${cursor}&revision=${revision}`;
      const answer = await fetch(address, { signal: stopped.signal, headers: { Accept: "application/json" } });
      if (answer.redirected || [401, 404].includes(answer.status)) return location.reload();
      if (!answer.ok) throw new Error(`${answer.status}`);
      if (answer.status === 200) apply(await answer.json());
      say(null);
      again(document.hidden ? POLL.hidden : POLL.seen);
    } catch (error) {
      if (stopped.signal.aborted) return;
      say("The console does not answer, so this page may be behind. It goes on by itself.");
      again(POLL.away);
    }
  }
  ask();
  return () => {
    clearTimeout(timer);
    stopped.abort();
  };
}

function begin() {
  stop();
  if (!settled) stop = streams && !document.hidden ? listen() : poll();
}

setInterval(() => {
  for (const element of document.querySelectorAll("[data-since]")) {
    const since = new Date(element.dataset.since);
    element.textContent = duration(Math.max(0, (Date.now() + clockSkew - since) / 1000));
  }
}, 500);

log.scrollTop = log.scrollHeight;
addEventListener("pagehide", () => stop());
addEventListener("pageshow", ({ persisted }) => persisted && begin());
document.addEventListener("visibilitychange", begin);
begin();
