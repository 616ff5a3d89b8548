import assert from "node:assert/strict";
import { test } from "node:test";
import { clockTime, plain, roughly } from "../../static/js/lib/text.js";

test("plain text has neither colours nor what was overwritten", () => {
  assert.equal(plain("\u001b[1;31mred\u001b[0m\n"), "red\n");
  assert.equal(plain("10%\r50%\r100%\r\nnext"), "100%\nnext");
});

test("a clock", () => {
  assert.equal(clockTime(7_900), "0:07");
  assert.equal(clockTime(3_723_000), "1:02:03");
  assert.equal(clockTime(-5), "0:00");
});

test("rough durations", () => {
  assert.equal(roughly(3), "a few seconds");
  assert.equal(roughly(9), "about 10 seconds");
  assert.equal(roughly(84), "about 80 seconds");
  assert.equal(roughly(170), "about 3 minutes");
  assert.equal(roughly(3 * 3600), "about 3 hours");
});
