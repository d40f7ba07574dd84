// What the service sends, by the OpenAPI document: whole, and without what a later version may add.

import type { components } from "./api";

type Schemas = components["schemas"];
type Whole<T> = T extends (infer Item)[]
  ? Whole<Item>[]
  : T extends object
    ? { [K in keyof T as string extends K ? never : K]-?: Whole<Exclude<T[K], undefined>> }
    : T;

export type Stock = Whole<Schemas["esimpool.stockReport"]>;
export type Pool = Whole<Schemas["microsoft.graph.embeddedSIMActivationCodePool"]>;
export type Code = Whole<Schemas["esimpool.code"]>;
export type TenantCode = Whole<Schemas["esimpool.tenantCode"]>;
export type TenantDeviceState = Whole<Schemas["esimpool.tenantDeviceState"]>;
export type DeviceState = Whole<Schemas["microsoft.graph.embeddedSIMDeviceState"]>;
export type ImportReport = Whole<Schemas["esimpool.importReport"]>;
export type Claimed = Whole<Schemas["esimpool.claimed"]>;
export type AuditResource = Whole<Schemas["microsoft.graph.auditResource"]>;
export type AuditEvent = Whole<Schemas["microsoft.graph.auditEvent"]>;
export type RemovedCodes = Whole<Schemas["esimpool.removedCodes"]>;
