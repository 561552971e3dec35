/**
 * Decodes a BlurHash, the blurred miniature of a picture in some thirty letters (format: blurha.sh).
 * A string that is none gives null, and the page shows bare paper instead.
 */

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~";

/**
 * @param {string} hash
 * @param {number} width pixels to paint, a few dozen are plenty
 * @param {number} height
 * @returns {Uint8ClampedArray | null} RGBA, row by row
 */
export function decodeBlurhash(hash, width, height) {
  const digits = Array.from(hash, (letter) => ALPHABET.indexOf(letter));
  if (digits.length < 6 || digits.includes(-1)) return null;
  const columns = (digits[0] % 9) + 1;
  const rows = Math.floor(digits[0] / 9) + 1;
  if (digits.length !== 4 + 2 * columns * rows) return null;
  return paint(componentsOf(digits, columns * rows), columns, rows, width, height);
}

function componentsOf(digits, count) {
  const contrast = (digits[1] + 1) / 166;
  const components = [meanColour(number(digits.slice(2, 6)))];
  for (let index = 1; index < count; index += 1) {
    const value = number(digits.slice(4 + 2 * index, 6 + 2 * index));
    components.push([Math.floor(value / 361), Math.floor(value / 19) % 19, value % 19].map((step) => wave(step, contrast)));
  }
  return components;
}

function paint(components, columns, rows, width, height) {
  const pixels = new Uint8ClampedArray(4 * width * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = 4 * (y * width + x);
      for (let channel = 0; channel < 3; channel += 1) {
        let light = 0;
        for (let row = 0; row < rows; row += 1) {
          const vertical = Math.cos((Math.PI * y * row) / height);
          for (let column = 0; column < columns; column += 1) {
            light += components[row * columns + column][channel] * vertical * Math.cos((Math.PI * x * column) / width);
          }
        }
        pixels[at + channel] = toSrgb(light);
      }
      pixels[at + 3] = 255;
    }
  }
  return pixels;
}

function number(digits) {
  return digits.reduce((sum, digit) => sum * 83 + digit, 0);
}

function meanColour(value) {
  return [value >> 16, (value >> 8) & 255, value & 255].map(toLinear);
}

function wave(step, contrast) {
  const signed = (step - 9) / 9;
  return Math.sign(signed) * signed * signed * contrast;
}

function toLinear(level) {
  const share = level / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}

function toSrgb(light) {
  const share = Math.min(1, Math.max(0, light));
  return Math.round(255 * (share <= 0.0031308 ? share * 12.92 : 1.055 * share ** (1 / 2.4) - 0.055));
}
