/**
 * kill -9 of a server under full load: everything that it answered OK is delivered when it runs again, once and in
 * order, and after each kill its store is whole. `SOTTO_SERVER_KILLS` and `SOTTO_SEED` set how many times, and when.
 */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkStore, storeView } from '../../src/smp/server/index.ts';
import { isErrorLine } from '../harness/log-lines.ts';
import { temporaryFolder } from '../harness/people.ts';
import { childrenOf, freePort, ServerProgram } from '../harness/processes.ts';
import { ServerLoad } from '../harness/server-load.ts';
import { seeded } from '../harness/talker.ts';

const KILLS = Number(process.env.SOTTO_SERVER_KILLS ?? 5);
const SEED = Number(process.env.SOTTO_SEED ?? Date.now() % 1_000_000);
const QUEUES = 40;
/** Clients come back after a second at first. */
const LIFE_MS = { least: 1_200, most: 3_500 };
const PATIENCE_MS = 60_000;

async function expectWhole(folder: string): Promise<void> {
  const view = storeView(join(folder, 'data', 'store'));
  expect((await checkStore(view)).faults).toEqual([]);
  await view.close();
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** What is killed each time, the workers it has, and whether one of those is killed alone every other time. */
const SERVERS = [
  ['a server', 'off', false],
  ['a server with workers, or one of those,', 2, true],
] as const;

it.each(SERVERS)(
  `${KILLS} kills of %s under full load lose nothing that was answered OK (seed ${SEED})`,
  async (_, workers, killsWorkers) => {
    console.log(`seed ${SEED}`);
    const random = seeded(SEED);
    const folder = temporaryFolder();
    const server = new ServerProgram(folder, await freePort());
    await server.init({ workers });
    await server.start();
    const size = () => 8 + Math.floor(random() * 15_900);
    const load = new ServerLoad(server.server, { queues: QUEUES, size, pause: () => 0 });
    try {
      await load.open();
      const running = load.run();
      for (let kill = 0; kill < KILLS; kill++) {
        const before = load.sent;
        await wait(LIFE_MS.least + random() * (LIFE_MS.most - LIFE_MS.least));
        // Clients wait longer with each attempt that failed.
        for (const end = Date.now() + PATIENCE_MS; load.sent === before && Date.now() < end; ) await wait(50);
        expect(load.sent, 'nothing was sent between two kills').toBeGreaterThan(before);
        if (killsWorkers && kill % 2 === 0) {
          const children = childrenOf(server.program.pid);
          process.kill(children[Math.floor(random() * children.length)]!, 'SIGKILL');
        } else {
          await server.stop('SIGKILL');
          await expectWhole(folder);
          await server.start();
        }
      }
      load.finish();
      await running;
      await load.settled(PATIENCE_MS);
      const { sent, ...wrong } = load.accounts();
      console.log(`${KILLS} kills among ${sent} messages`);
      expect(wrong).toEqual({ lost: 0, disordered: 0, doubled: 0 });
      expect(load.unexpected).toEqual([]);
      const errors = server.log.filter(isErrorLine);
      expect(errors.filter((line) => !killsWorkers || !line.includes('a worker process ended'))).toEqual([]);
      expect(await server.stop('SIGTERM')).toBe(0);
      await expectWhole(folder);
    } finally {
      await load.close();
      await server.stop('SIGKILL');
    }
  },
  60_000 + KILLS * 20_000,
);
