/** A wall clock that is set back by a day: under a running server, under running clients, and before a start. */
import { afterEach, expect, it } from 'vitest';
import { utf8 } from '../../../src/encoding/index.ts';
import { manualClock } from '../../harness/manual-clock.ts';
import { temporaryFolder } from '../../harness/people.ts';
import { ChatProgram, freePort, type Program, type RunOptions, ServerProgram } from '../../harness/processes.ts';
import { RawClient } from '../../harness/smp-client.ts';
import { startTestServer } from '../../harness/smp-server.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const versions = { min: 12, max: 12 };
const flags = { notification: false };

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const hook = new URL('../../harness/movable-clock.mjs', import.meta.url).href;
const movable = (offsetMs = 0): RunOptions => ({
  env: { NODE_OPTIONS: `--import ${hook}`, SOTTO_TEST_CLOCK: `${offsetMs}` },
});

async function setBack(program: Program): Promise<void> {
  const before = program.lines.all.length;
  program.signal('SIGUSR2');
  const isSet = (line: string) => line.startsWith('the clock is ');
  await program.lines.until(() => program.lines.all.slice(before).some(isSet), 'the clock is set');
}

async function startServer(folder: string, options: RunOptions): Promise<ServerProgram> {
  const server = new ServerProgram(folder, await freePort(), options);
  await server.init();
  await server.start();
  ends.push(() => server.stop('SIGKILL'));
  return server;
}

function chat(name: string, folder: string, server: ServerProgram, options: RunOptions): ChatProgram {
  const program = new ChatProgram(name, folder, server.address, options);
  ends.push(() => program.program.stop('SIGKILL'));
  return program;
}

async function say(from: ChatProgram, to: ChatProgram, text: string): Promise<void> {
  from.program.type(`@${to.name} ${text}`);
  await to.program.lines.first((line) => line.endsWith(` ${from.name}> ${text}`), `${to.name} has ${text}`);
  await from.program.lines.first((line) => line.includes(`✓✓`) && line.endsWith(` ${text}`), `receipt of ${text}`);
}

it('people go on talking when the clock of one, then of the server, is set back a day', async () => {
  const folder = temporaryFolder();
  const server = await startServer(folder, movable());
  const alice = chat('alice', folder, server, movable());
  const bob = chat('bob', folder, server, movable());
  await bob.connect(alice);
  let number = 0;
  const both = async () => {
    await say(alice, bob, `${++number}`);
    await say(bob, alice, `${++number}`);
  };
  await both();
  await setBack(alice.program);
  await both();
  await setBack(server.program);
  await both();
  // Timers go on: a server that went away is found again.
  await server.stop('SIGKILL');
  await server.start();
  await both();
  const { sent, received } = await alice.settledConversation('bob');
  expect(sent).toEqual(['1', '3', '5', '7']);
  expect(received).toEqual(['2', '4', '6', '8']);
});

it('a server and clients start with a clock that is a day behind the certificates', async () => {
  const folder = temporaryFolder();
  const server = await startServer(folder, movable(-DAY_MS));
  const alice = chat('alice', folder, server, movable(-DAY_MS));
  const bob = chat('bob', folder, server, {});
  await bob.connect(alice);
  await say(alice, bob, '1');
});

it('messages wait as long as they may by the clock, and no shorter, when it is set back', async () => {
  const clock = manualClock();
  const server = await startTestServer({ clock });
  ends.push(() => server.stop());
  const client = await RawClient.connect(server.address, versions);
  const queue = await client.newQueue();
  const send = (text: string) => client.ask(queue.sndId, undefined, { kind: 'SEND', flags, body: utf8(text) });
  expect(await send('before')).toEqual({ kind: 'OK' });
  clock.set(-DAY_MS);
  expect(await send('after')).toEqual({ kind: 'OK' });
  const pass = async (days: number) => {
    for (let hour = 0; hour < days * 24; hour++) {
      // What is being written has its own time limit, which must not be what ends here.
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(HOUR_MS);
      await client.ask(queue.rcvId, queue.authKey, { kind: 'QUE' });
    }
    return server.store.messages.size(queue.rcvId);
  };
  expect(await pass(20)).toBe(2);
  // Both leave in their order, the first a day later than it would have.
  expect(await pass(1)).toBe(2);
  expect(await pass(2)).toBe(0);
  client.transport.destroy();
});

it('a server that starts in 1970 and is set right, while it runs and between two runs, keeps its messages', async () => {
  const folder = temporaryFolder();
  const port = await freePort();
  const yearsMs = Date.now();
  const run = (offsetMs: number) =>
    new ServerProgram(folder, port, {
      env: {
        NODE_OPTIONS: `--import ${hook}`,
        SOTTO_TEST_CLOCK: `${offsetMs}`,
        SOTTO_TEST_CLOCK_STEP: `${yearsMs}`,
      },
    });
  let server = run(-yearsMs);
  ends.push(() => server.stop('SIGKILL'));
  await server.init();
  await server.start();
  const client = await RawClient.connect(server.server, versions);
  const queue = await client.newQueue();
  const send = { kind: 'SEND' as const, flags, body: utf8('from 1970') };
  expect(await client.ask(queue.sndId, undefined, send)).toEqual({ kind: 'OK' });
  await setBack(server.program);
  client.transport.destroy();
  await server.stop('SIGTERM');
  // It looks for what has expired when it starts.
  for (const offset of [-yearsMs, 0, yearsMs, 0]) {
    server = run(offset);
    await server.start();
    const later = await RawClient.connect(server.server, versions);
    expect(await later.ask(queue.rcvId, queue.authKey, { kind: 'GET' })).toMatchObject({ kind: 'MSG' });
    later.transport.destroy();
    await server.stop('SIGTERM');
  }
  expect(server.log.join('\n')).toContain('nothing expires in the next 24 hours');
});
