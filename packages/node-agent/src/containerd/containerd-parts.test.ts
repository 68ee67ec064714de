import type { Process } from "@drydock/containerd";
import { jsonAny } from "@drydock/containerd";
import t from "tap";
import {
  type ContainerNotes,
  containerdId,
  keyOf,
  labelsOf,
  type NoteName,
  noteEntry,
  noteOf,
} from "./container-record.ts";
import { exitOf, observedRun } from "./observed-run.ts";
import { oomScoreWithin } from "./oom-score.ts";
import { rootLayers } from "./root-layers.ts";
import { runcConfig } from "./runc-config.ts";
import { runcFailure } from "./runc-failure.ts";

const created: ContainerNotes["created"] = {
  image: "web:1",
  imageId: "sha256:1",
  specHash: "h",
  failures: 2,
  createdAt: "2026-11-21T10:00:00.000Z",
  logPath: "/l",
  stopSignal: 15,
  cgroup: "kubepods/podu/c",
  notEnforced: ["x"],
};
const startedAt = "2026-11-21T10:00:01.000Z";
const exit = { code: 0, finishedAt: "2026-11-21T10:00:02.000Z", oomKilled: false };
const failed = { reason: "StartError", message: "no", exitCode: 128, finishedAt: "2026-11-21T10:00:01.500Z" };
const labels = labelsOf({ podUid: "u", name: "web", attempt: 3 } as never, { namespace: "n", name: "p" });

function container(notes: Partial<ContainerNotes>) {
  const entries = Object.entries({ created, ...notes }).map(([name, note]) =>
    noteEntry(name as NoteName, note as never),
  );
  return { id: "c", labels, extensions: Object.assign({}, ...entries) };
}

const task = (status: Process["status"], exitStatus = 0) => ({
  status,
  exitStatus,
  exitedAt: { seconds: 1795255513, nanos: 35_437_265 },
});

t.test("what a run is, from its notes and its task", async (t) => {
  const see = (notes: Partial<ContainerNotes>, taskNow?: ReturnType<typeof task>, oomKilled = false) =>
    observedRun({ container: container(notes), task: taskNow, oomKilled });
  t.same(see({}), {
    id: "c",
    podUid: "u",
    name: "web",
    attempt: 3,
    image: "web:1",
    imageId: "sha256:1",
    specHash: "h",
    failures: 2,
    createdAt: created.createdAt,
    logPath: "/l",
    notEnforced: ["x"],
    state: "created",
  });
  t.match(see({}, task("CREATED")), { state: "created" });
  t.match(see({ started: { startedAt } }, task("CREATED")), { state: "created" }, "about to be started");
  t.match(see({ started: { startedAt } }, task("RUNNING")), { state: "running", startedAt });
  t.match(see({}, task("RUNNING")), { state: "running", startedAt: created.createdAt }, "a crash lost the note");
  t.match(see({ started: { startedAt } }, task("STOPPED", 4)), {
    state: "exited",
    exitCode: 4,
    reason: "Error",
    finishedAt: "2026-11-21T10:05:13.035Z",
  });
  t.match(see({ started: { startedAt } }, task("STOPPED", 137), true), { reason: "OOMKilled" });
  t.match(see({ started: { startedAt }, exit }), { state: "exited", exitCode: 0, reason: "Completed", startedAt });
  t.match(see({ started: { startedAt } }), { state: "exited", exitCode: 137, reason: "ContainerStatusUnknown" });
  t.match(see({ started: { startedAt }, failed }), { state: "exited", exitCode: 128, startedAt: undefined });
  t.equal(
    observedRun({ container: { id: "c", labels: {}, extensions: {} }, task: undefined, oomKilled: false }),
    undefined,
  );
  t.equal(exitOf(task("RUNNING"), false), undefined);
});

t.test("records", async (t) => {
  t.same(keyOf({ labels }), { podUid: "u", name: "web", attempt: 3 });
  t.equal(keyOf({ labels: { ...labels, "drydock.dev/attempt": "x" } }), undefined);
  const id = containerdId({ podUid: "u", name: "web", attempt: 3 });
  t.match(id, /^[0-9a-f]{64}$/);
  t.not(id, containerdId({ podUid: "u", name: "web", attempt: 4 }));
  t.equal(noteOf(container({}), "exit"), undefined);
  const broken = {
    ...container({}),
    extensions: { "drydock.dev/exit": { ...jsonAny("x", {}), value: Buffer.from("{") } },
  };
  t.throws(() => noteOf(broken, "exit"), { code: "CONTAINERD_BAD_CONTENT" });
});

t.test("layers below a root", async (t) => {
  const mount = (type: string, source: string, options: string[]) => ({ type, source, target: "", options });
  t.same(rootLayers([mount("overlay", "overlay", ["index=off", "upperdir=/u", "lowerdir=/b:/a"])]), ["/b", "/a"]);
  t.same(rootLayers([mount("bind", "/copy", ["rbind", "rw"])]), ["/copy"]);
  t.same(rootLayers([]), []);
});

t.test("a configuration for runc", async (t) => {
  const config = runcConfig({
    ociVersion: "1.2.0",
    process: { cwd: "/", args: ["sh"] },
    root: { path: "rootfs" },
    mounts: [{ destination: "/sys/fs/cgroup", type: "cgroup2", source: "cgroup", options: ["ro"] }],
    linux: { cgroupsPath: "kubepods/podu/c", resources: { memory: { limit: 5 } } },
  });
  t.match(config, {
    mounts: [{ type: "cgroup", options: ["ro"] }],
    linux: {
      cgroupsPath: "/kubepods/podu/c",
      resources: { memory: { limit: 5 }, devices: [{ allow: false, access: "rwm" }] },
    },
  });
});

t.test("scores that cannot be given", async (t) => {
  t.same(oomScoreWithin(-1000, -997), { oomScoreAdj: -997, notEnforced: [] });
  t.same(oomScoreWithin(0, 5), { oomScoreAdj: 5, notEnforced: [] });
  t.match(oomScoreWithin(0, -997), { oomScoreAdj: 0, notEnforced: [/CAP_SYS_RESOURCE/] });
});

t.test("starts that runc refuses", async (t) => {
  const refusal = (rest: string) =>
    runcFailure(
      new Error(
        `Tasks.Create: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: ${rest}: unknown`,
      ),
    );
  t.match(refusal('exec: "nope": executable file not found in $PATH'), { reason: "ContainerCannotRun", exitCode: 127 });
  t.match(refusal('exec: "/x": stat /x: no such file or directory'), { reason: "ContainerCannotRun", exitCode: 127 });
  t.match(refusal('exec: "/x": permission denied'), { reason: "ContainerCannotRun", exitCode: 126 });
  t.match(refusal("error mounting"), { reason: "StartError", exitCode: 128, message: /^failed to create.*mounting$/ });
});
