import { createServer } from "node:http";
import type { CheckTools, EtcdCluster, EtcdKey, LabCheck, Running } from "@drydock/labs";

interface Act {
  name: string;
  token: number;
  accepted: boolean;
}

/** What the leader acts upon. It remembers one number, and refuses whoever comes with a lower one. */
class Device {
  readonly acts: Act[] = [];
  #highest = 0;
  url = "";

  async listen(): Promise<void> {
    const server = createServer((request, response) => {
      let text = "";
      request.on("data", (chunk: Buffer) => {
        text += chunk.toString();
      });
      request.on("end", () => {
        let said: Partial<Act> = {};
        try {
          said = JSON.parse(text) as Partial<Act>;
        } catch {
          // An act of nobody with the token 0.
        }
        const [name, token] = [String(said.name), Number(said.token ?? 0)];
        const accepted = token >= this.#highest;
        if (accepted) this.#highest = token;
        this.acts.push({ name, token, accepted });
        response.writeHead(accepted ? 200 : 409).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    this.url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/`;
  }
}

const TTL = 2;
const HINT_ONE = "a key for each candidate, and the one with the lowest create revision leads";

/** Three candidates, and what they act upon: for all steps, as a cluster's life goes on after each fault. */
interface Scene {
  device: Device;
  candidates: Map<string, Running>;
  start(name: string): Promise<void>;
  /** Below leader/, oldest first. */
  queue(): Promise<EtcdKey[]>;
  /** The author of the first act that is accepted from now on, and is not this one's. */
  actor(not?: string): Promise<string>;
}

let stage: Promise<Scene> | undefined;

async function makeScene(t: CheckTools): Promise<Scene> {
  const etcd: EtcdCluster = await t.etcd();
  const device = new Device();
  await device.listen();
  const candidates = new Map<string, Running>();
  const start = async (name: string): Promise<void> => {
    const env = { ENDPOINT: etcd.endpoints, NAME: name, DEVICE: device.url, TTL: String(TTL) };
    candidates.set(name, await t.start("controller.ts", [], { env }));
  };
  for (const name of [t.word(), t.word(), t.word()]) await start(name);
  return {
    device,
    candidates,
    start,
    queue: async () => (await etcd.list("leader/")).items.sort((a, b) => a.createRevision - b.createRevision),
    async actor(not) {
      const from = device.acts.length;
      const act = await t.until(() => device.acts.slice(from).find((one) => one.accepted && one.name !== not), 20_000);
      if (act) return act.name;
      const [one] = candidates.values();
      throw t.wrong(
        `20 s later nobody${not ? ` but ${not}` : ""} has acted, expected a leader to: ${one?.stderr.trim().slice(-150) || "nothing on standard error"}`,
      );
    },
  };
}

/** All three are candidates, and the oldest alone acts. */
async function elected(t: CheckTools): Promise<Scene & { leader: string; process: Running }> {
  stage ??= makeScene(t);
  const scene = await stage;
  const { device, candidates, queue, actor } = scene;
  const leader = await actor();
  const from = device.acts.length;
  const ready = await t.until(async () => (await queue()).length === 3, 10_000);
  const keys = await queue();
  if (!ready)
    throw t.wrong(
      `below leader/ are ${keys.length} keys with three candidates, expected one for each: ${JSON.stringify(keys.map(({ key, value }) => [key, value]))}`,
      HINT_ONE,
    );
  // Time enough for another to believe that it leads, too.
  await t.until(() => device.acts.length >= from + 8, 10_000);
  const others = [...new Set(device.acts.slice(from).map(({ name }) => name))].filter((name) => name !== leader);
  if (others.length > 0)
    throw t.wrong(`${leader} and ${others.join(" and ")} act at the same time, expected one to act`, HINT_ONE);
  if (keys[0]?.value !== leader)
    throw t.wrong(
      `${leader} acts, and the oldest key below leader/ is ${keys[0]?.value}'s, expected its author to lead`,
      HINT_ONE,
    );
  return { ...scene, leader, process: candidates.get(leader) as Running };
}

export const steps: LabCheck = {
  async one(t) {
    await elected(t);
  },

  async token(t) {
    const { device, queue, leader } = await elected(t);
    const expected = (await queue())[0]?.createRevision;
    const other = device.acts.slice(-5).find(({ token }) => token !== expected);
    if (other)
      throw t.wrong(
        `an act of ${leader} bears the token ${other.token}, expected ${expected}: the create revision of its key`,
        "the answer of the put that made it a candidate; it stays the same as long as the key lives",
      );
  },

  async resigns(t) {
    const { actor, leader, process, queue, start } = await elected(t);
    process.kill("SIGTERM");
    const ended = await Promise.race([process.ended, t.until(() => undefined, 10_000)]);
    const keys = await queue();
    if (!ended) throw t.wrong(`10 s after SIGTERM ${leader} is still running, expected it to end`);
    if (ended.code !== 0)
      throw t.wrong(
        `after SIGTERM ${leader} ended with ${ended.code ?? ended.signal}, expected 0: ${ended.stderr.slice(-150)}`,
      );
    if (keys.some(({ value }) => value === leader))
      throw t.wrong(
        `${leader} has ended and its key below leader/ is still there, expected it to be gone: nobody acts until its lease has run out`,
        "a lease can be revoked",
      );
    await actor(leader);
    await start(leader);
  },

  async killed(t) {
    const { actor, device, leader, process, start } = await elected(t);
    const from = device.acts.length;
    process.kill("SIGKILL");
    await process.ended;
    const next = await actor(leader);
    const refused = device.acts.slice(from).find(({ accepted }) => !accepted);
    if (refused)
      throw t.wrong(`after kill -9 of ${leader} the device refused ${refused.name}, expected higher tokens of ${next}`);
    await start(leader);
  },

  async frozen(t) {
    const { actor, device, leader, process, queue } = await elected(t);
    const oldToken = Math.max(...device.acts.map(({ token }) => token));
    process.kill("SIGSTOP");
    const next = await actor(leader);
    const thawed = device.acts.length;
    process.kill("SIGCONT");
    const again = await t.until(
      async () => (await queue()).find(({ value, createRevision }) => value === leader && createRevision > oldToken),
      8000,
    );
    await t.until(() => device.acts.slice(thawed).filter(({ name }) => name === next).length > 5, 10_000);
    const harm = device.acts.slice(thawed).find(({ name, accepted }) => name !== next && accepted);
    if (harm)
      throw t.wrong(
        `${leader} was frozen, ${next} led, and ${harm.name} acted with the token ${harm.token}, expected the device to refuse whoever is not ${next}`,
        "a token that is made at the moment of the act says nothing about who leads",
      );
    if (!again)
      throw t.wrong(
        `8 s after it was thawed ${leader} has not queued up again below leader/, expected a new key (it has acted ${device.acts.slice(thawed).filter(({ name }) => name === leader).length} times with its old token)`,
        "what does the device answer it? What does etcd say about its lease?",
      );
  },
};
