/**
 * `npm run soak -- --minutes N [--seed S]`: real servers and real clients under load and faults. Ends with tables of what
 * was sent and received and of what the processes held, and with exit code 1 when a message was lost, doubled or out of
 * order, memory grew, descriptors leaked, or the server reported a bug.
 */

import { isErrorLine } from '../harness/log-lines.ts';
import { seeded, type Talker } from '../harness/talker.ts';
import { soakArguments } from './arguments.ts';
import { makeFaults } from './faults.ts';
import { ProcessSamples } from './samples.ts';
import { comeAndGo, untilAnswered } from './visits.ts';
import { makeWorld, type World } from './world.ts';

const SAMPLE_MS = 2_000;
/** From the last fault until everything must have arrived: a frozen connection is noticed after 140 s. */
const SETTLE_MS = 300_000;
/** Between two looks at a conversation, each of which prints all of it. */
const ACCOUNT_MS = 10_000;

const { minutes, seed } = soakArguments('soak', 30);

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const random = seeded(seed);

/** Talks in bursts, mostly shortly. */
async function talk(talker: Talker, ended: () => boolean): Promise<void> {
  while (!ended()) {
    for (let burst = 1 + Math.floor(random() * 12); burst > 0 && !ended(); burst--) {
      const chance = random();
      await talker.sayNext(chance < 0.03 ? 9_000 : chance < 0.15 ? 1_500 : 1);
    }
    await wait(random() * 6_000);
  }
}

interface Account {
  readonly ok: boolean;
  readonly row: Readonly<Record<string, string | number>>;
}

/** Compares what one said with what the other has, once everything had time to arrive. */
async function account(talkers: readonly Talker[], talker: Talker, deadline: number): Promise<Account> {
  const other = talkers.find(({ chat }) => chat.name === talker.to)!;
  const said = talker.next - 1;
  let received: number[] = [];
  for (;;) {
    received = (await other.chat.conversation(talker.chat.name)).received.map(Number);
    if (received.length >= said || Date.now() > deadline) break;
    await wait(ACCOUNT_MS);
  }
  received = (await other.chat.settledConversation(talker.chat.name)).received.map(Number);
  const seen = new Set(received);
  const lost = Array.from({ length: said }, (_, i) => i + 1).filter((number) => !seen.has(number)).length;
  const doubled = received.length - seen.size;
  const disordered = received.filter((number, i) => i > 0 && number < received[i - 1]!).length;
  return {
    ok: lost + doubled + disordered === 0,
    row: {
      from: talker.chat.name,
      to: talker.to,
      said,
      received: seen.size,
      lost,
      doubled,
      disordered,
      kills: talker.kills,
    },
  };
}

function serverComplaints(world: World): readonly string[] {
  return world.places.flatMap(({ name, server }) =>
    server.log.filter(isErrorLine).map((line) => `${name} server: ${line}`),
  );
}

async function run(): Promise<boolean> {
  console.log(`soak: ${minutes} minutes, seed ${seed}`);
  const world = await makeWorld();
  const { talkers, places } = world;
  const samples = [
    ...places.map(({ name, server }) => new ProcessSamples(`${name} server`, () => server.program.pid)),
    ...talkers.map(({ chat }) => new ProcessSamples(chat.name, () => chat.program.pid)),
  ];
  for (const each of samples) each.takeQuiet();
  const sampling = setInterval(() => {
    for (const each of samples) each.take();
  }, SAMPLE_MS);
  const end = Date.now() + minutes * 60_000;
  const ended = () => Date.now() > end;
  try {
    const [faults, visits] = await Promise.all([
      makeFaults(world, random, ended),
      Promise.all(places.map((place) => comeAndGo(place, random, ended))),
      ...talkers.map((talker) => talk(talker, ended)),
    ]);
    clearInterval(sampling);
    const deadline = Date.now() + SETTLE_MS;
    const accounts: Account[] = [];
    for (const talker of talkers) accounts.push(await account(talkers, talker, deadline));
    for (const { server, proxy } of places) {
      proxy.forgetFrozen();
      await untilAnswered(server.address);
    }
    const results = samples.map((each) => each.result());
    console.table(accounts.map(({ row }) => row));
    console.table(results.map(({ row }) => row));
    console.table({ ...Object.fromEntries(faults), 'visits of strangers': visits.reduce((a, b) => a + b, 0) });
    const complaints = serverComplaints(world);
    for (const line of complaints) console.log(line);
    return complaints.length === 0 && [...accounts, ...results].every(({ ok }) => ok);
  } finally {
    clearInterval(sampling);
    await world.stop();
  }
}

const ok = await run();
console.log(ok ? 'soak: every message is there, memory is flat, no descriptor leaked' : 'soak: FAILED, see above');
process.exit(ok ? 0 : 1);
