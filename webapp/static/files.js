// Comforts of a job's page: links, ids, errors and logs that can be copied, players that load once they
// are seen.
// It listens on the document, for a live page receives its files when the job ends.

const COPIED = 1500; // ms

const told = document.createElement("p");
told.className = "visually-hidden";
told.role = "status";
document.body.append(told);

/** What a button copies: an address, or the text of what it names; of a list, a line for each item. */
function wanted({ copy, copyFrom }) {
  if (copy) return new URL(copy, location).href;
  const lines = (part) => (part.matches("ol, ul") ? [...part.children] : [part]);
  const parts = [...document.querySelectorAll(copyFrom)].flatMap(lines);
  return parts.map((part) => part.textContent.trim()).join("\n");
}

async function copy(button) {
  const { title } = button;
  await navigator.clipboard.writeText(wanted(button.dataset));
  button.dataset.copied = "";
  told.textContent = button.title = "Copied";
  setTimeout(() => {
    delete button.dataset.copied;
    button.title = title;
    told.textContent = "";
  }, COPIED);
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-copy], [data-copy-from]");
  if (button && !("copied" in button.dataset)) copy(button);
});

// Over plain HTTP from another machine, browsers give no clipboard to a page.
if (!navigator.clipboard) document.documentElement.classList.add("without-clipboard");
// Where no PDF is shown in a page, as on most phones, a frame would start a download.
if (!navigator.pdfViewerEnabled) document.documentElement.classList.add("without-pdf");

// Neither of these bubbles, so both are caught on their way down.
document.addEventListener("toggle", ({ target }) => {
  const player = target.open && target.querySelector(".player");
  if (player) player.preload = "metadata";
}, true);
document.addEventListener("error", ({ target }) => {
  if (target.matches?.(".player")) target.nextElementSibling.hidden = false;
}, true);
