// What the audit log says, in words: the one vocabulary of its activities and properties.

import { codePath } from "./router.js";
import { count, number, state } from "./words.js";

/** @import { AuditEvent } from "../types/entities.js" */

/** A part of a sentence: words, or the name of something with the path of its screen, if it has one.
 * @typedef {string | {text: string, path: string | null}} Part */

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

/** The properties that the audit log names, in words. @type {Record<string, string>} */
const PROPERTIES = {
  activationCodeCount: "codes",
  lowStockThreshold: "threshold",
  displayName: "name",
  deviceName: "device",
  userName: "user",
  universalIntegratedCircuitCardIdentifier: "EID",
  lastSyncDateTime: "last check-in",
  stateDetails: "details",
  target: "for",
};

/**
 * An event as a sentence without its subject: what was done to what.
 * @param {AuditEvent} event
 * @param {Map<string, string>} pools The names of the pools that are stored.
 * @returns {Part[]}
 */
export function parts(event, pools) {
  const { activityType, resources } = event;
  const of = (/** @type {string} */ kind) => resources.filter((it) => it.auditResourceType === kind);
  const poolOf = of("embeddedSIMActivationCodePool")[0];
  const isStored = poolOf !== undefined && pools.has(poolOf.resourceId);
  const name = poolOf && (poolOf.displayName ?? pools.get(poolOf.resourceId));
  const pool = { text: name ? `pool “${name}”` : "a pool", path: isStored ? `/pools/${poolOf.resourceId}` : null };
  const codes = of("embeddedSIMActivationCode");
  const code =
    codes.length === 1
      ? {
          text: `code ${codes[0].displayName ?? ""}`.trim(),
          path: isStored ? codePath(poolOf.resourceId, codes[0].resourceId, codes[0].displayName) : null,
        }
      : `${codes.length} codes`;
  const devices = of("embeddedSIMDeviceState");
  const device =
    devices.length === 1 ? `“${devices[0].displayName ?? "a device without a name"}”` : `${devices.length} devices`;
  const values = new Map(resources.flatMap((it) => it.modifiedProperties).map((it) => [it.displayName, it]));
  const value = (/** @type {string} */ property) => Number(values.get(property)?.newValue ?? 0);
  const stored = values.get("activationCodeCount");
  const difference = count(Math.abs(Number(stored?.newValue ?? 0) - Number(stored?.oldValue ?? 0)), "code");
  const changes = [...values.values()].map(changed).join("; ");
  const how = changes === "" ? "" : ` (${changes})`;
  switch (activityType) {
    case "createPool":
      return said`Created ${pool}${how}`;
    case "updatePool":
      return said`Changed ${pool}${how}`;
    case "importPool":
      return said`Imported ${difference} into the new ${pool}${lines(value)}`;
    case "importCodes":
      return said`Imported ${difference} into ${pool}${lines(value)}`;
    case "checkImport":
      return said`Checked a file for an import${lines(value)}`;
    case "removeCodes":
      return values.has("importId")
        ? said`Undid an import: ${difference} of ${pool} removed, ${number(value("leftCount"))} left`
        : said`Removed ${difference} of ${pool}, which were free`;
    case "deletePool":
      return said`Removed ${pool}${how}`;
    case "setLowStockThreshold":
      return said`Set the low-stock threshold of ${pool}${how}`;
    case "claim":
      return said`Gave ${code} of ${pool} to ${device}`;
    case "claimAgain":
      return said`Gave ${code} of ${pool} to ${device}, which had it already`;
    case "showCode":
      return codes.length === 0 ? said`Was shown a code of ${pool}` : said`Was shown ${code} of ${device}, ${pool}`;
    case "release":
      return said`Released ${code} of ${device}, ${pool}; it is in quarantine`;
    case "reinstate":
      return said`Reinstated ${code} of ${pool}; it is free again`;
    case "createDeviceState":
      return said`Added the state of ${device}, ${pool}${how}`;
    case "updateDeviceState":
      return said`Changed the state of ${device}, ${pool}${how}`;
    case "deleteDeviceState":
      return said`Removed the state of ${device}, ${pool}${how}`;
    case "assign":
      return said`Replaced the assignments of ${pool}${how}`;
    case "createAssignment":
      return said`Added an assignment of ${pool}${how}`;
    case "updateAssignment":
      return said`Changed an assignment of ${pool}${how}`;
    case "deleteAssignment":
      return said`Removed an assignment of ${pool}${how}`;
    case "quarantine":
      return said`Put free codes of ${pool} into quarantine${how}`;
    case "giveUpChange":
      return said`Gave up a change, because the database broke off`;
    default:
      return said`${event.displayName}: ${pool}${how}`;
  }
}

/** The same as text.
 * @param {AuditEvent} event
 * @param {Map<string, string>} pools */
export const sentence = (event, pools) =>
  parts(event, pools).map((part) => (typeof part === "string" ? part : part.text)).join("");

/** @param {TemplateStringsArray} words
 * @param {Part[]} names
 * @returns {Part[]} */
function said(words, ...names) {
  return words.flatMap((word, index) => (index < names.length ? [word, names[index]] : [word]));
}

/** A property before and after. @param {AuditEvent["resources"][0]["modifiedProperties"][0]} property */
function changed({ displayName: name, oldValue, newValue }) {
  const value = (/** @type {string | null} */ text) => (text === null ? "nothing" : name === "state" ? state(text) : text);
  return `${PROPERTIES[name] ?? name}: ${oldValue === null ? "" : `${value(oldValue)} → `}${value(newValue)}`;
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
