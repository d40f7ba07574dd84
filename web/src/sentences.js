// What the audit log says, in words.

import { count, number } from "./words.js";

/** @import { AuditEvent } from "../types/entities.js" */

/** The activities by their types, as a person chooses among them. @type {Record<string, string>} */
export const ACTIVITIES = {
  createPool: "pool created",
  updatePool: "pool changed",
  importPool: "imported into a new pool",
  importCodes: "imported into a pool",
  checkImport: "import checked",
  removeCodes: "free codes removed",
  deletePool: "pool removed",
  setLowStockThreshold: "threshold set",
  assign: "assignments replaced",
  createAssignment: "assignment added",
  updateAssignment: "assignment changed",
  deleteAssignment: "assignment removed",
  createDeviceState: "device state added",
  updateDeviceState: "device state changed",
  deleteDeviceState: "device state removed",
  claim: "code given",
  claimAgain: "code given again",
  showCode: "code shown",
  release: "code released",
  reinstate: "code reinstated",
  quarantine: "codes quarantined",
  giveUpChange: "change given up",
};

/**
 * An event as a sentence without its subject: what was done to what.
 * @param {AuditEvent} event
 * @param {Map<string, string>} pools The names of the pools that are stored.
 */
export function sentence(event, pools) {
  const { activityType, resources } = event;
  const of = (/** @type {string} */ kind) => resources.filter((it) => it.auditResourceType === kind);
  const poolOf = of("embeddedSIMActivationCodePool")[0];
  const name = poolOf && (poolOf.displayName ?? pools.get(poolOf.resourceId));
  const pool = name ? `pool “${name}”` : "a pool";
  const codes = of("embeddedSIMActivationCode");
  const code = codes.length === 1 ? `code ${codes[0].displayName ?? ""}`.trim() : `${codes.length} codes`;
  const devices = of("embeddedSIMDeviceState");
  const device =
    devices.length === 1 ? `“${devices[0].displayName ?? "a device without a name"}”` : `${devices.length} devices`;
  const values = new Map(
    resources.flatMap((it) => it.modifiedProperties).map((it) => [it.displayName, it]),
  );
  const codesOf = (/** @type {number} */ amount) => count(amount, "code");
  const value = (/** @type {string} */ property) => Number(values.get(property)?.newValue ?? 0);
  const stored = values.get("activationCodeCount");
  const difference = Math.abs(Number(stored?.newValue ?? 0) - Number(stored?.oldValue ?? 0));
  const changes = [...values.values()]
    .map((it) => `${it.displayName}: ${it.oldValue ?? "nothing"} → ${it.newValue ?? "nothing"}`)
    .join("; ");
  const changed = changes === "" ? "" : ` (${changes})`;
  switch (activityType) {
    case "createPool":
      return `Created ${pool}${changed}`;
    case "updatePool":
      return `Changed ${pool}${changed}`;
    case "importPool":
      return `Imported ${codesOf(difference)} into the new ${pool}${lines(value)}`;
    case "importCodes":
      return `Imported ${codesOf(difference)} into ${pool}${lines(value)}`;
    case "checkImport":
      return `Checked a file for an import${lines(value)}`;
    case "removeCodes":
      return values.has("importId")
        ? `Undid an import: ${codesOf(difference)} of ${pool} removed, ${number(value("leftCount"))} left`
        : `Removed ${codesOf(difference)} of ${pool}, which were free`;
    case "deletePool":
      return `Removed ${pool}${changed}`;
    case "setLowStockThreshold":
      return `Set the low-stock threshold of ${pool}${changed}`;
    case "claim":
      return `Gave ${code} of ${pool} to ${device}`;
    case "claimAgain":
      return `Gave ${code} of ${pool} to ${device}, which had it already`;
    case "showCode":
      return codes.length === 0 ? `Was shown a code of ${pool}` : `Was shown ${code} of ${device}, ${pool}`;
    case "release":
      return `Released ${code} of ${device}, ${pool}; it is in quarantine`;
    case "reinstate":
      return `Reinstated ${code} of ${pool}; it is free again`;
    case "createDeviceState":
    case "updateDeviceState":
    case "deleteDeviceState":
      return `${{ createDeviceState: "Added", updateDeviceState: "Changed", deleteDeviceState: "Removed" }[activityType]} the state of ${device}, ${pool}${changed}`;
    default:
      return `${event.displayName}: ${pool}${changed}`;
  }
}

/** What an import reports of the other lines. @param {(property: string) => number} value */
function lines(value) {
  const parts = [
    [value("rejectedCount"), "rejected"],
    [value("duplicates"), "known"],
    [value("handedOutCount"), "handed out before"],
  ].filter(([amount]) => amount !== 0);
  return parts.map(([amount, what]) => `, ${number(Number(amount))} ${what}`).join("");
}
