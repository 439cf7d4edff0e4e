// The form of a new job, while it is sent: how far the upload is, one sending at a time, and whatever
// goes wrong told beside the button, with the form still there. Without it the browser sends the form.
"use strict";

const main = () => document.querySelector("main");
const percent = new Intl.NumberFormat(undefined, { style: "percent" });

/** Return the files of the form that the server would refuse for their size. */
function tooLarge(form) {
  const inputs = [...form.querySelectorAll("input[type=file][data-limit]")];
  return inputs.flatMap((input) =>
    [...input.files].filter((file) => file.size > Number(input.dataset.limit)).map((file) => ({ input, file })),
  );
}

/** Say something beside the button; with a share between 0 and 1, show it as a bar too. */
function say(form, words, share = null) {
  form.querySelector(".sent").textContent = words;
  const bar = form.querySelector(".sending");
  bar.hidden = share === null;
  bar.value = share ?? 0;
}

/** Put the page with the corrected form in the place of this one, and the focus where it asks. */
function show(page) {
  document.title = page.title;
  main().replaceWith(page.querySelector("main"));
  scrollTo(0, 0);
  main().querySelector("[autofocus]")?.focus();
}

/** Let the form be sent again, and say why it must be. */
function giveBack(form, words) {
  form.querySelector("button[type=submit]").disabled = false;
  say(form, words);
}

/** Go where the answer leads: to the job, to what is to be corrected, or nowhere, with the reason. */
function follow(form, request) {
  if (request.status === 200) {
    location.assign(request.responseURL);
    return;
  }
  const page = new DOMParser().parseFromString(request.responseText, "text/html");
  if (request.status === 422) show(page);
  else giveBack(form, [...page.querySelectorAll("main h1, main .lead")].map((part) => part.textContent).join(": ") || `The server answered ${request.status}.`);
}

function send(form) {
  const request = new XMLHttpRequest();
  const broken = () => giveBack(form, "The connection broke. Submit again; it will be one job all the same.");
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    say(form, loaded < total ? `Sending ${percent.format(loaded / total)}` : "Looking at it", loaded / total);
  });
  request.addEventListener("load", () => follow(form, request));
  request.addEventListener("error", broken);
  form.querySelector("button[type=submit]").disabled = true;
  say(form, "Sending");
  request.open("POST", form.action);
  request.send(new FormData(form));
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!("questions" in form.dataset)) return;
  event.preventDefault();
  const [first] = tooLarge(form);
  if (first) {
    say(form, `${first.file.name} is too large; the limit stands below its field.`);
    first.input.focus();
    return;
  }
  send(form);
});

// A page that comes back from the browser's history was left in the middle of sending.
addEventListener("pageshow", ({ persisted }) => {
  const form = persisted && document.querySelector("form[data-questions]");
  if (form) giveBack(form, "");
});
