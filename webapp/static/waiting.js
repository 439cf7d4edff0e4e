// Why it does not run yet, asked again every few seconds while somebody looks. Without it the page says
// how things stood when it was opened, or reloads itself where the job's page does.

import { localTimes } from "./page.js";

const EVERY = { job: 3000, form: 10000 }; // ms between two questions

const job = document.getElementById("job");

let asked = 0; // the number of the newest question; older answers come too late

/** Whether there is anything to ask: a form always has a line before it, a job only while it waits. */
function waits() {
  return !job || job.dataset.tone === "waiting";
}

/** Where it is said; a form that was corrected has come with a new one. */
function place() {
  const part = document.getElementById("waiting");
  return { part, section: part.closest("[data-waiting]") };
}

/** The address that answers; of a form with files it is told how large they are. */
function address() {
  const files = [...document.querySelectorAll("#job-form [data-size]:checked")];
  const bytes = files.reduce((sum, { dataset }) => sum + Number(dataset.size), 0);
  return place().section.dataset.waiting + (files.length ? `?size=${bytes}` : "");
}

function show(html) {
  const { part, section } = place();
  section.hidden = !html;
  if (part.dataset.shown === html) return;
  part.dataset.shown = html;
  part.innerHTML = html;
  localTimes(part);
}

async function ask() {
  const number = ++asked;
  if (!waits()) return show("");
  try {
    const answer = await fetch(address(), { headers: { Accept: "text/html" } });
    if (number !== asked || answer.redirected || !answer.ok) return;
    show(await answer.text());
  } catch {
    // The page's own notice says that the console does not answer; what stands here is older, not wrong.
  }
}

setInterval(() => document.hidden || (waits() && ask()), job ? EVERY.job : EVERY.form);
document.addEventListener("visibilitychange", () => document.hidden || ask());
if (job) new MutationObserver(ask).observe(job, { attributeFilter: ["data-tone", "data-moved"] });
else {
  document.addEventListener("files-moved", ask);
  document.addEventListener("change", ({ target }) => target.matches("[data-size]") && ask());
}
