// The types of our OpenAPI document as answers have them: a property that may be left out of a request is always in an
// answer.
import type { components } from "./api";

type Complete<T> = T extends readonly (infer Item)[]
  ? Complete<Item>[]
  : T extends object
    ? { [Key in keyof T]-?: Complete<T[Key]> }
    : T;

type Schemas = components["schemas"];

export type ImportReport = Complete<Schemas["esimpool.importReport"]>;
export type LineGroup = Complete<Schemas["esimpool.lineGroup"]>;
export type RejectedLine = Complete<Schemas["esimpool.rejectedLine"]>;
export type RemovedCodes = Complete<Schemas["esimpool.removedCodes"]>;
export type Claimed = Complete<Schemas["esimpool.claimed"]>;
export type Code = Complete<Schemas["esimpool.code"]>;
export type Stock = Complete<Schemas["esimpool.stockReport"]>;
export type TenantDeviceState = Complete<Schemas["esimpool.tenantDeviceState"]>;
export type DeviceState = Complete<Schemas["microsoft.graph.embeddedSIMDeviceState"]>;
export type AuditEvent = Complete<Schemas["microsoft.graph.auditEvent"]>;
export type Pool = Complete<Schemas["microsoft.graph.embeddedSIMActivationCodePool"]>;
