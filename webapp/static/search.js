// Completes what is typed into the search box: qualifiers first, then the values of one.
// The box is a combobox as WAI-ARIA describes it: the focus stays in it, and the arrows choose.

const box = document.getElementById("search");
const list = document.getElementById("suggestions");
const known = new Map(JSON.parse(box.form.dataset.completions));
let chosen = -1;

box.setAttribute("role", "combobox");
box.setAttribute("aria-autocomplete", "list");
box.setAttribute("aria-controls", list.id);
box.setAttribute("aria-expanded", "false");

/** The piece of text before the caret that is being written, and where it begins. */
function piece() {
  const before = box.value.slice(0, box.selectionStart);
  if ((before.match(/"/g) ?? []).length % 2) return null; // within quotes
  const start = Math.max(before.lastIndexOf(" "), before.lastIndexOf("\t")) + 1;
  return { start, text: before.slice(start) };
}

function found() {
  const at = piece();
  if (!at) return [];
  const [, qualifier, values] = at.text.match(/^([a-z]+):(.*)$/i) ?? [];
  if (!qualifier) {
    const begun = at.text.toLowerCase();
    return [...known.keys()].filter((one) => one.startsWith(begun)).map((one) => ({ at: at.start, text: `${one}:`, goesOn: true }));
  }
  const last = values.slice(values.lastIndexOf(",") + 1);
  const start = at.start + at.text.length - last.length;
  const begun = last.toLowerCase();
  return (known.get(qualifier.toLowerCase()) ?? [])
    .filter((one) => (one.toLowerCase().startsWith(begun) || one.toLowerCase().startsWith(`"${begun}`)) && one !== last)
    .map((one) => ({ at: start, text: one, goesOn: false }));
}

function show() {
  const options = found();
  choose(-1);
  list.replaceChildren(...options.map((option, place) => {
    const item = document.createElement("li");
    item.id = `suggestion-${place}`;
    item.role = "option";
    item.ariaSelected = "false";
    item.textContent = option.text;
    item.addEventListener("mousedown", (event) => {
      event.preventDefault(); // The focus stays in the box.
      take(option);
    });
    return item;
  }));
  open(options.length > 0);
}

function open(whether) {
  list.hidden = !whether;
  box.setAttribute("aria-expanded", String(whether));
  if (!whether) choose(-1);
}

function choose(place) {
  list.children[chosen]?.setAttribute("aria-selected", "false");
  chosen = place;
  const item = list.children[chosen];
  item?.setAttribute("aria-selected", "true");
  item?.scrollIntoView({ block: "nearest" });
  if (item) box.setAttribute("aria-activedescendant", item.id);
  else box.removeAttribute("aria-activedescendant");
}

function take({ at, text, goesOn }) {
  const end = box.selectionStart;
  const written = goesOn ? text : `${text} `;
  box.setRangeText(written, at, end, "end");
  if (goesOn) show();
  else open(false);
}

box.addEventListener("input", show);
box.addEventListener("click", () => list.hidden && show());
box.addEventListener("blur", () => open(false));
box.addEventListener("keydown", (event) => {
  const { key, altKey, ctrlKey, metaKey, isComposing } = event;
  if (isComposing || ctrlKey || metaKey) return;
  const many = list.childElementCount;
  if (list.hidden) {
    if (key === "ArrowDown" || (key === "ArrowUp" && altKey)) show();
    else return;
  } else if (key === "ArrowDown") choose((chosen + 1) % many);
  else if (key === "ArrowUp") choose((Math.max(chosen, 0) + many - 1) % many);
  else if ((key === "Enter" || key === "Tab") && chosen >= 0) take(found()[chosen]);
  else if (key === "Escape") open(false);
  else return;
  event.preventDefault();
  event.stopPropagation();
});
