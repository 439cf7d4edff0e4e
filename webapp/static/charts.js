// The times of a chart's drawing in the reader's own zone; without it they are UTC and say so.

const hour = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const tick = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }); // Short.
const day = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const DAY = 86400000; // ms

const near = (at) => Math.abs(Date.now() - at) <= DAY;
const written = (at) => (near(at) ? hour : day).format(at);

for (const text of document.querySelectorAll(".chart text[data-at]")) {
  text.textContent = tick.format(new Date(text.dataset.at));
}
for (const title of document.querySelectorAll(".chart title[data-from]")) {
  const [from, to] = [title.dataset.from, title.dataset.to].map((text) => written(new Date(text)));
  title.textContent = title.textContent.replace(/^Between .+? UTC/, `Between ${from} and ${to}`);
}
for (const title of document.querySelectorAll(".chart title[data-moment]")) {
  const at = exact.format(new Date(title.dataset.moment));
  title.textContent = title.textContent.replace(/, .+ UTC$/, `, ${at}`);
}
