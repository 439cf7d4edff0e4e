// Keeps a page of parts as they stand: asks once a second and more while it is seen, else never.

import { duration, localTimes } from "./page.js";

const ASK_AGAIN = { seen: 1500, away: 3000 }; // ms

const board = document.getElementById("board");
const trouble = document.getElementById("trouble");

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
  const focused = part.contains(document.activeElement) && document.activeElement.id;
  part.dataset.mark = mark;
  part.innerHTML = html;
  localTimes(part);
  count(part);
  if (focused) document.getElementById(focused)?.focus();
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

setInterval(() => count(board), 1000);
document.addEventListener("visibilitychange", ask);
addEventListener("pagehide", () => clearTimeout(timer));
addEventListener("pageshow", ({ persisted }) => persisted && ask());
timer = setTimeout(ask, ASK_AGAIN.seen);
