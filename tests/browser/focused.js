// Told to a page by accessible.py; returns what has the focus, in words, and what is wrong with how
// that is seen; null where nothing has it.
() => {
  const LEAST_CONTRAST = 3;
  const one = document.activeElement;
  if (!one || one === document.body || one === document.documentElement) return null;
  if (one.matches("iframe, audio, video")) return `${one.tagName} ${one.title || one.src}`;
  for (const change of one.getAnimations()) change.finish();
  one.scrollIntoView({ block: "nearest", behavior: "instant" }); // Where the browser is on its way to.
  const brush = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const light = (colour) => {
    brush.fillStyle = colour;
    brush.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...brush.getImageData(0, 0, 1, 1).data].map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const style = getComputedStyle(one);
  const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  const ring = outlined ? style.outlineColor : style.boxShadow.match(/^[a-z]+\(.*?\)(?= -?\d)/)?.[0];
  let ground = one.parentElement;
  while (ground.parentElement && /^(transparent|rgba\(.*, 0\))$/.test(getComputedStyle(ground).backgroundColor)) ground = ground.parentElement;
  const below = light(getComputedStyle(ground).backgroundColor);
  const drawn = ring && light(ring); // over what lies below, where the ring lets that through
  const contrast = ring ? (Math.max(drawn, below) + 0.05) / (Math.min(drawn, below) + 0.05) : 0;
  const { left, top, width, height } = one.getBoundingClientRect();
  const places = [0.1, 0.5, 0.9].flatMap((x) => [0.1, 0.5, 0.9].map((y) => [left + x * width, top + y * height]));
  const met = places.map(([x, y]) => document.elementFromPoint(x, y)).filter(Boolean);
  const wrong = [
    ...(ring ? [] : [" WITHOUT A FOCUS TO BE SEEN"]),
    ...(ring && contrast < LEAST_CONTRAST ? [` WITHOUT CONTRAST OF ITS FOCUS: ${contrast.toFixed(2)}`] : []),
    ...(met.some((other) => one.contains(other) || other.contains(one) && other.matches("label, a, summary")) ? [] : [" WITHOUT ROOM: IT IS COVERED"]),
  ];
  const all = [...document.querySelectorAll("*")].indexOf(one);
  const words = (one.ariaLabel || one.innerText || one.name || "").trim().slice(0, 60);
  return `${all} ${one.tagName} ${words}${wrong.join("")}`;
}
