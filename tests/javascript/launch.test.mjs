import assert from "node:assert/strict";
import { test } from "node:test";
import { percentDone, secondsLeft } from "../../static/js/lib/estimate.js";
import { advance, newLaunch } from "../../static/js/lib/launch.js";
import {
  detailWords,
  failedWhen,
  phaseWords,
  remainingWords,
  tabTitle,
} from "../../static/js/lib/words.js";

const BEGUN = {
  phase: "waiting",
  message: "Waiting for build to start...\n",
  build: "build-1",
  started_it: true,
  running_seconds: null,
};

/** The launch after events, each a second after the one before. */
const after = (...events) =>
  events.reduce(
    (launch, event, index) => advance(launch, event, index * 1000),
    newLaunch(),
  );
const building = (message) => ({ phase: "building", message });

test("a queue is told by its length", () => {
  const waiting = (ahead) => ({ phase: "waiting", message: "…", ahead });
  const three = after(BEGUN, waiting(3));
  assert.equal(phaseWords(three), "In the queue: 3 builds are ahead of yours");
  assert.equal(tabTitle(three, "x"), "3 ahead: x");
  const one = after(BEGUN, waiting(3), waiting(1));
  assert.equal(phaseWords(one), "In the queue: 1 build is ahead of yours");
});

test("steps are found in the log, in either engine's form", () => {
  for (const [line, words] of [
    ["#8 [4/6] RUN pip install x\n", "Step 4 of 6: RUN pip install x"],
    ["#8 [stage-1 2/7] COPY . /home\n", "Step 2 of 7: COPY . /home"],
    ["#8 [ 2/12] RUN x\n", "Step 2 of 12: RUN x"],
    ["Step 3/12 : RUN make\n", "Step 3 of 12: RUN make"],
    ["#5 [internal] load build context\n", "Preparing the build"],
    ["#8 1.5 [2/2] looks like one\n", "Preparing the build"],
  ]) {
    const launch = after(
      BEGUN,
      building("Using DockerBuildPack"),
      building(line),
    );
    assert.equal(detailWords(launch), words);
  }
});

test("a line of no known phase changes no words, but may tell of a step", () => {
  const unknown = { phase: "unknown", message: "Step 2/3 : RUN true\n" };
  assert.equal(after(BEGUN, unknown).phase, "waiting");
  const launch = after(BEGUN, building("x"), unknown);
  assert.equal(detailWords(launch), "Step 2 of 3: RUN true");
});

test("the bar never stands still at nothing and never arrives too early", () => {
  const expected = {
    ...BEGUN,
    expected_seconds: 60,
    expected_from: "repository",
  };
  const launch = after(expected, building("x"));
  const at = (seconds) => percentDone(launch, 1000 + seconds * 1000);
  assert.ok(at(0) === 10);
  assert.ok(at(15) > 27 && at(15) < 30);
  assert.ok(at(30) > 46 && at(30) < 49);
  assert.ok(at(60) > 70 && at(60) < at(90) && at(600) < 86);
});

test("without earlier builds the steps tell how far it is", () => {
  const half = after(BEGUN, building("x"), building("#8 [4/6] RUN x\n"));
  assert.equal(percentDone(half, 99_000), 10 + 75 / 2);
  const nothing = after(BEGUN, building("x"));
  assert.ok(percentDone(nothing, 60_000) > percentDone(nothing, 2_000));
});

test("a build that others have begun is as far as it is", () => {
  const joined = {
    ...BEGUN,
    started_it: false,
    running_seconds: 45,
    expected_seconds: 60,
    expected_from: "repository",
  };
  const launch = after(joined, building("x"));
  assert.equal(launch.ours, false);
  assert.equal(secondsLeft(launch, 0), 15);
  assert.equal(
    remainingWords(launch, 15),
    "About 20 seconds to go, judging by earlier builds of this repository.",
  );
});

test("what takes longer than expected says so", () => {
  const others = { ...BEGUN, expected_seconds: 100, expected_from: "others" };
  const launch = after(others, building("x"));
  assert.equal(
    remainingWords(launch, -1),
    "It takes longer than expected (about 2 minutes).",
  );
  assert.match(
    remainingWords(launch, 50),
    /About 50 seconds .* other repositories/,
  );
  assert.equal(remainingWords(after(BEGUN, building("x")), null), "");
});

test("an image that is there needs no build", () => {
  const built = {
    phase: "built",
    message: "Found built image, launching...\n",
  };
  const launching = { phase: "launching", message: "Spawning server...\n" };
  const launch = after(
    { phase: "waiting", message: "Looking up x" },
    built,
    launching,
  );
  assert.equal(detailWords(launch), "Spawning server...");
  assert.ok(percentDone(launch, 3000) < percentDone(launch, 6000));
  const ready = advance(launch, { phase: "ready" }, 9000);
  assert.equal(percentDone(ready, 9000), 100);
});

test("a failure names what failed, and its step", () => {
  const failed = { phase: "failed", message: "exit code: 1\n" };
  assert.equal(
    failedWhen(after(BEGUN, building("x"), building("#8 [4/6] RUN x"), failed)),
    "It failed while building the image, at step 4 of 6: RUN x",
  );
  assert.equal(
    failedWhen(after({ phase: "waiting", message: "Looking up x" }, failed)),
    "It failed before anything was built",
  );
  assert.equal(
    failedWhen(after({ phase: "launching", message: "x" }, failed)),
    "It failed while starting the server",
  );
});

test("a connection that comes back goes on with the phase that it had", () => {
  const launch = { ...after(BEGUN, building("x")), phase: "lost" };
  assert.equal(phaseWords(launch), "The connection is lost");
  assert.equal(advance(launch, building("y"), 0).phase, "building");
  assert.equal(
    advance(launch, { phase: "unknown", message: "z" }, 0).phase,
    "building",
  );
});
