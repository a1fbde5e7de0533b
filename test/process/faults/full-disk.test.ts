/** A disk that is full under a client's database; test/process/smp-server.test.ts has the server's. */
import { statSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { temporaryFolder } from '../../harness/people.ts';
import { ChatProgram, freePort, limitProcess, ServerProgram } from '../../harness/processes.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** The database is tried again every ten seconds. */
const PATIENCE_MS = 60_000;
const FULL = /The disk is full/;

it('says so, keeps what it has, lets messages wait on the server, and goes on when there is room', async () => {
  const folder = temporaryFolder();
  const server = new ServerProgram(folder, await freePort());
  await server.init();
  await server.start();
  ends.push(() => server.stop('SIGKILL'));
  const alice = new ChatProgram('alice', folder, server.address);
  const bob = new ChatProgram('bob', folder, server.address);
  ends.push(
    () => alice.program.stop('SIGKILL'),
    () => bob.program.stop('SIGKILL'),
  );
  await bob.connect(alice);
  const said = (from: ChatProgram, to: ChatProgram, text: string) =>
    to.program.lines.first((line) => line.endsWith(` ${from.name}> ${text}`), `${to.name} has ${text}`, PATIENCE_MS);
  alice.program.type('@bob 1');
  await said(alice, bob, '1');

  // No file of bob may grow any more: not the database, nor what it writes ahead.
  const wal = statSync(`${bob.database}-wal`).size;
  const { pid } = bob.program;
  limitProcess(pid, `fsize=${wal}:`);
  let number = 1;
  // What is written ahead starts over now and then, in room that is there already.
  while (!bob.program.lines.all.some((line) => FULL.test(line))) {
    bob.program.type(`@alice ${++number}`);
    await bob.program.ask('/contacts');
    if (number > 500) throw new Error(`the disk never was full: ${bob.program.lines.all.slice(-30).join('\n')}`);
  }
  for (const text of ['100001', '100002', '100003']) alice.program.type(`@bob ${text}`);
  await alice.program.ask('/contacts');
  expect((await bob.conversation('alice')).received).not.toContain('100003');

  limitProcess(pid, 'fsize=unlimited:');
  await said(alice, bob, '100003');
  bob.program.type('@alice 200001');
  await said(bob, alice, '200001');
  const { sent: stored, received } = await bob.settledConversation('alice');
  expect(received).toEqual(['1', '100001', '100002', '100003']);
  // Everything that was taken arrived; what was refused was refused with a sentence.
  expect((await alice.settledConversation('bob')).received).toEqual(stored);
  expect(stored.length).toBeLessThan(number + 1);
  await bob.restart();
  await bob.program.ask('/contacts');
  expect((await bob.settledConversation('alice')).sent).toEqual(stored);
});
