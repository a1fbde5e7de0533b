/** Two servers, each behind a proxy that can be made to fail, and three pairs of people who talk over them. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { FaultProxy } from '../harness/fault-proxy.ts';
import { temporaryFolder } from '../harness/people.ts';
import { ChatProgram, freePort, ServerProgram } from '../harness/processes.ts';
import { Talker } from '../harness/talker.ts';

export interface Place {
  readonly name: string;
  readonly server: ServerProgram;
  readonly proxy: FaultProxy;
  /** What clients are told: the proxy instead of the server. */
  readonly address: string;
}

export interface World {
  readonly places: readonly [Place, Place];
  readonly talkers: readonly Talker[];
  stop(): Promise<void>;
}

/** A server behind a proxy. */
export async function makePlace(name: string, folder: string): Promise<Place> {
  mkdirSync(join(folder, name));
  const port = await freePort();
  const server = new ServerProgram(join(folder, name), port);
  await server.init();
  await server.start();
  const proxy = await FaultProxy.start(() => port);
  return { name, server, proxy, address: server.address.replace(/:\d+$/, `:${proxy.port}`) };
}

/** The first pair and the first server are never killed: what they hold can be followed for the whole run. */
const pairs = [
  ['alice', 'bob', 0, 0],
  ['carol', 'dave', 0, 1],
  ['eve', 'frank', 1, 1],
] as const;

export const isSpared = (name: string): boolean => ['alice', 'bob', 'first server'].includes(name);

export async function makeWorld(): Promise<World> {
  const folder = temporaryFolder();
  const places = [await makePlace('first', folder), await makePlace('second', folder)] as const;
  const talkers: Talker[] = [];
  for (const [a, b, first, second] of pairs) {
    const one = new ChatProgram(a, folder, places[first].address);
    const other = new ChatProgram(b, folder, places[second].address);
    await one.connect(other);
    talkers.push(new Talker(one, b), new Talker(other, a));
  }
  return {
    places,
    talkers,
    async stop() {
      await Promise.all(talkers.map(({ chat }) => chat.program.stop('SIGKILL')));
      for (const { server, proxy } of places) {
        await server.stop('SIGTERM');
        await proxy.stop();
      }
    },
  };
}
