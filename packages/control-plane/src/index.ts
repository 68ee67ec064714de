export { type ApiServer, type ApiServerOptions, startApiServer } from "./apiserver/api-server.ts";
export type { SigningOptions } from "./controllers/certificates/signer.ts";
export { type ControllerName, controllerNames } from "./controllers/controller-list.ts";
export { type ControllersOptions, type RunningControllers, startControllers } from "./controllers/start-controllers.ts";
export type { ClientTls, StoreOptions } from "./etcd/connection-options.ts";
export { stopRecordedEtcd } from "./etcd/pid-file.ts";
export { endProcess, identifyProcess, isRunning, type ProcessIdentity } from "./etcd/process-identity.ts";
export { type ManagedEtcd, type StartEtcdOptions, startEtcd } from "./etcd/start-etcd.ts";
export { type CertificateStatus, certificateStatuses } from "./pki/certificate-status.ts";
export { type EnsurePkiOptions, ensurePki } from "./pki/ensure-pki.ts";
export {
  type ClientCertificateRequest,
  issueClientCertificate,
  issueServingCertificate,
  type ServingCertificateRequest,
} from "./pki/issue.ts";
export type { KeyPair, StoredKeyPair } from "./pki/key-pair.ts";
export { type KubeconfigParts, kubeconfigFor } from "./pki/kubeconfig.ts";
export type { Pki } from "./pki/pki.ts";
export { renewable, renewCertificates } from "./pki/renew.ts";
export type { Running } from "./running.ts";
export { ClusterState } from "./scheduler/cluster-state.ts";
export type * from "./scheduler/framework.ts";
export { unschedulableMessage } from "./scheduler/message.ts";
export { type PodInfo, podInfoOf } from "./scheduler/pod-info.ts";
export { defaultProfile, type Profile } from "./scheduler/profile.ts";
export { type Decision, type NodeVerdict, schedule } from "./scheduler/schedule.ts";
export { type RunningScheduler, type SchedulerOptions, startScheduler } from "./scheduler/start-scheduler.ts";
export type { CacheChange, CacheEvent, CacheProgress } from "./store/cache/cache-event.ts";
export { openStore } from "./store/open-store.ts";
export type { Store, StoreBatch, StoredList, StoredValue, StoreEvent, StoreWatch } from "./store/store.ts";
export { startWatchCache, type WatchCache, type WatchCacheOptions, type WatchCacheStats } from "./store/watch-cache.ts";
