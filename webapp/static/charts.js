// The times of a chart's drawing in the reader's own zone; without it they are UTC and say so.

const hour = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const tick = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }); // Short.
const day = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const DAY = 86400000; // ms

const near = (at) => Math.abs(Date.now() - at) <= DAY;
const written = (at) => (near(at) ? hour : day).format(at);

for (const text of document.querySelectorAll(".chart text[data-at]:not([data-day])")) {
  text.textContent = tick.format(new Date(text.dataset.at));
}
/** Move the names of days to where those days begin for the reader, as the bars' own times say. */
for (const drawing of document.querySelectorAll(".chart-drawing")) {
  const days = [...drawing.querySelectorAll("text[data-day]")].map((text) => ({ text, at: new Date(text.dataset.at), x: parseFloat(text.getAttribute("x")) }));
  if (days.length < 2) continue;
  const share = (days[1].x - days[0].x) / (days[1].at - days[0].at); // per cent for a millisecond
  for (const { text, at, x } of days) {
    const begins = new Date(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate());
    const moved = x + (begins - at) * share;
    if (moved < 0 || moved > 100) text.remove();
    else text.setAttribute("x", `${moved}%`);
  }
}
for (const title of document.querySelectorAll(".chart title[data-from]")) {
  const [from, to] = [title.dataset.from, title.dataset.to].map((text) => written(new Date(text)));
  title.textContent = title.textContent.replace(/^Between .+? UTC/, `Between ${from} and ${to}`);
}
for (const title of document.querySelectorAll(".chart title[data-moment]")) {
  const at = exact.format(new Date(title.dataset.moment));
  title.textContent = title.textContent.replace(/, .+ UTC$/, `, ${at}`);
}
