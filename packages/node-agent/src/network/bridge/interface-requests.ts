/** The requests of netdevice(7), which configure an interface without netlink: one ioctl each, on any socket of its network namespace. */
export const interfaceRequests = {
  SIOCADDRT: 0x890b,
  SIOCSIFFLAGS: 0x8914,
  SIOCSIFADDR: 0x8916,
  SIOCSIFNETMASK: 0x891c,
} as const;

const IFF_UP = 0x1;
const AF_INET = 2;
const RTF_UP = 0x1;
const RTF_GATEWAY = 0x2;

/** Struct ifreq { char name[16]; union … } asking for the interface to be up. */
export function upRequest(name: string): Buffer {
  const request = ifreq(name);
  request.writeUInt16LE(IFF_UP, 16);
  return request;
}

/** Struct ifreq with an address or a netmask. */
export function addressRequest(name: string, address: string): Buffer {
  const request = ifreq(name);
  socketAddress(address).copy(request, 16);
  return request;
}

/** Struct rtentry for the default route. */
export function defaultRouteRequest(gateway: string): Buffer {
  const request = Buffer.alloc(120);
  socketAddress("0.0.0.0").copy(request, 8);
  socketAddress(gateway).copy(request, 24);
  socketAddress("0.0.0.0").copy(request, 40);
  request.writeUInt16LE(RTF_UP | RTF_GATEWAY, 56);
  return request;
}

export function netmaskOf(prefix: number): string {
  const bits = prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0;
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 0xff).join(".");
}

function ifreq(name: string): Buffer {
  const request = Buffer.alloc(40);
  request.write(name.slice(0, 15), 0, "latin1");
  return request;
}

/** Struct sockaddr_in { u16 family, u16 port, u8 address[4], u8 zero[8] }. */
function socketAddress(address: string): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16LE(AF_INET, 0);
  for (const [index, part] of address.split(".").entries()) bytes[4 + index] = Number(part);
  return bytes;
}
