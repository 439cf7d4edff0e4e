// Keeps the open list of jobs true. It is told when anything has changed (all lists of a console are
// told the same), and then has its part of the page drawn anew; but not under the hands of a person
// who selects text, has ticked boxes, points at a row or reads further down: then no row comes, goes
// or moves, those that are there tell their new state, and a button says what is new. Hidden, or
// where no stream comes through, it asks now and then, as live.js does.

import { localTimes } from "./page.js";

const PAUSE = { seen: 2000, hidden: 15000, away: 5000 }; // ms between two questions, or two drawings
const FIRST_BEAT = 3000; // ms; a stream that is silent for longer at its start is being buffered
const SPREAD = 20; // ms for each open list, over which they ask for what is new

const list = document.getElementById("list");
const news = document.createElement("p");
news.className = "news";
news.setAttribute("role", "status");
list.before(news);

let pulse = list.dataset.pulse;
let waiting = null; // the list as it stands, not shown yet
let streams = true; // false once a stream has failed to come through
let stop = () => {}; // ends the current way of hearing of changes

const ids = (root) => [...root.querySelectorAll("[data-job]")].map((row) => row.dataset.job);

function selects() {
  const selection = document.getSelection();
  return selection && !selection.isCollapsed && list.contains(selection.anchorNode);
}

function busy() {
  const rows = list.querySelector(".jobs");
  const reads = rows?.contains(document.activeElement) || rows?.matches(":hover") || rows?.getBoundingClientRect().top < 0;
  return selects() || list.querySelector("input.pick:checked") || reads;
}

/** Where the parts are scrolled to, on a phone; at first so that the current one is seen. */
function scrolled(left) {
  const tabs = list.querySelector(".tabs");
  const current = tabs.querySelector("[aria-current]");
  tabs.scrollLeft = left ?? (current ? current.offsetLeft + current.offsetWidth / 2 - tabs.clientWidth / 2 : 0);
}

/** Let the rows that are there tell their new state, in their places. */
function mend(fresh) {
  if (selects()) return;
  for (const row of list.querySelectorAll("[data-job]")) {
    const newer = fresh.querySelector(`[data-job="${CSS.escape(row.dataset.job)}"]`)?.cloneNode(true);
    if (!newer || newer.querySelector(".jobs-state").textContent === row.querySelector(".jobs-state").textContent) continue;
    const box = row.querySelector("input.pick");
    if (box) newer.querySelector("input.pick").checked = box.checked;
    const held = row.contains(document.activeElement) && (document.activeElement.matches("input") ? "input" : "a");
    localTimes(newer);
    row.replaceWith(newer);
    if (held) newer.querySelector(held)?.focus();
  }
  const { scrollLeft } = list.querySelector(".tabs");
  const nav = list.querySelector("nav");
  if (!nav.contains(document.activeElement)) nav.replaceWith(fresh.querySelector("nav").cloneNode(true));
  scrolled(scrollLeft);
}

function draw(fresh) {
  waiting = null;
  news.replaceChildren();
  const focused = list.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  const { scrollLeft } = list.querySelector(".tabs");
  list.replaceChildren(...fresh.childNodes);
  localTimes(list);
  begin();
  scrolled(scrollLeft);
  if (focused) list.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus();
  document.dispatchEvent(new CustomEvent("listed"));
}

function offer(fresh) {
  mend(fresh);
  if (`${ids(fresh)}` === `${ids(list)}` && !selects()) {
    waiting = null;
    news.replaceChildren();
    return;
  }
  waiting = fresh;
  const here = new Set(ids(list));
  const many = ids(fresh).filter((id) => !here.has(id)).length;
  const words = many === 0 ? "Some jobs have changed" : many === 1 ? "1 new job" : `${many} new jobs`;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-quiet";
  button.textContent = `${words}: show`;
  button.addEventListener("click", () => {
    draw(waiting);
    if (list.getBoundingClientRect().top < 0) list.scrollIntoView();
  });
  if (news.textContent !== button.textContent) news.replaceChildren(button);
}

async function redraw(told) {
  const address = new URL(location);
  address.searchParams.set("part", "list");
  const drawn = await fetch(address);
  if (drawn.redirected || drawn.status === 401) return location.reload();
  if (!drawn.ok) throw new Error(`${drawn.status}`);
  const template = document.createElement("template");
  template.innerHTML = await drawn.text();
  pulse = told;
  if (busy()) offer(template.content);
  else draw(template.content);
}

function listen() {
  const source = new EventSource(list.dataset.events);
  let told = pulse;
  let timer = null;
  let next = 0; // when the list may be drawn again
  const giveUp = () => {
    streams = false;
    hear();
  };
  let patience = setTimeout(giveUp, FIRST_BEAT);
  const soon = (pause) => {
    if (told !== pulse) timer ??= setTimeout(refresh, Math.max(pause, next - Date.now()));
  };
  async function refresh() {
    let pause = 0;
    next = Date.now() + PAUSE.seen;
    try {
      await redraw(told);
    } catch {
      pause = PAUSE.away;
    }
    timer = null;
    if (source.readyState !== EventSource.CLOSED) soon(pause);
  }
  source.addEventListener("beat", ({ data }) => {
    clearTimeout(patience);
    const beat = JSON.parse(data);
    told = beat.pulse;
    soon(Math.random() * beat.lists * SPREAD);
  });
  source.addEventListener("error", () => {
    // The browser connects again by itself, unless it was refused.
    clearTimeout(patience);
    if (source.readyState === EventSource.CLOSED) giveUp();
    else patience = setTimeout(giveUp, FIRST_BEAT);
  });
  return () => {
    clearTimeout(patience);
    clearTimeout(timer);
    source.close();
  };
}

function poll() {
  let timer;
  let stopped = false;
  async function ask() {
    let pause = document.hidden ? PAUSE.hidden : PAUSE.seen;
    try {
      const answer = await fetch(`${list.dataset.ask}?seen=${pulse}`, { headers: { Accept: "application/json" } });
      if (answer.redirected || answer.status === 401) return location.reload();
      if (answer.status === 200) await redraw((await answer.json()).pulse);
      else if (answer.status !== 204) throw new Error(`${answer.status}`);
    } catch {
      pause = PAUSE.away; // It goes on by itself when the console answers again.
    }
    if (!stopped) timer = setTimeout(ask, pause);
  }
  ask();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

function hear() {
  stop();
  stop = streams && !document.hidden ? listen() : poll();
}

function begin() {
  const whole = document.getElementById("pick-page");
  if (whole && document.getElementById("many")) whole.hidden = false;
}

begin();
scrolled();
if (!("still" in list.dataset)) {
  hear();
  document.addEventListener("visibilitychange", hear);
  addEventListener("pagehide", () => stop());
  addEventListener("pageshow", ({ persisted }) => persisted && hear());
  setInterval(() => waiting && !busy() && draw(waiting), PAUSE.seen);
}
