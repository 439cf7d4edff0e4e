// Keeps a page of parts as they stand: asks once a second and more while it is seen, else never.

import { duration, localTimes } from "./page.js";

const ASK_AGAIN = { seen: 1500, away: 3000 }; // ms

const board = document.getElementById("board");
const trouble = document.getElementById("trouble");
const favicon = document.getElementById("favicon");
const PRESSED = "postroom pressed"; // the id of the button that sent this page

let { seen } = board.dataset;
let timer;

function show(parts) {
  const names = new Set(parts.map(({ name }) => `part-${name}`));
  for (const part of [...board.children]) if (!names.has(part.id)) part.remove();
  parts.forEach(({ name, mark, html }, place) => {
    let part = document.getElementById(`part-${name}`);
    if (!part) {
      part = document.createElement("div");
      part.id = `part-${name}`;
      part.className = "board-part";
    }
    if (board.children[place] !== part) board.insertBefore(part, board.children[place] ?? null);
    if (part.dataset.mark !== mark) replace(part, mark, html);
  });
}

function replace(part, mark, html) {
  const focused = part.contains(document.activeElement) ? document.activeElement.id : null;
  part.dataset.mark = mark;
  part.innerHTML = html;
  localTimes(part);
  count(part);
  refocus(focused);
}

/** Put the focus where it was; where that button has given way to another, on the one in its place. */
function refocus(id) {
  if (!id) return;
  const whose = id.slice(id.indexOf("-"));
  const all = [...board.querySelectorAll("a[id], button[id]")].filter((one) => one.id.endsWith(whose) && !one.disabled);
  (all.find((one) => one.id === id) ?? all[0])?.focus();
}

function reads() {
  const selection = getSelection();
  return !selection.isCollapsed && board.contains(selection.anchorNode);
}

function say(text) {
  trouble.hidden = text === null;
  trouble.querySelector("span").textContent = text ?? "";
}

async function ask() {
  clearTimeout(timer);
  if (document.hidden) return;
  let pause = ASK_AGAIN.seen;
  try {
    // What a person has just selected stays, to be copied.
    const answer = reads() ? null : await fetch(`${board.dataset.now}?seen=${seen}`);
    if (answer?.redirected) return location.reload();
    if (answer && !answer.ok) throw new Error(`${answer.status}`);
    if (answer?.status === 200) {
      const told = await answer.json();
      ({ seen } = told);
      show(told.parts);
      document.title = `${told.title} · Postroom`;
      favicon.href = favicon.href.replace(/[a-z]+\.svg/, `${told.icon}.svg`);
    }
    say(null);
  } catch {
    say("The console or the ledger does not answer, so this page may be behind. It goes on by itself.");
    pause = ASK_AGAIN.away;
  }
  clearTimeout(timer);
  timer = setTimeout(ask, pause);
}

function count(root) {
  for (const age of root.querySelectorAll("[data-since]")) {
    age.textContent = duration(Math.max(0, (Date.now() - new Date(age.dataset.since)) / 1000));
  }
}

// What is asked loads the page anew: whoever works with the keyboard goes on where they were.
document.getElementById("act").addEventListener("submit", ({ submitter }) => {
  sessionStorage[PRESSED] = submitter?.id ?? "";
});
// Not before: the part that the address names takes the focus while the page is loaded.
addEventListener("pageshow", () => {
  refocus(sessionStorage[PRESSED]);
  delete sessionStorage[PRESSED];
});

setInterval(() => count(board), 1000);
document.addEventListener("visibilitychange", ask);
addEventListener("pagehide", () => clearTimeout(timer));
addEventListener("pageshow", ({ persisted }) => persisted && ask());
timer = setTimeout(ask, ASK_AGAIN.seen);
