// Paths of the API and the names of permissions.

import { query } from "./words.js";

export const POOLS = "/deviceManagement/embeddedSIMActivationCodePools";
export const AUDIT = "/deviceManagement/auditEvents";

export const READ = "DeviceManagementConfiguration.Read.All";
export const WRITE = "DeviceManagementConfiguration.ReadWrite.All";
export const CLAIM = "EmbeddedSIMActivationCode.Claim.All";
export const READ_AUDIT = "DeviceManagementApps.Read.All";
export const WRITE_AUDIT = "DeviceManagementApps.ReadWrite.All";

/** A path with query options, those without a value left out.
 * @param {string} path
 * @param {Record<string, string | number | null | undefined>} options */
export const withOptions = (path, options) => path + query(options);
