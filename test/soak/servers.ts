/**
 * `npm run soak:server -- --minutes N [--seed S]`: two servers under load and faults; the first is never killed. Ends with
 * tables of what was sent and received and of what the servers held, and with exit code 1 when a message was lost, came
 * twice without a reason or out of order, memory grew, descriptors leaked, or something went wrong that no fault explains.
 */
import { parseSmpServer } from '../../src/protocol/index.ts';
import { isErrorLine } from '../harness/log-lines.ts';
import { temporaryFolder } from '../harness/people.ts';
import { ServerLoad } from '../harness/server-load.ts';
import { seeded } from '../harness/talker.ts';
import { soakArguments } from './arguments.ts';
import { makeFaults } from './faults.ts';
import { ProcessSamples } from './samples.ts';
import { comeAndGo, untilAnswered } from './visits.ts';
import { makePlace, type World } from './world.ts';

const SAMPLE_MS = 2_000;
/** From the last fault until everything must have arrived: a frozen connection is noticed after 140 s. */
const SETTLE_MS = 300_000;
const QUEUES = 50;
/** Strangers at a time, at each server. */
const STRANGERS = 3;

const { minutes, seed } = soakArguments('soak:server', 60);

const random = seeded(seed);

/** Mostly short and now and then; at times a burst, at times as large as may be. */
const load = {
  queues: QUEUES,
  size: () => (random() < 0.2 ? 15_000 : 8 + Math.floor(random() * 2_000)),
  pause: () => (random() < 0.5 ? 0 : random() * 3_000),
};

async function run(): Promise<boolean> {
  console.log(`soak of servers: ${minutes} minutes, seed ${seed}`);
  const folder = temporaryFolder();
  const places = [await makePlace('first', folder), await makePlace('second', folder)] as const;
  const world: World = { places, talkers: [], stop: async () => {} };
  const loads = places.map(({ address }) => new ServerLoad(parseSmpServer(address).server, load));
  for (const each of loads) await each.open();
  const samples = places.map(({ name, server }) => new ProcessSamples(`${name} server`, () => server.program.pid));
  for (const each of samples) each.takeQuiet();
  const sampling = setInterval(() => {
    for (const each of samples) each.take();
  }, SAMPLE_MS);
  const end = Date.now() + minutes * 60_000;
  const ended = () => Date.now() > end;
  try {
    const sending = loads.map((each) => each.run());
    const strangers = places.flatMap((place) =>
      Array.from({ length: STRANGERS }, () => comeAndGo(place, random, ended)),
    );
    const faults = await makeFaults(world, random, ended);
    const visits = await Promise.all(strangers);
    clearInterval(sampling);
    for (const each of loads) each.finish();
    await Promise.all(sending);
    for (const each of loads) await each.settled(SETTLE_MS);
    for (const { server, proxy } of places) {
      proxy.forgetFrozen();
      await untilAnswered(server.address);
    }
    const results = samples.map((each) => each.result());
    const accounts = loads.map((each, i) => ({ server: places[i]!.name, ...each.accounts() }));
    console.table(accounts);
    console.table(results.map(({ row }) => row));
    console.table({ ...Object.fromEntries(faults), 'visits of strangers': visits.reduce((a, b) => a + b, 0) });
    const complaints = [
      ...loads.flatMap(({ unexpected }) => unexpected),
      ...places.flatMap(({ name, server }) => server.log.filter(isErrorLine).map((line) => `${name} server: ${line}`)),
    ];
    for (const line of new Set(complaints)) console.log(line);
    const isRight = accounts.every(({ lost, disordered, doubled }) => lost + disordered + doubled === 0);
    return isRight && complaints.length === 0 && results.every(({ ok }) => ok);
  } finally {
    clearInterval(sampling);
    for (const each of loads) await each.close();
    for (const { server, proxy } of places) {
      await server.stop('SIGTERM');
      await proxy.stop();
    }
  }
}

const ok = await run();
console.log(
  ok
    ? 'soak of servers: every message is there, memory is flat, no descriptor leaked'
    : 'soak of servers: FAILED, see above',
);
process.exit(ok ? 0 : 1);
