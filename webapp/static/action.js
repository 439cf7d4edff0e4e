// Keeps the page of an action true until nothing of it is left to do.

import { localTimes } from "./page.js";

const EVERY = { seen: 700, hidden: 5000, away: 3000 }; // ms between two questions

const part = document.getElementById("action");
let { revision } = part.dataset;

function apply(told) {
  revision = told.revision;
  // What is said politely is read out whole; the focus must not get lost with the old button.
  const held = part.contains(document.activeElement);
  part.innerHTML = told.html;
  localTimes(part);
  if (held) part.querySelector("button")?.focus();
  document.title = `${told.title} · Postroom`;
  // The list of jobs below knows their outcomes only once it is loaded again.
  if (!told.goes_on) window.location.reload();
}

async function ask() {
  let pause = document.hidden ? EVERY.hidden : EVERY.seen;
  try {
    const answer = await fetch(`${part.dataset.poll}?revision=${revision}`);
    if (answer.status === 200) {
      const told = await answer.json();
      apply(told);
      if (!told.goes_on) return;
    } else if (answer.status !== 204) pause = EVERY.away;
  } catch {
    pause = EVERY.away;
  }
  setTimeout(ask, pause);
}

setTimeout(ask, EVERY.seen);
