// Paths of the API and the names of permissions.

import { query } from "./words.js";

export const POOLS = "/deviceManagement/embeddedSIMActivationCodePools";
export const AUDIT = "/deviceManagement/auditEvents";

export const READ = "DeviceManagementConfiguration.Read.All";
export const WRITE = "DeviceManagementConfiguration.ReadWrite.All";
export const CLAIM = "EmbeddedSIMActivationCode.Claim.All";
export const READ_AUDIT = "DeviceManagementApps.Read.All";
export const WRITE_AUDIT = "DeviceManagementApps.ReadWrite.All";

/** The pools by name, with their ids.
 * @param {import("./api.js").Api} api */
export async function poolNames(api) {
  /** @type {{id: string, displayName: string}[]} */
  const pools = [];
  for await (const pool of api.all(`${POOLS}?$select=id,displayName&$orderby=displayName&$top=999`)) pools.push(pool);
  return pools;
}

/** Where the next page of a list begins, or null if there is none.
 * @param {{"@odata.nextLink"?: string}} page */
export function skipToken(page) {
  const link = page["@odata.nextLink"];
  return link === undefined ? null : new URL(link).searchParams.get("$skiptoken");
}

/** A path with query options, those without a value left out.
 * @param {string} path
 * @param {Record<string, string | number | null | undefined>} options */
export const withOptions = (path, options) => path + query(options);
