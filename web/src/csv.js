// Reading and writing of comma-separated values, and files that the person saves.

/** Cells that a spreadsheet would run as a formula begin with one of these. */
const FORMULA = /^[=+\-@\t\r\n]/;

/**
 * The text of a CSV file (RFC 4180). A cell that a spreadsheet would run as a formula is prefixed with an apostrophe, as
 * the service does in its exports.
 * @param {(string | number | null | undefined)[][]} rows
 */
export function writeCsv(rows) {
  return rows.map((row) => row.map(cell).join(",") + "\r\n").join("");
}

/** @param {string | number | null | undefined} value */
function cell(value) {
  let text = value === null || value === undefined ? "" : String(value);
  if (typeof value === "string" && FORMULA.test(text)) {
    text = "'" + text;
  }
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * The records of a text in which fields are separated by commas, semicolons or tabs, each with the number of its first
 * line. Empty lines are left out.
 * @param {string} text
 * @returns {{line: number, fields: string[]}[]}
 */
export function readCsv(text) {
  const content = text.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n");
  const separator = separatorOf(content);
  /** @type {{line: number, fields: string[]}[]} */
  const records = [];
  /** @type {string[]} */
  let fields = [];
  let field = "";
  let quoted = false;
  let line = 1;
  let first = 1;
  const endRecord = () => {
    fields.push(bare(field));
    if (fields.some((it) => it !== "")) {
      records.push({ line: first, fields });
    }
    fields = [];
    field = "";
  };
  for (let index = 0; index < content.length; index += 1) {
    const character = content[index];
    line += character === "\n" ? 1 : 0;
    if (quoted) {
      if (character !== '"') {
        field += character;
      } else if (content[index + 1] === '"') {
        field += '"';
        index += 1;
      } else {
        quoted = false;
      }
    } else if (character === '"' && /^=?\s*$/.test(field)) {
      quoted = true;
      field = "";
    } else if (character === separator) {
      fields.push(bare(field));
      field = "";
    } else if (character === "\n") {
      endRecord();
      first = line;
    } else {
      field += character;
    }
  }
  endRecord();
  return records;
}

/** The separator that occurs most in the first line. @param {string} content */
function separatorOf(content) {
  const [line] = content.trimStart().split("\n", 1);
  const counts = ["\t", ";", ","].map((it) => ({ it, count: line.split(it).length }));
  return counts.reduce((most, next) => (next.count > most.count ? next : most)).it;
}

/** A value without what surrounds it and is no part of it. @param {string} field */
function bare(field) {
  return field.replace(/[\u200B-\u200D\u2060\uFEFF]/g, "").trim().replace(/^'/, "");
}

/**
 * Saves a file in the browser's folder of downloads.
 * @param {string} name
 * @param {Blob} content
 */
export function saveFile(name, content) {
  const url = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser reads the file after this turn.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/**
 * Saves rows as a CSV file that spreadsheets open as UTF-8.
 * @param {string} name
 * @param {(string | number | null | undefined)[][]} rows
 */
export function saveCsv(name, rows) {
  saveFile(name, new Blob(["\uFEFF", writeCsv(rows)], { type: "text/csv;charset=utf-8" }));
}
