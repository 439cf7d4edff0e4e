// Small comforts of every page: times in the reader's own zone, times that go on, and menus that close
// by themselves. Without it the times are UTC and say so, and a menu closes where it was opened.

const timeOfDay = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const dayAndTime = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const toTheMinute = { today: new Intl.DateTimeFormat(undefined, { timeStyle: "short" }), other: new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" }) };
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

/** Put the times below `root` in the reader's zone; those that say "3 minutes ago", on hover. */
export function localTimes(root) {
  const today = new Date().toDateString();
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    time.title = exact.format(at);
    if ("clock" in time.dataset) {
      const short = time.dataset.clock === "time" || at.toDateString() === today;
      const rough = time.dataset.clock === "minute" && (short ? toTheMinute.today : toTheMinute.other);
      time.textContent = (rough || (short ? timeOfDay : dayAndTime)).format(at);
    }
  }
}

const UNITS = [[86400, "d", 3600, "h"], [3600, "h", 60, "min"], [60, "min", 1, "s"]];

/** Write a duration as the server does (`webapp/words.py`; a test compares them). */
export function duration(seconds) {
  if (seconds < 10) return `${seconds.toFixed(seconds < 1 ? 2 : 1)} s`;
  const whole = Math.round(seconds);
  for (const [size, unit, smaller, smallUnit] of UNITS) {
    if (whole < size) continue;
    const rest = Math.floor((whole % size) / smaller);
    return `${Math.floor(whole / size)} ${unit}${rest ? ` ${rest} ${smallUnit}` : ""}`;
  }
  return `${whole} s`;
}

const AGES = [[31557600, "year"], [2629800, "month"], [86400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]];

/** Write how long ago something was as the server does (`since` of `webapp/words.py`). */
export function ago(seconds) {
  const [size, unit] = AGES.find(([one]) => seconds >= 2 * one) ?? [];
  if (size) return `${Math.floor(seconds / size)} ${unit}s ago`;
  return seconds >= 1 ? "a second ago" : "now";
}

const written = new WeakMap(); // when each of them was first seen here, in ms

/** Say again how long ago, or for how long, unless a person is selecting just that. */
function goOn() {
  const now = Date.now();
  const selection = document.getSelection();
  for (const element of document.querySelectorAll("[data-ago], [data-running]")) {
    if (!written.has(element)) written.set(element, now);
    const more = (now - written.get(element)) / 1000;
    const { ago: since, running } = element.dataset;
    const words = since ? ago(Number(since) + more) : duration(Number(running) + more);
    const selected = selection && !selection.isCollapsed && selection.containsNode(element, true);
    if (more && !selected && element.textContent !== words) element.textContent = words;
  }
}

localTimes(document);
goOn();
setInterval(goOn, 1000);

document.addEventListener("click", ({ target }) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(target)) menu.open = false;
  }
});
document.addEventListener("keydown", ({ key }) => {
  const menu = key === "Escape" && document.querySelector("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
