/**
 * What a person may choose to see first in their server, each a way from a path to BinderHub's `urlpath`.
 *
 * @type {Record<string, {label: string, placeholder: string, toUrlPath: (path: string) => string}>}
 */
export const KINDS = {
  lab: {
    label: "Folder or file in JupyterLab (optional)",
    placeholder: "notebooks",
    toUrlPath: (path) => (path ? `lab/tree/${encodeFile(path)}` : "lab"),
  },
  file: {
    label: "Path of the file",
    placeholder: "index.ipynb",
    toUrlPath: (path) => path && `doc/tree/${encodeFile(path)}`,
  },
  url: {
    label: "URL path on the server",
    placeholder: "rstudio",
    toUrlPath: (path) => path,
  },
};

/** @param {string} path */
function encodeFile(path) {
  return path.replace(/^\/+/, "").split("/").map(encodeURIComponent).join("/");
}

/**
 * @param {string} kind a key of KINDS; any other stands for "whatever the image opens"
 * @param {string} path
 */
export function urlPathOf(kind, path) {
  return KINDS[kind]?.toUrlPath(path.trim()) ?? "";
}
