export { CHECKSUMS_FILE, checkIsEdited, labChecksum } from "./catalog/checksums.ts";
export { findLab } from "./catalog/find-lab.ts";
export type { Lab, LabStep } from "./catalog/lab.ts";
export { loadLabs } from "./catalog/load-labs.ts";
export { parseLab } from "./catalog/parse-lab.ts";
export type { CheckTools, Ended, LabCheck, Running, RunOptions } from "./check/check-tools.ts";
export type { EtcdCluster, EtcdMember } from "./check/etcd/etcd-cluster.ts";
export type { EtcdProxy } from "./check/etcd/etcd-proxy.ts";
export type { EtcdChange, EtcdClient, EtcdKey } from "./check/etcd/gateway-client.ts";
export { type CheckOptions, runCheck } from "./check/run-check.ts";
export { SCRATCH, sandboxCommand } from "./check/sandbox-script.ts";
export type { CheckVerdict, StepVerdict } from "./check/verdict.ts";
export type { Gateway, GatewayRequest } from "./cluster/gateway.ts";
export type { HollowNode, HollowNodeOptions } from "./cluster/hollow-node.ts";
export { type LabCluster, type LabClusterOptions, startLabCluster } from "./cluster/lab-cluster.ts";
export { labError } from "./errors.ts";
export { labFolder, makeFolder, resetFolder } from "./folder/lab-folder.ts";
export { findHandins, type Grade, type GradeState, grade, gradeOf, type Handin } from "./grade/grade.ts";
export { gradesCsv } from "./grade/grades-csv.ts";
export { type MissingNeed, missingNeeds } from "./needs/needs.ts";
export { requireNeeds } from "./needs/require-needs.ts";
export {
  type LabProgress,
  type LabState,
  nextLab,
  type Progress,
  stateOf,
  withHint,
  withReset,
  withSolutionSeen,
  withStart,
  withVerdict,
} from "./progress/progress.ts";
export { changeProgress, readProgress } from "./progress/progress-file.ts";
export { reportPage } from "./report/report-page.ts";
export { writeReport } from "./report/write-report.ts";
export { pidOfUnit, readUnit, type ServiceUnit, startUnit, stopUnit } from "./unit/service-unit.ts";
