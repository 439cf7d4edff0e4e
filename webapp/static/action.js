// Keeps the page of an action true until nothing of it is left to do.

import { localTimes } from "./page.js";

const EVERY = { seen: 700, hidden: 5000, away: 3000 }; // ms between two questions

const whole = document.getElementById("whole");
const part = document.getElementById("action");
const said = document.getElementById("said");
const favicon = document.getElementById("favicon");
let { revision } = part.dataset;

function apply(told) {
  revision = told.revision;
  // The focus must not get lost with a button that is drawn anew.
  const held = part.contains(document.activeElement);
  part.innerHTML = told.html;
  localTimes(part);
  if (held) part.querySelector("button")?.focus();
  whole.dataset.tone = told.tone;
  document.title = `${told.title} · Postroom`;
  favicon.href = favicon.href.replace(/[a-z]+\.svg/, `${told.tone}.svg`);
  // Of each number a screen reader would speak for ever; it hears what has come to an end.
  if (said.textContent !== told.said) said.textContent = told.said;
}

/** Show what became of each job, now that all of them know. */
async function drawJobs() {
  const page = new DOMParser().parseFromString(await (await fetch(location)).text(), "text/html");
  const fresh = page.getElementById("its-jobs");
  if (fresh) document.getElementById("its-jobs").replaceWith(fresh);
}

async function ask() {
  let pause = document.hidden ? EVERY.hidden : EVERY.seen;
  try {
    const answer = await fetch(`${part.dataset.poll}?revision=${revision}`);
    if (answer.status === 200) {
      const told = await answer.json();
      apply(told);
      if (!told.goes_on) return await drawJobs();
    } else if (answer.status !== 204) pause = EVERY.away;
  } catch {
    pause = EVERY.away;
  }
  setTimeout(ask, pause);
}

setTimeout(ask, EVERY.seen);
