// What odata2ts must have generated from `$metadata`, spelled out by hand: compiles only if every
// type has these properties, these only, of these types, and may be null or absent where it says.

import type * as graph from "generated";

type Flat<T> = { [name in keyof T]: T[name] };
type Same<A, B> =
  (<T>() => T extends Flat<A> ? 1 : 2) extends (<T>() => T extends Flat<B> ? 1 : 2) ? true : false;
declare function same<A, B>(proof: Same<A, B>): void;

interface Code {
  integratedCircuitCardIdentifier: string;
  matchingIdentifier: string;
  smdpPlusServerAddress: string;
}
same<graph.embeddedSIMActivationCode, Code>(true);

interface Pool {
  id: string;
  displayName: string;
  createdDateTime: string;
  modifiedDateTime: string;
  activationCodes: graph.embeddedSIMActivationCode[];
  activationCodeCount: number;
  assignments?: graph.embeddedSIMActivationCodePoolAssignment[];
  deviceStates?: graph.embeddedSIMDeviceState[];
}
same<graph.embeddedSIMActivationCodePool, Pool>(true);

interface Assignment {
  id: string;
  target: graph.deviceAndAppManagementAssignmentTarget;
}
same<graph.embeddedSIMActivationCodePoolAssignment, Assignment>(true);

interface DeviceState {
  id: string;
  createdDateTime: string;
  modifiedDateTime: string;
  lastSyncDateTime: string | null;
  universalIntegratedCircuitCardIdentifier: string | null;
  deviceName: string | null;
  userName: string | null;
  state: graph.embeddedSIMDeviceStateValue;
  stateDetails: string | null;
}
same<graph.embeddedSIMDeviceState, DeviceState>(true);

interface Target {
  deviceAndAppManagementAssignmentFilterId: string | null;
  deviceAndAppManagementAssignmentFilterType: graph.deviceAndAppManagementAssignmentFilterType;
}
same<graph.deviceAndAppManagementAssignmentTarget, Target>(true);
same<graph.allDevicesAssignmentTarget, Target>(true);
same<graph.allLicensedUsersAssignmentTarget, Target>(true);
same<graph.groupAssignmentTarget, Target & { groupId: string | null }>(true);
same<graph.exclusionGroupAssignmentTarget, Target & { groupId: string | null }>(true);
same<graph.configurationManagerCollectionAssignmentTarget, Target & { collectionId: string | null }>(true);

type State =
  | "notEvaluated" | "failed" | "installing" | "installed"
  | "deleting" | "error" | "deleted" | "removedByUser";
same<{ is: `${graph.embeddedSIMDeviceStateValue}` }, { is: State }>(true);
type Filter = "none" | "include" | "exclude";
same<{ is: `${graph.deviceAndAppManagementAssignmentFilterType}` }, { is: Filter }>(true);

// Where the pools are.
type Pools = Required<graph.deviceManagement>["embeddedSIMActivationCodePools"];
same<{ are: Pools }, { are: graph.embeddedSIMActivationCodePool[] }>(true);
