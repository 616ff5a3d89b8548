/** In the pages of `make dev` only: shows at once what somebody has saved. */
const changes = new EventSource(new URL("../../dev/changes", import.meta.url));

/** @param {string} url of a stylesheet, with or without the hash of its content */
const nameOf = (url) =>
  new URL(url, location.href).pathname.replace(/-[A-Z0-9]{8}(?=\.css$)/, "");

/**
 * Puts a new stylesheet in the old one's place, which stays until the new one is there.
 *
 * @param {string} url
 */
function restyle(url) {
  for (const old of document.querySelectorAll("link[rel=stylesheet]")) {
    if (nameOf(old.href) === nameOf(url)) {
      const link = old.cloneNode();
      link.href = url;
      link.addEventListener("load", () => old.remove());
      old.after(link);
    }
  }
}

let server = "";
changes.addEventListener("server", ({ data }) => {
  if (server && server !== data) {
    location.reload(); // it was started anew
  }
  server = data;
});
changes.addEventListener("reload", () => location.reload());
changes.addEventListener("styles", ({ data }) =>
  JSON.parse(data).forEach(restyle),
);
