import { ConfigMap, Pod, type ResourceQuota, Workload } from "@drydock/machinery";
import t from "tap";
import { amountsOf, chargeQuota, countQuota } from "./judge-quota.ts";

const pod = (requests: object, phase = "Pending"): Pod =>
  ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace: "n" },
    spec: {
      containers: [
        { name: "a", image: "i", resources: { requests, limits: { memory: "1Gi" } } },
        { name: "b", image: "i" },
      ],
    },
    status: { phase },
  }) as Pod;
const quota = (hard: Record<string, string>, used?: Record<string, string>): ResourceQuota => ({
  apiVersion: "v1",
  kind: "ResourceQuota",
  metadata: { name: "q", namespace: "n" },
  spec: { hard },
  ...(used ? { status: { hard, used } } : {}),
});

t.test("what objects take", async (t) => {
  t.match(amountsOf(Pod, pod({ cpu: "250m", memory: "64Mi" })), {
    pods: 1,
    "count/pods": 1,
    "requests.cpu": 250,
    "requests.memory": 64 * 2 ** 20,
    "limits.memory": 2 ** 30,
    "limits.cpu": 0,
  });
  t.same(amountsOf(Pod, pod({}, "Succeeded")), { "count/pods": 1 }, "what has ended only counts as an object");
  const map = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "m" } };
  t.same(amountsOf(ConfigMap, map), { "count/configmaps": 1, configmaps: 1 });
  const workload = { apiVersion: "drydock.dev/v1", kind: "Workload", metadata: { name: "w" } };
  t.same(amountsOf(Workload, workload), { "count/workloads.drydock.dev": 1 });
});

t.test("charged, refused in words, given back, and never below nothing", async (t) => {
  const amounts = amountsOf(Pod, pod({ cpu: "500m" }));
  const hard = { pods: "2", "requests.cpu": "1" };
  t.same(chargeQuota(quota(hard, { pods: "1", "requests.cpu": "500m" }), amounts, 1), {
    status: { hard, used: { pods: "2", "requests.cpu": "1" } },
  });
  t.same(chargeQuota(quota(hard, { pods: "2", "requests.cpu": "900m" }), amounts, 1), {
    exceeded:
      "exceeded quota: q, requested: pods=1,requests.cpu=500m, used: pods=2,requests.cpu=900m, limited: pods=2,requests.cpu=1",
  });
  t.match(chargeQuota(quota(hard, { pods: "0" }), amounts, -1), {
    status: { used: { pods: "0", "requests.cpu": "0" } },
  });
  t.equal(chargeQuota(quota({ secrets: "1" }), amounts, 1), undefined);
  t.match(
    chargeQuota(quota(hard, { pods: "5" }), amounts, -1),
    { status: { used: { pods: "4" } } },
    "a limit that was lowered",
  );
});

t.test("counted anew", async (t) => {
  const objects = [pod({ cpu: "1" }), pod({ cpu: "1500m" }), pod({ cpu: "1" }, "Failed")].map((object) => ({
    kind: Pod,
    object,
  }));
  t.same(countQuota(quota({ pods: "5", "requests.cpu": "4", secrets: "1" }), objects as never).used, {
    pods: "2",
    "requests.cpu": "2500m",
    secrets: "0",
  });
});
