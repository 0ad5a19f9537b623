/** The public API. */
export { Client } from './client.ts';
export type {
  BackendTarget,
  CreateBackendGiven,
  CreateEndpointGiven,
  UpdateEndpointGiven,
} from './client-options.ts';
export type { CompareAnswers } from './compare-answers.ts';
export {
  applyConfig,
  type BackendGiven,
  type ConfigGiven,
  type ConfigPlan,
  type ConfiguredBackend,
  defineConfig,
  type EndpointGiven,
  planConfig,
  type ServeConfig,
} from './config.ts';
export type { ConfigChange, ConfigStep } from './config-plan.ts';
export type { BackendDescription, InstanceDescription, ListedEndpoint } from './controls.ts';
export { getCurrentBackendTag, getCurrentReplicaTag, metrics } from './current.ts';
export type { ActorOptions, BackendConfig, BackendDigests, BackendTag } from './domain/backend.ts';
export { EVENT_LEVELS, type EventLevel, type ServeEvent, type ServeEventType, subjectOf } from './domain/event.ts';
export type { HistoryEntry } from './domain/history.ts';
export type { NodeEnv } from './domain/node-env.ts';
export type {
  BackendPerformance,
  BatchDistribution,
  EndpointPerformance,
  HistogramBucket,
  InstancePerformance,
  LatencyDistribution,
  ReplicaUsage,
} from './domain/performance.ts';
export { escapeControls } from './domain/printable.ts';
export type { ReplicaState, ReplicaTag } from './domain/replica.ts';
export { type QueryParams, ServeRequest } from './domain/request.ts';
export type { Stats } from './domain/stats.ts';
export type { BackendStatus, EndpointStatus, NodeStatus, ReplicaStatus, ServeStatus } from './domain/status.ts';
export type { GivenBack, QueryTrace, TracedLeg, TracedShadow } from './domain/trace.ts';
export type { TrialLeftOut, TriedRequest } from './domain/trial.ts';
export { BackendError, ServeError, type ServeErrorCode } from './errors.ts';
export type { EventsGiven } from './event-reader.ts';
export { Handle, type HandleOptionsGiven } from './handle.ts';
export { findInstance, forgetInstance, type InstanceListing, listInstances } from './instances.ts';
export { type GetOptions, get, ObjectRef, type WaitOptions, wait } from './object-ref.ts';
export { connect, type GpuGiven, type HttpGiven, type ResourcesGiven, type StartGiven, start } from './serve.ts';
export { acceptBatch } from './shipping/accept-batch.ts';
export { nodeEnv } from './shipping/node-env.ts';
export { type ImportedTarget, imported } from './shipping/target.ts';
export { omitFromSources, shipAsImport, shipVariablesOf } from './shipping/typed-code.ts';
export { formatEvent } from './telemetry/event-log.ts';
export type { TracesGiven } from './trace-reader.ts';
export type { TrialGiven } from './trial-options.ts';
export type { TrialField, TrialLatency, TrialResult } from './trial-result.ts';
