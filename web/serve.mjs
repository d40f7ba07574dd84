// Serves the console from this folder, and everything else from a running service, so that a change shows
// without building: node web/serve.mjs 9190 http://127.0.0.1:8080, then http://127.0.0.1:9190/console/

import { readFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { extname, join } from "node:path";

const [port, service] = process.argv.slice(2);
const folder = new URL(".", import.meta.url).pathname;
const TYPES = { ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html" };
// The policy is that of the service.
const POLICY = (await fetch(new URL("/console/", service))).headers.get("content-security-policy");

createServer((incoming, outgoing) => {
  const { pathname } = new URL(incoming.url, "http://localhost");
  const answer = (name, text) =>
    outgoing
      .writeHead(200, { "content-type": TYPES[extname(name)] ?? "application/json", "content-security-policy": POLICY })
      .end(text);
  const development = {
    issuer: `http://${incoming.headers.host}/de7e10b0-e51a-4001-9b00-000000000001/v2.0`,
    clientId: "de7e10b0-a44c-4001-9b00-000000000003",
    scopes: "openid profile offline_access https://graph.microsoft.com/.default",
    development: true,
    version: "from the folder",
  };
  try {
    if (pathname === "/") return outgoing.writeHead(302, { location: "/console/" }).end();
    const asset = pathname.match(/^\/console\/assets\/[^/]+\/([\w./-]+)$/)?.[1];
    if (asset) return answer(asset, readFileSync(join(folder, asset)));
    if (pathname.startsWith("/console")) {
      const page = readFileSync(join(folder, "index.html"), "utf8");
      const settings = JSON.stringify(development).replaceAll('"', "&quot;");
      return answer("index.html", page.replaceAll("ASSETS", "/console/assets/0").replaceAll("BASE", "").replace("SETTINGS", settings));
    }
  } catch (error) {
    return outgoing.writeHead(404).end(String(error));
  }
  const { method, headers } = incoming;
  const onward = request(new URL(incoming.url, service), { method, headers }, (answered) => {
    outgoing.writeHead(answered.statusCode, answered.headers);
    answered.pipe(outgoing);
  });
  onward.on("error", () => outgoing.writeHead(502).end());
  incoming.pipe(onward);
}).listen(Number(port), "127.0.0.1");
