import {
  AT_FDCWD,
  cloneFlags,
  flags,
  named,
  openFlags,
  resultOf,
  type Step,
  type SyscallProgram,
} from "@drydock/linux";
import { addressRequest, defaultRouteRequest, interfaceRequests, netmaskOf, upRequest } from "./interface-requests.ts";

export interface PodAddress {
  ip: string;
  prefix: number;
  gateway: string;
}

/** Configures eth0 in a pod's network namespace. */
export function addressProgram(netns: string, { ip, prefix, gateway }: PodAddress): SyscallProgram {
  return {
    name: "pod address",
    steps: [
      {
        name: "openat",
        args: [named("AT_FDCWD", AT_FDCWD), netns, named("O_RDONLY|O_CLOEXEC", openFlags.O_CLOEXEC)],
        why: "the pod's network namespace",
        result: "netns",
      },
      { name: "setns", args: [resultOf("netns"), flags(cloneFlags, "CLONE_NEWNET")], why: "work inside it" },
      ...ioctlSteps([
        ["SIOCSIFADDR", addressRequest("eth0", ip), "the pod's address"],
        ["SIOCSIFNETMASK", addressRequest("eth0", netmaskOf(prefix)), "the pods of this node are its neighbours"],
        ["SIOCSIFFLAGS", upRequest("eth0"), "the pod's end of the cable is up"],
        ["SIOCADDRT", defaultRouteRequest(gateway), "everything else goes through the node"],
      ]),
      { name: "exit_group", args: [0], why: "the namespace remains" },
    ],
  };
}

const AF_INET = 2;
const SOCK_DGRAM = 2;

function ioctlSteps(requests: [keyof typeof interfaceRequests, Buffer, string][]): Step[] {
  return [
    {
      name: "socket",
      args: [named("AF_INET", AF_INET), named("SOCK_DGRAM", SOCK_DGRAM), 0],
      why: "interfaces are configured through a socket of their namespace",
      result: "socket",
    },
    ...requests.map(
      ([request, bytes, why]): Step => ({
        name: "ioctl",
        args: [resultOf("socket"), named(request, interfaceRequests[request]), bytes],
        why,
      }),
    ),
  ];
}
