// Follows the system's light or dark before the first paint. Loaded in the head, without defer: a
// page that is painted light and then turns dark would flash.
"use strict";
{
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => {
    document.documentElement.dataset.bsTheme = dark.matches ? "dark" : "light";
  };
  follow();
  dark.addEventListener("change", follow);
}
