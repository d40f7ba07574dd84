// Which screen a path shows.

import { CONSOLE } from "./places.js";

/** @typedef {{title: string, view(): unknown, load?(): Promise<void>, leave?(): void}} Screen */
/** @typedef {new (app: import("./app.js").App, params: Record<string, string>, query: URLSearchParams) => Screen} ScreenType */
/** @typedef {{path: string, params: Record<string, string>, query: URLSearchParams, open: () => Promise<{default: ScreenType}>}} Found */

/** The screens, each loaded when it is first shown.
 * @type {[string, () => Promise<any>][]} */
const SCREENS = [
  ["/", () => import("./screens/overview.js")],
  ["/pools/{id}", () => import("./screens/pool.js")],
  ["/pools/{id}/{tab}", () => import("./screens/pool.js")],
  ["/find", () => import("./screens/find.js")],
  ["/codes/{pool}/{id}", () => import("./screens/code.js")],
  ["/import", () => import("./screens/import.js")],
  ["/give", () => import("./screens/give.js")],
  ["/activity", () => import("./screens/activity.js")],
  ["/permissions", () => import("./screens/permissions.js")],
  ["/developer", () => import("./screens/developer.js")],
];

/** The URL of a screen.
 * @param {string} path without /console
 * @returns {string} */
export const href = (path) => new URL(path.replace(/^\//, ""), CONSOLE).href;

/** The path of the screen of a code. Its ICCID is the quick way to find it among very many.
 * @param {string} pool
 * @param {string} id
 * @param {string | null | undefined} iccid */
export const codePath = (pool, id, iccid) => `/codes/${pool}/${id}${iccid ? `?iccid=${encodeURIComponent(iccid)}` : ""}`;

/** The path of a URL without /console, or null if it is no page of the console.
 * @param {URL} url */
export function pathOf(url) {
  const isOurs = url.href.startsWith(CONSOLE.href) || url.href === CONSOLE.href.slice(0, -1);
  return isOurs ? `/${url.pathname.slice(CONSOLE.pathname.length)}` : null;
}

/** The screen at a URL, or null if there is none.
 * @param {URL} url
 * @returns {Found | null} */
export function find(url) {
  const path = (pathOf(url) ?? "/").replace(/(.)\/$/, "$1");
  for (const [pattern, open] of SCREENS) {
    const names = [...pattern.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    const match = path.match(new RegExp(`^${pattern.replaceAll(/\{\w+\}/g, "([^/]+)")}$`));
    if (!match) continue;
    const params = Object.fromEntries(names.map((name, index) => [name, decoded(match[index + 1])]));
    return { path, params, query: url.searchParams, open };
  }
  return null;
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
