// A list of devices as people have it: pasted from a spreadsheet, or a file.

import { readCsv } from "./csv.js";

/**
 * A device that is to get a code. Without a problem it can be sent.
 * @typedef {object} Wanted
 * @property {number} line
 * @property {string} deviceName
 * @property {string} eid
 * @property {string} userName
 * @property {string} iccid
 * @property {string | null} problem
 */

/** @typedef {"deviceName" | "eid" | "userName" | "iccid"} Column */

export const MAX_DEVICES = 10_000;

/** The headings that an import knows for these columns. @type {Record<Column, string[]>} */
const HEADINGS = {
  deviceName: [
    "devicename",
    "device",
    "name",
    "computername",
    "computer",
    "machinename",
    "endpoint",
    "endpointname",
    "hostname",
  ],
  eid: ["eid", "euiccid", "deviceeid", "universalintegratedcircuitcardidentifier"],
  userName: ["user", "username", "userprincipalname", "upn", "primaryuser", "assigneduser", "email", "owner"],
  iccid: ["iccid", "integratedcircuitcardidentifier", "simnumber", "esimiccid"],
};

/**
 * The devices of a text, and the columns that were not understood.
 * @param {string} text
 * @returns {{devices: Wanted[], columns: (Column | null)[] | null, ignored: string[], tooMany: boolean}}
 */
export function readDevices(text) {
  const records = readCsv(text);
  const columns = records.length > 0 ? headerOf(records[0].fields) : null;
  const ignored = columns === null ? [] : records[0].fields.filter((_, place) => columns[place] === null);
  const lines = columns === null ? records : records.slice(1);
  /** @type {Map<string, number>} */
  const seen = new Map();
  const devices = lines.slice(0, MAX_DEVICES).map(({ line, fields }) => {
    const device = { line, ...(columns === null ? guessed(fields) : named(fields, columns)) };
    return { ...device, problem: problemOf(device) ?? repeated(device, seen) };
  });
  return { devices, columns, ignored, tooMany: lines.length > MAX_DEVICES };
}

/** The columns that a header names; `null` if the line is no header. @param {string[]} fields */
function headerOf(fields) {
  const names = Object.entries(HEADINGS);
  const columns = fields.map((field) => {
    const bare = field.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
    const known = names.find(([, headings]) => headings.includes(bare));
    return known === undefined ? null : /** @type {Column} */ (known[0]);
  });
  return columns.includes("deviceName") || columns.includes("eid") ? columns : null;
}

/**
 * @param {string[]} fields
 * @param {(Column | null)[]} columns
 */
function named(fields, columns) {
  const device = { deviceName: "", eid: "", userName: "", iccid: "" };
  columns.forEach((column, place) => {
    if (column !== null && device[column] === "") {
      device[column] = fields[place] ?? "";
    }
  });
  return device;
}

/** What each field is, judging by its form. @param {string[]} fields */
function guessed(fields) {
  const device = { deviceName: "", eid: "", userName: "", iccid: "" };
  for (const field of fields) {
    const digits = field.replace(/[\s-]/g, "");
    if (/^\d{32}$/.test(digits) && device.eid === "") {
      device.eid = field;
    } else if (/^89\d{16,18}F?$/i.test(digits) && device.iccid === "") {
      device.iccid = field;
    } else if (/^[^\s@]+@[^\s@]+$/.test(field) && device.userName === "") {
      device.userName = field;
    } else if (field !== "" && device.deviceName === "") {
      device.deviceName = field;
    }
  }
  return device;
}

/** @param {{deviceName: string, eid: string}} device */
function problemOf({ deviceName, eid }) {
  if (deviceName === "" && eid === "") {
    return "It has neither a name nor an EID.";
  }
  if (eid !== "" && !isEid(eid)) {
    return "The EID is not one: 32 digits, of which the last two check the others.";
  }
  return deviceName.length > 256 ? "The name is too long." : null;
}

/**
 * @param {{line: number, deviceName: string, eid: string}} device
 * @param {Map<string, number>} seen
 */
function repeated({ line, deviceName, eid }, seen) {
  const key = eid === "" ? `name ${deviceName.trim().toLowerCase()}` : `eid ${eid.replace(/\D/g, "")}`;
  const earlier = seen.get(key);
  if (earlier !== undefined) {
    return `It is the device of line ${earlier}.`;
  }
  seen.set(key, line);
  return null;
}

/** Whether a text is an EID with valid check digits (GSMA SGP.29). @param {string} text */
export function isEid(text) {
  const digits = text.replace(/[\s-]/g, "");
  return /^\d{32}$/.test(digits) && BigInt(digits) % 97n === 1n;
}
