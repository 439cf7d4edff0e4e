// Told to a page by accessible.py; returns a sentence for each fault that the styles and the tree of
// elements show.
() => {
  const LEAST_CONTRAST = 4.5;
  const LEAST_LARGE = 3;
  const LEAST_TARGET = 24; // CSS pixels
  const found = [];
  const shown = (one) => one.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
  const words = (one) => (one.ariaLabel || one.innerText || one.textContent || one.outerHTML).trim().replace(/\s+/g, " ").slice(0, 60);
  const named = (one) => `${one.tagName.toLowerCase()}${one.className?.baseVal === undefined && one.className ? `.${one.className}` : ""} "${words(one)}"`;
  const visuallyHidden = (one) => one.closest(".visually-hidden, .visually-hidden-focusable:not(:focus, :focus-within)");

  // ── The page as a whole.
  if (!document.documentElement.lang) found.push("the page has no language");
  if (!document.title.trim()) found.push("the page has no title");
  const mains = [...document.querySelectorAll("main")].filter(shown);
  if (mains.length !== 1) found.push(`the page has ${mains.length} main landmarks`);
  for (const nav of document.querySelectorAll("nav")) {
    if (shown(nav) && !nav.ariaLabel && !nav.getAttribute("aria-labelledby")) found.push(`a nav has no name: ${words(nav)}`);
  }
  const ids = new Map();
  for (const one of document.querySelectorAll("[id]")) ids.set(one.id, (ids.get(one.id) ?? 0) + 1);
  for (const [id, number] of ids) if (number > 1) found.push(`${number} elements have the id ${id}`);
  for (const one of document.querySelectorAll("[aria-labelledby], [aria-describedby], [aria-controls]")) {
    for (const name of ["aria-labelledby", "aria-describedby", "aria-controls"]) {
      for (const id of (one.getAttribute(name) ?? "").split(/\s+/).filter(Boolean)) {
        if (!ids.has(id)) found.push(`${named(one)} names ${id} by ${name}, which is not there`);
      }
    }
  }
  for (const one of document.querySelectorAll("[tabindex]")) if (one.tabIndex > 0) found.push(`${named(one)} changes the order of focus`);

  // ── Headings: one of the first level, none left out.
  const headings = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].filter((one) => shown(one) && !one.closest("dialog"));
  const levels = headings.map((one) => Number(one.tagName[1]));
  if (levels.filter((level) => level === 1).length !== 1) found.push("the page has not just one h1");
  levels.forEach((level, place) => {
    if (place && level > levels[place - 1] + 1) found.push(`heading "${words(headings[place])}" of level ${level} follows one of ${levels[place - 1]}`);
  });

  // ── What changes by itself is told: an alert, a status.
  for (const one of document.querySelectorAll(".alert, .notice")) {
    if (shown(one) && !one.closest("[role=alert], [role=status], [aria-live]") && !one.matches("[data-silent]")) found.push(`${named(one)} is not in a live region`);
  }

  // ── Contrast. Colours are painted on a canvas, which reads color-mix and the like for us.
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const brush = canvas.getContext("2d", { willReadFrequently: true });
  const known = new Map();
  const rgba = (colour) => {
    if (!known.has(colour)) {
      brush.clearRect(0, 0, 1, 1);
      brush.fillStyle = colour;
      brush.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = brush.getImageData(0, 0, 1, 1).data;
      known.set(colour, [r, g, b, a / 255]);
    }
    return known.get(colour);
  };
  const over = ([r, g, b, a], below) => [r, g, b].map((one, place) => one * a + below[place] * (1 - a));
  const ground = (one) => {
    const layers = [];
    for (let at = one; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.backgroundImage !== "none") return null; // A picture: nobody can tell.
      const colour = rgba(style.backgroundColor);
      if (colour[3]) layers.push(colour);
      if (colour[3] === 1) break;
    }
    return layers.reduceRight((below, layer) => over(layer, below), rgba("white").slice(0, 3));
  };
  const light = (colour) => {
    const [r, g, b] = colour.map((one) => (one / 255 <= 0.04045 ? one / 255 / 12.92 : ((one / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [high, low] = [light(one), light(other)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  };
  const seen = new Set();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const one = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || seen.has(one) || !shown(one) || visuallyHidden(one) || one.closest("script, style, noscript, title, option, :disabled, [aria-disabled=true]")) continue;
    seen.add(one);
    const below = ground(one);
    if (!below) continue;
    const style = getComputedStyle(one);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const ink = over(rgba(one.closest("svg") ? style.fill : style.color), below);
    const ratio = contrast(ink, below);
    if (ratio < (large ? LEAST_LARGE : LEAST_CONTRAST)) found.push(`${named(one)} has a contrast of ${ratio.toFixed(2)} only`);
  }

  // ── Targets: 24 by 24 pixels, but for links in a line of text and what has an equal elsewhere.
  for (const one of document.querySelectorAll("a[href], button, summary, select, input:not([type=hidden])")) {
    if (!shown(one) || visuallyHidden(one) || one.closest("svg")) continue;
    const label = one.matches("[type=checkbox], [type=radio]") && (one.closest("label") ?? one.labels?.[0]);
    const boxes = [one, label].filter(Boolean).map((part) => part.getBoundingClientRect());
    if (boxes.some(({ width, height }) => width >= LEAST_TARGET && height >= LEAST_TARGET)) continue;
    if (getComputedStyle(one, "::after").position === "absolute" && one.matches(".stretched-link")) continue;
    if (one.matches("a") && getComputedStyle(one).display === "inline" && inLine(one)) continue;
    if (apart(one, boxes[0])) continue;
    const { width, height } = boxes[0];
    found.push(`${named(one)} is ${width.toFixed(0)} by ${height.toFixed(0)} pixels only`);
  }
  /** Whether a link stands within a sentence, whose line height decides. */
  function inLine(one) {
    const own = one.innerText.trim();
    const block = one.parentElement.closest("p, li, dd, td, div, span");
    return Boolean(block) && block.innerText.trim().length > own.length;
  }
  /** Whether a circle of 24 pixels around a small target meets no other target. */
  function apart(one, box) {
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    return ![...document.querySelectorAll("a[href], button, summary, select, input:not([type=hidden])")].some((other) => {
      if (other === one || !shown(other) || visuallyHidden(other) || other.contains(one) || one.contains(other)) return false;
      const near = other.getBoundingClientRect();
      const dx = Math.max(near.left - x, 0, x - near.right);
      const dy = Math.max(near.top - y, 0, y - near.bottom);
      return Math.hypot(dx, dy) < LEAST_TARGET / 2;
    });
  }
  return found;
}
