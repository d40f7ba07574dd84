// An independent issuer, on a port of its own: oauth2-mock-server, which signs everybody in at once. Its
// tokens for people name an audience and scopes here, as those of a registered application do.

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const installed = createRequire(`${process.env.ESIMPOOL_WEB}/`);
const { OAuth2Server } = await import(pathToFileURL(installed.resolve("oauth2-mock-server")).href);

const server = new OAuth2Server();
await server.issuer.keys.generate("RS256");
server.service.on("beforeTokenSigning", ({ payload }) => {
  // The id token has the client as its audience.
  if (payload.aud !== undefined) return;
  payload.aud = "api://esimpool";
  payload.scope = "DeviceManagementConfiguration.ReadWrite.All EmbeddedSIMActivationCode.Claim.All DeviceManagementApps.Read.All";
});
await server.start(0, "localhost");
console.log(server.issuer.url);
