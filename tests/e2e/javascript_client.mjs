/**
 * Launches with npm's own client: `node javascript_client.mjs BINDER_URL PROVIDER/SPEC [QUERY [BUILD_TOKEN]]`.
 *
 * Prints each event as a line of JSON, and after `ready` one with the address that the client
 * makes of it and the status that a browser would get there.
 */
globalThis.window = globalThis;
globalThis.document = { cookie: "", removeEventListener() {} };
// After `failed` the client rejects a promise that it gives to nobody.
process.on("unhandledRejection", () => {});

const { BinderRepository } =
  await import("@jupyterhub/binderhub-client/client.js");
const { LaunchSpec } = await import("@jupyterhub/binderhub-client/spec.js");

const [binderUrl, providerSpec, query = "", buildToken] = process.argv.slice(2);
const print = (line) => console.log(JSON.stringify(line));

const repository = new BinderRepository(
  providerSpec,
  new URL("build/", binderUrl),
  { buildToken },
);
for await (const event of repository.fetch()) {
  print(event);
  if (event.phase === "failed") {
    break;
  }
  if (event.phase === "ready") {
    const launchSpec = LaunchSpec.fromSearchParams(new URLSearchParams(query));
    const address = launchSpec.getJupyterServerRedirectUrl(
      new URL(event.url),
      event.token,
    );
    print({ address, status: (await fetch(address)).status });
    break;
  }
}
repository.close();
