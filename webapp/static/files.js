// Comforts of the files on a page: links that can be copied, players that load once they are seen.
// It listens on the document, for a live page receives its files when the job ends.

const COPIED = 1500; // ms

async function copy(button) {
  await navigator.clipboard.writeText(new URL(button.dataset.copy, location).href);
  button.dataset.copied = "";
  button.title = "Copied";
  setTimeout(() => {
    delete button.dataset.copied;
    button.title = "Copy the link";
  }, COPIED);
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-copy]");
  if (button) copy(button);
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
