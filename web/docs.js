// The page of the operations: search, copying, and links that open what they lead to. Without this script
// the page is complete, too.

const form = /** @type {HTMLFormElement} */ (document.getElementById("search"));
const box = /** @type {HTMLInputElement} */ (form.querySelector("input"));
const found = /** @type {HTMLElement} */ (document.getElementById("found"));
const sections = [...document.querySelectorAll("main > section")];

/** What is searched of each operation and schema: all but its example, whose words are those of a shell.
 * @type {[HTMLElement, string][]} */
const items = sections.flatMap((section) => {
  const topic = [...section.children].filter((child) => child.localName !== "details");
  const about = topic.map((child) => child.textContent).join(" ");
  return [...section.querySelectorAll(":scope > details")].map((details) => {
    const parts = [...details.children].filter((child) => child.className !== "example");
    const text = `${about} ${parts.map((part) => part.textContent).join(" ")}`.toLowerCase();
    return /** @type {[HTMLElement, string]} */ ([details, text]);
  });
});

/** Shows what has all words. */
function search() {
  const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const [details, text] of items) {
    const matches = words.every((word) => text.includes(word));
    details.hidden = !matches;
    if (matches) count += 1;
  }
  for (const section of sections) {
    /** @type {HTMLElement} */ (section).hidden = !section.querySelector(":scope > details:not([hidden])");
  }
  found.textContent = words.length ? (count ? `${count} found` : "Nothing has all of these words.") : "";
}

/** Opens what the address names. */
function reveal() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  if (target.hidden || target.closest("[hidden]")) {
    box.value = "";
    search();
  }
  if (target instanceof HTMLDetailsElement) target.open = true;
  target.scrollIntoView();
}

form.hidden = false;
form.addEventListener("submit", (event) => event.preventDefault());
box.addEventListener("input", search);
addEventListener("hashchange", reveal);
reveal();

for (const example of document.querySelectorAll(".example")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    const lines = /** @type {HTMLElement} */ (example.querySelector("code"));
    try {
      await navigator.clipboard.writeText(`${lines.textContent}\n`);
      button.textContent = "Copied";
    } catch {
      // Only https:// and this machine may write there: then the lines are chosen for the keyboard.
      getSelection()?.selectAllChildren(lines);
    }
  });
  example.append(button);
}
