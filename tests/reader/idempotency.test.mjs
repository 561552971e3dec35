import assert from "node:assert/strict";
import { test } from "node:test";
import { askOnce } from "../../api/static/js/idempotency.js";

/** A server whose answers are lost as long as `lost` says so. */
function listening(lost = () => false) {
  const keys = [];
  let made = 0;
  const ask = askOnce(
    async ({ idempotencyKey }) => {
      keys.push(idempotencyKey);
      if (lost(keys.length)) throw new Error("lost");
      return { __typename: "CreateStoryPayload" };
    },
    () => `key ${(made += 1)}`,
  );
  return { keys, ask };
}

test("the same wish is sent with the same key until it is answered", async () => {
  const { keys, ask } = listening((time) => time <= 2);
  await assert.rejects(ask({ premise: "a fox" }));
  await assert.rejects(ask({ premise: "a fox" }));
  await ask({ premise: "a fox" });
  assert.deepEqual(keys, ["key 1", "key 1", "key 1"]);
});

test("the same wish after an answer is another one", async () => {
  const { keys, ask } = listening();
  await ask({ premise: "a fox" });
  await ask({ premise: "a fox" });
  assert.deepEqual(keys, ["key 1", "key 2"]);
});

test("another wish has another key, even while the first is unanswered", async () => {
  const { keys, ask } = listening((time) => time === 1);
  await assert.rejects(ask({ premise: "a fox" }));
  await ask({ premise: "a bear" });
  await ask({ premise: "a fox" });
  assert.deepEqual(keys, ["key 1", "key 2", "key 1"]);
});

test("a key that nobody named is long and never the same", async () => {
  const keys = [];
  const ask = askOnce(async ({ idempotencyKey }) => keys.push(idempotencyKey));
  await ask({});
  await ask({});
  assert.ok(keys[0].length >= 32);
  assert.notEqual(keys[0], keys[1]);
});
