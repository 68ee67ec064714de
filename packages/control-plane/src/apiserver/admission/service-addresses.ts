import { Service } from "@drydock/machinery";
import { reserveAddress } from "../services/addresses.ts";
import type { AdmissionRequest, AdmissionStage } from "./admission.ts";

/** A Service gets its address when it is made, and keeps it. */
export const serviceAddresses: AdmissionStage = {
  name: "service-addresses",
  what: "services get an address of the service range of their own",
  async mutate({ registry, resource, operation, object, name, dryRun, warnings }: AdmissionRequest): Promise<void> {
    if (resource.kind !== (Service as unknown) || operation !== "create") return;
    const service = object as Service;
    service.spec ??= {};
    const { spec } = service;
    spec.ipFamilies ??= ["IPv4"];
    spec.ipFamilyPolicy ??= "SingleStack";
    if (spec.clusterIP !== "None") {
      spec.clusterIP = await reserveAddress(registry, service, dryRun ?? false);
      warnings?.push(
        `nothing answers at ${spec.clusterIP}: there is no service proxy here; the pods are in the EndpointSlices with the label kubernetes.io/service-name=${name}`,
      );
    }
    spec.clusterIPs = [spec.clusterIP];
  },
};
