// Where the service and its console are, known from where this module is:
// …/console/assets/{hash}/src/places.js

/** The console, with a slash at its end. */
export const CONSOLE = new URL("../../../", import.meta.url);

/** The service, with a slash at its end. */
export const SERVICE = new URL("../", CONSOLE);
