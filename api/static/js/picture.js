/** A picture that sharpens: bare paper, then the blurred miniature, then the preview, then the picture itself. */

import { decodeBlurhash } from "./blurhash.js";
import { make } from "./elements.js";
import { mediaAddress } from "./media.js";

const MINIATURE = 32; // pixels a side; the browser smooths it up to the frame's size

/**
 * @param {object} [options]
 * @param {string} [options.className]
 * @param {boolean} [options.decorative] its text is said elsewhere
 * @param {() => void} [options.onBroken] an address did not answer, most likely because it has expired
 * @returns {{element: HTMLElement, show: (image: object | null, rough?: boolean) => void}}
 */
export function createPicture({ className = "picture", decorative = false, onBroken = () => {} } = {}) {
  const element = make("div", { class: className });
  let shown = null;

  function show(image, rough = false) {
    const wish = image ? `${image.key} ${image.url}` : null;
    if (wish === shown) return;
    shown = wish;
    if (!image) {
      element.replaceChildren();
      return;
    }
    if (!element.hasChildNodes()) addMiniature(element, image.blurhash);
    const picture = make("img", {
      class: rough ? "layer rough" : "layer",
      src: mediaAddress(image.url),
      alt: decorative ? "" : image.alt,
      width: image.width,
      height: image.height,
      decoding: "async",
    });
    element.append(picture);
    picture.decode().then(() => reveal(picture), () => picture.isConnected && wish === shown && onBroken());
  }

  return { element, show };
}

function addMiniature(element, blurhash) {
  const pixels = decodeBlurhash(blurhash, MINIATURE, MINIATURE);
  if (!pixels) return;
  const canvas = make("canvas", { class: "layer miniature shown", width: MINIATURE, height: MINIATURE, "aria-hidden": "true" });
  canvas.getContext("2d").putImageData(new ImageData(pixels, MINIATURE, MINIATURE), 0, 0);
  element.append(canvas);
}

/** Fades the picture in; what it covers leaves when it is covered, so that its text is not read out twice. */
function reveal(picture) {
  const covered = [];
  for (let layer = picture.previousElementSibling; layer; layer = layer.previousElementSibling) covered.push(layer);
  for (const layer of covered) layer.setAttribute("aria-hidden", "true");
  const leave = () => covered.forEach((layer) => layer.remove());
  requestAnimationFrame(() => {
    picture.classList.add("shown");
    const fading = picture.getAnimations();
    if (fading.length) Promise.allSettled(fading.map(({ finished }) => finished)).then(leave);
    else leave();
  });
}
