import { named, resultOf, struct } from "../program/operands.ts";
import type { Step } from "../program/program.ts";

const SIOCSIFFLAGS = 0x8914;
const IFF_UP = 1;

/** Brings `lo` up in the network namespace of the process that runs the steps: in a new one it is down (netdevice(7)). */
export function loopbackSteps(): Step[] {
  // struct ifreq { char name[16]; short flags; … } of 40 bytes
  const request = Buffer.alloc(40);
  request.write("lo", 0);
  request.writeInt16LE(IFF_UP, 16);
  return [
    {
      name: "socket",
      args: [named("AF_INET", 2), named("SOCK_DGRAM|SOCK_CLOEXEC", 0o2000002), 0],
      why: "a socket, to talk about network interfaces",
      result: "socket",
    },
    {
      name: "ioctl",
      args: [resultOf("socket"), named("SIOCSIFFLAGS", SIOCSIFFLAGS), struct(request, "{lo, IFF_UP}")],
      why: "in a new network namespace the loopback interface is down",
    },
  ];
}
