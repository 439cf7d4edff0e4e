// The form of a new job, while it is sent: one sending at a time, when its files are here, and whatever
// goes wrong told beside the button, with the form still there. Without it the browser sends the form.

import { localTimes } from "./page.js";
import { allHere, submitted } from "./uploads.js";

const main = () => document.querySelector("main");

/** Say something beside the button. */
function say(form, words) {
  form.querySelector(".sent").textContent = words;
}

/** Put the page with the corrected form in the place of this one, and the focus where it asks. */
function show(page) {
  document.title = page.title;
  main().replaceWith(page.querySelector("main"));
  scrollTo(0, 0);
  localTimes(main());
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
    submitted(form);
    location.assign(request.responseURL);
    return;
  }
  const page = new DOMParser().parseFromString(request.responseText, "text/html");
  if (request.status === 422 || request.status === 409) show(page);
  else giveBack(form, [...page.querySelectorAll("main h1, main .lead")].map((part) => part.textContent).join(": ") || `The server answered ${request.status}.`);
}

async function send(form, button) {
  form.querySelector("button[type=submit]").disabled = true;
  say(form, "Submitting when the files are here");
  const [stuck] = await allHere(form);
  if (stuck) {
    giveBack(form, `${stuck.name} is not here. Remove it, or choose it again.`);
    stuck.element.querySelector("button").focus();
    return;
  }
  if (button?.hasAttribute("formaction")) {
    form.action = button.formAction; // It leads to another page, as without this script.
    form.submit();
    return;
  }
  const request = new XMLHttpRequest();
  const broken = () => giveBack(form, "The connection broke. Submit again; it will be one job all the same.");
  request.addEventListener("load", () => follow(form, request));
  request.addEventListener("error", broken);
  say(form, "Sending");
  request.open("POST", form.action);
  request.send(new FormData(form));
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!("questions" in form.dataset)) return;
  event.preventDefault();
  send(form, event.submitter);
});

// A page that comes back from the browser's history was left in the middle of sending.
addEventListener("pageshow", ({ persisted }) => {
  const form = persisted && document.querySelector("form[data-questions]");
  if (form) giveBack(form, "");
});
