import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeBlurhash } from "../../api/static/js/blurhash.js";

test("a hash of one colour is that colour everywhere", () => {
  // One component and, in base 83, the colour 0xff8000.
  const pixels = decodeBlurhash("00TNoS", 4, 3);
  assert.equal(pixels.length, 4 * 4 * 3);
  for (let at = 0; at < pixels.length; at += 4) assert.deepEqual([...pixels.slice(at, at + 4)], [255, 128, 0, 255]);
});

test("the example of the format's own page has the colours that the reference decoder gives", () => {
  const reference = [
    [[135, 164, 177], [161, 173, 177], [181, 180, 171], [160, 172, 174]],
    [[128, 158, 173], [152, 158, 163], [170, 158, 149], [151, 159, 162]],
    [[120, 148, 162], [141, 134, 139], [158, 125, 108], [142, 140, 141]],
    [[128, 144, 151], [148, 139, 133], [169, 139, 111], [153, 143, 134]],
  ];
  const pixels = decodeBlurhash("LEHV6nWB2yk8pyo0adR*.7kCMdnj", 4, 4);
  reference.flat().forEach((colour, place) => {
    colour.forEach((level, channel) => {
      const got = pixels[4 * place + channel];
      assert.ok(Math.abs(got - level) <= 1, `pixel ${place}: ${got}, not ${level}`); // one level for rounding
    });
  });
});

test("what is no hash gives nothing", () => {
  for (const bad of ["", "LEHV", "LEHV6nWB2yk8pyo0adR*.7kCMdn", "LEHV6nWB2yk8pyo0adR*.7kCMdn\u{1F98A}"]) {
    assert.equal(decodeBlurhash(bad, 8, 8), null);
  }
});
