import assert from "node:assert/strict";
import { test } from "node:test";
import { hintsFor } from "../../static/js/lib/hints.js";

const CASES = [
  [
    "own server",
    {
      status: 409,
      message: "User ada already has a running server: go on there",
    },
    /Your servers/,
  ],
  [
    "rate limit",
    { status: 429, message: "Rate limit exceeded. Try again in 12 minutes." },
    /from one address/,
  ],
  [
    "quota",
    {
      status: 429,
      message: "Too many users running https://x/y! Try again soon.",
    },
    /places become free/,
  ],
  [
    "no such ref",
    { status: 404, message: "Could not resolve ref for gh/user/repo/nope" },
    /spelling/,
  ],
  [
    "old page",
    {
      status: 403,
      message: "The build token has expired; load the page anew.",
    },
    /too old/,
  ],
  [
    "banned",
    { status: 403, message: "Requests from your network are not accepted." },
    /does not accept/,
  ],
  ["no memory", { message: "exit code: 137" }, /more memory/],
  [
    "builder's memory",
    { message: "repo2docker ran out of the memory that a build may take." },
    /more memory/,
  ],
  [
    "pip",
    { log: "ERROR: No matching distribution found for nosuch" },
    /package was not found/,
  ],
  [
    "conda",
    { log: "PackagesNotFoundError: The following packages are not available" },
    /package was not found/,
  ],
  [
    "apt",
    { log: "E: Unable to locate package nosuch" },
    /package was not found/,
  ],
  [
    "conflict",
    { log: "ERROR: ResolutionImpossible: for help visit" },
    /go together/,
  ],
  ["disk", { log: "write /x: no space left on device" }, /disk is full/],
  ["offline", { log: "Temporary failure in name resolution" }, /internet/],
  [
    "slow",
    { message: "it took longer than the 14400 seconds that a build may take." },
    /too long/,
  ],
  [
    "docker",
    { message: "No Docker daemon answers at /var/run/docker.sock." },
    /does not work at the moment/,
  ],
  [
    "hub",
    {
      status: 502,
      message: "JupyterHub stopped reporting",
      doing: "launching",
    },
    /does not work at the moment/,
  ],
  ["cancelled", { message: "The build was cancelled." }, /stopped it/],
  [
    "no such command",
    {
      message: "executor failed running [/bin/sh -c maek all]: exit code: 127",
    },
    /command was not found/,
  ],
  ["any build", { message: "exit code: 3" }, /last lines of the log/],
  [
    "any server",
    {
      status: 500,
      message: "ModuleNotFoundError: No module named 'jupyter_server'",
      log: "ERROR: No matching distribution found, but never mind",
      doing: "launching",
    },
    /did not start/,
  ],
];

for (const [name, trouble, advice] of CASES) {
  test(name, () => {
    const hints = hintsFor({
      message: "",
      doing: "building",
      log: "",
      ...trouble,
    });
    assert.match(hints[0], advice);
    assert.ok(hints.length <= 2);
  });
}
