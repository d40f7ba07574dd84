// Files as carriers send them, and lists of devices.

/** Others than those of the pools that are made by `newPool`, whose secrets are numbered as well. */
let numbers = 1_000_000;

/** The check digit of a number (Luhn). */
function checkDigit(digits) {
  const values = [...digits].reverse().map((digit, at) => {
    const value = Number(digit) * (at % 2 === 0 ? 2 : 1);
    return value > 9 ? value - 9 : value;
  });
  return (10 - (values.reduce((sum, value) => sum + value, 0) % 10)) % 10;
}

/** An ICCID that a real code could have, another one each time. */
export function iccid() {
  const digits = `89445001${String(++numbers).padStart(10, "0")}`;
  return digits + checkDigit(digits);
}

/** Codes as lines of ICCID and matching ID. */
export const lines = (count, separator = ",") =>
  Array.from({ length: count }, () => `${iccid()}${separator}SECRET-${numbers}`);

/** The file that Intune takes. */
export const carrierFile = (count) => ["smdp.example.com", ...lines(count), ""].join("\n");

/** A file to be chosen in a page. */
export const file = (name, text) => ({ name, mimeType: "text/csv", buffer: Buffer.from(text) });

/** Drops a file onto an element, as people do with the mouse. */
export async function drop(page, locator, { name, buffer }) {
  const transfer = await page.evaluateHandle(([name, text]) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([text], name, { type: "text/csv" }));
    return transfer;
  }, [name, buffer.toString()]);
  await locator.dispatchEvent("drop", { dataTransfer: transfer });
}

/** The text of the file that a click saves. */
export async function saved(page, button) {
  const [download] = await Promise.all([page.waitForEvent("download"), button.click()]);
  const { readFile } = await import("node:fs/promises");
  return readFile(await download.path(), "utf8");
}
