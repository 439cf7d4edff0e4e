// Light or dark before the first paint: as this browser was told in the account's menu, else as the
// system is. Loaded in the head, without defer: a page that is painted light and then turns dark would
// flash.
"use strict";
{
  const KEPT = "postroom colours";
  const MENU = "postroom-colours"; // No kind can have an input of that name.
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const choice = () => localStorage.getItem(KEPT) ?? "";
  const follow = () => {
    document.documentElement.dataset.bsTheme = choice() || (dark.matches ? "dark" : "light");
    for (const one of document.getElementsByName(MENU)) one.checked = one.value === choice();
  };
  follow();
  dark.addEventListener("change", follow);
  addEventListener("storage", follow); // Somebody chose in another tab, or around this frame.
  document.addEventListener("DOMContentLoaded", follow);
  document.addEventListener("change", ({ target: { name, value } }) => {
    if (name !== MENU) return;
    if (value) localStorage.setItem(KEPT, value);
    else localStorage.removeItem(KEPT);
    follow();
  });
}
