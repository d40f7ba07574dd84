// Requests to the service with the token of the session.

import { SERVICE } from "./places.js";

/** How often a GET is repeated that did not reach the service, and after which pauses, in milliseconds. */
const PAUSES = [200, 1000, 3000];

/** @typedef {{headers?: Record<string, string>, signal?: AbortSignal}} Options */
/** @typedef {Options & {ifMatch?: string, idempotencyKey?: string}} SendOptions */
/** @typedef {{status: number, body: any, headers: Headers}} Answer */

/** A refusal of the service, or status 0 if it could not be reached. */
export class ApiError extends Error {
  name = "ApiError";

  /**
   * @param {number} status
   * @param {any} [body] the body of Graph's errors
   * @param {Headers} [headers]
   */
  constructor(status, body, headers) {
    const error = body?.error ?? {};
    const unreachable = "The service could not be reached. Nothing was lost on this page: try again.";
    super(error.message ?? (status ? `The service answered with ${status}.` : unreachable));
    this.status = status;
    /** @type {string} */
    this.code = error.code ?? (status ? String(status) : "Unreachable");
    /** @type {string | undefined} */
    this.target = error.target;
    /** @type {any[]} */
    this.details = error.details ?? [];
    this.body = body;
    this.requestId = headers?.get("request-id") ?? "";
    this.retryAfter = Number(headers?.get("retry-after")) || 0;
  }
}

export class Api {
  /** @param {import("./session.js").Session} session */
  constructor(session) {
    this.session = session;
  }

  /** Parsed JSON of a path relative to /beta.
   * @param {string} path
   * @param {Options} [options]
   * @returns {Promise<any>} */
  async get(path, options) {
    return (await this.#read(path, options)).json();
  }

  /** Parsed JSON with its ETag, for a change that must not overwrite another one.
   * @param {string} path
   * @param {Options} [options] */
  async getTagged(path, options) {
    const response = await this.#read(path, options);
    return { body: await response.json(), etag: response.headers.get("etag") ?? "*" };
  }

  /** @param {string} path
   * @param {{accept?: string, signal?: AbortSignal}} [options] */
  async blob(path, { accept = "*/*", signal } = {}) {
    return (await this.#read(path, { headers: { accept }, signal })).blob();
  }

  /** @param {string} method
   * @param {string} path
   * @param {unknown} [body] an object is sent as JSON
   * @param {SendOptions} [options]
   * @returns {Promise<Answer>} */
  async send(method, path, body, { headers = {}, ifMatch, idempotencyKey, signal } = {}) {
    const isJson = body !== undefined && typeof body !== "string" && !(body instanceof Blob);
    const all = {
      ...(isJson && { "content-type": "application/json" }),
      ...(ifMatch && { "if-match": ifMatch }),
      ...(idempotencyKey && { "idempotency-key": idempotencyKey }),
      ...headers,
    };
    const sent = /** @type {BodyInit | undefined} */ (isJson ? JSON.stringify(body) : body);
    const repeats = idempotencyKey ? PAUSES : [];
    const response = await this.#fetch(path, { method, headers: all, body: sent, signal }, repeats);
    return { status: response.status, body: await parsed(response), headers: response.headers };
  }

  /** Sends a file, and tells how much of it has arrived, from 0 to 1.
   * @param {string} path
   * @param {Blob} blob
   * @param {{contentType: string, onProgress?: (done: number) => void, signal?: AbortSignal, headers?: Record<string, string>}} options
   * @returns {Promise<Answer>} */
  async upload(path, blob, { contentType, onProgress, signal, headers = {} }) {
    const once = async () => {
      const token = await this.session.token();
      return xhr(address(path), blob, { ...headers, "content-type": contentType, authorization: `Bearer ${token}` }, onProgress, signal);
    };
    let answer = await once();
    if (answer.status === 401) {
      await this.#renew();
      answer = await once();
    }
    if (answer.status >= 400) throw new ApiError(answer.status, answer.body, answer.headers);
    return answer;
  }

  /** Every item of a list, page after page.
   * @param {string} path
   * @param {Options} [options]
   * @returns {AsyncGenerator<any>} */
  async *all(path, options) {
    /** @type {string | undefined} */
    let next = path;
    while (next) {
      const page = await this.get(next, options);
      yield* page.value;
      next = page["@odata.nextLink"];
    }
  }

  /** A new token. That the issuer cannot be reached is a lost connection as any other. */
  async #renew() {
    try {
      await this.session.renew();
    } catch (error) {
      throw error instanceof TypeError ? new ApiError(0) : error;
    }
  }

  /** @param {string} path
   * @param {Options} [options] */
  #read(path, { headers = {}, signal } = {}) {
    return this.#fetch(path, { headers, signal }, PAUSES);
  }

  /**
   * @param {string} path
   * @param {RequestInit & {headers: Record<string, string>}} init
   * @param {number[]} pauses
   */
  async #fetch(path, init, pauses) {
    let renewed = false;
    for (let repeated = 0; ; ) {
      const token = await this.session.token();
      const headers = { ...init.headers, authorization: `Bearer ${token}` };
      let response;
      try {
        response = await fetch(address(path), { ...init, headers, cache: "no-cache", credentials: "omit" });
      } catch (error) {
        if (init.signal?.aborted) throw error;
        if (repeated === pauses.length) throw new ApiError(0);
        await new Promise((later) => setTimeout(later, pauses[repeated++]));
        continue;
      }
      if (response.status === 401 && !renewed) {
        renewed = true;
        await this.#renew();
        continue;
      }
      if (!response.ok) throw new ApiError(response.status, await parsed(response), response.headers);
      return response;
    }
  }
}

/** The URL of a path relative to /beta, or of a whole URL that the service gave. A token is sent to this
 * service only, whatever name a link has for it.
 * @param {string} path */
function address(path) {
  const below = path.replace(/^https?:\/\/[^?]*?\/beta\//, "").replace(/^\//, "");
  return new URL(below, new URL("beta/", SERVICE));
}

/** @param {Response} response */
async function parsed(response) {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return text || undefined;
  }
}

/** fetch() does not tell how much has been sent.
 * @param {URL} url
 * @param {Blob} blob
 * @param {Record<string, string>} headers
 * @param {((done: number) => void) | undefined} onProgress
 * @param {AbortSignal | undefined} signal
 * @returns {Promise<Answer>} */
function xhr(url, blob, headers, onProgress, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => onProgress?.(total ? loaded / total : 1);
    request.onload = () => {
      const lines = request.getAllResponseHeaders().trim().split("\r\n").filter(Boolean);
      const pairs = lines.map((line) => /** @type {[string, string]} */ (line.split(/:\s*(.*)/s).slice(0, 2)));
      let body;
      try {
        body = JSON.parse(request.responseText);
      } catch {
        body = request.responseText || undefined;
      }
      resolve({ status: request.status, body, headers: new Headers(pairs) });
    };
    request.onerror = () => reject(new ApiError(0));
    request.onabort = () => reject(new DOMException("cancelled", "AbortError"));
    signal?.addEventListener("abort", () => request.abort(), { once: true });
    request.send(blob);
  });
}
