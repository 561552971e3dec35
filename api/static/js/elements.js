/** The few words with which this page builds its elements. */

/** @returns {HTMLElement} the element with that id, which index.html has */
export const byId = (id) => document.getElementById(id);

/**
 * @param {string} tag
 * @param {Record<string, unknown>} [attributes] functions become listeners, true an empty attribute; null and false none
 * @param {...(Node | string)} children
 * @returns {HTMLElement}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

/** @returns {SVGElement} a symbol of index.html as a picture that screen readers pass over */
export function icon(name, className = "icon") {
  const namespace = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(namespace, "svg");
  const use = document.createElementNS(namespace, "use");
  picture.setAttribute("class", className);
  picture.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#icon-${name}`);
  picture.append(use);
  return picture;
}

/** @returns {boolean} the reader asked for a page without movement */
export const prefersStillness = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
