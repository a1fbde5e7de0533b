/** A terminal client that is killed: whom one was talking to, and what was not read, is there when it runs again. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../harness/people.ts';
import { ChatProgram, childrenOf, freePort, ServerProgram, SOTTO } from '../harness/processes.ts';

it('a kill loses nothing of what is unread', async () => {
  const folder = temporaryFolder();
  const server = new ServerProgram(folder, await freePort());
  await server.init();
  await server.start();
  const alice = new ChatProgram('alice', folder, server.address);
  const bob = new ChatProgram('bob', folder, server.address);
  try {
    await bob.connect(alice);
    for (let round = 1; round <= 3; round++) {
      // Seen by the person when they are listed, and nothing since.
      await alice.program.ask('/tail @bob 2');
      for (const n of [1, 2]) bob.program.type(`@alice ${round}${n}`);
      await alice.program.lines.first((line) => line.endsWith(`bob> ${round}2`), 'a message');
      await alice.restart();
      expect((await alice.program.ask('/chats')).join('\n')).toContain('(2 unread)');
    }
  } finally {
    await Promise.all([alice, bob].map(({ program }) => program.stop('SIGKILL')));
    await server.stop('SIGKILL');
  }
});

/** The terminal is told to mark pastes once keys are read. */
const READS_KEYS = '\u001b[?2004h';

/** The chat on a terminal of its own, as `script` makes one. */
function onTerminal(folder: string, name: string) {
  const command = `'${process.execPath}' '${SOTTO}' chat -d '${join(folder, name)}' --no-passphrase`;
  const child = spawn('script', ['-qfec', command, '/dev/null'], { env: { ...process.env, TERM: 'xterm' } });
  let shown = '';
  let changed = () => {};
  child.stdout.on('data', (data: Buffer) => {
    shown += data.toString();
    changed();
  });
  const until = async (text: string) => {
    while (!shown.includes(text)) {
      await new Promise<void>((resolve) => {
        changed = resolve;
      });
    }
  };
  const kill = async () => {
    const ended = new Promise((resolve) => child.once('close', resolve));
    const all = (pid: number): number[] => childrenOf(pid).flatMap((each) => [...all(each), each]);
    for (const pid of all(child.pid!)) process.kill(pid, 'SIGKILL');
    await ended;
  };
  return { type: (text: string) => child.stdin.write(text), until, kill };
}

it('a kill does not lose whom one was talking to', async () => {
  const folder = temporaryFolder();
  const server = new ServerProgram(folder, await freePort());
  await server.init();
  await server.start();
  const alice = new ChatProgram('alice', folder, server.address);
  const bob = new ChatProgram('bob', folder, server.address);
  try {
    await bob.connect(alice);
    await alice.program.stop('SIGKILL');
    const first = onTerminal(folder, 'alice');
    await first.until(READS_KEYS);
    first.type('@bob hello\r');
    await first.until('@bob> ');
    await bob.program.lines.first((line) => line.endsWith('alice> hello'), 'the message');
    await first.kill();
    const second = onTerminal(folder, 'alice');
    await second.until(READS_KEYS);
    await second.until('@bob> ');
    second.type('again\r');
    await bob.program.lines.first((line) => line.endsWith('alice> again'), 'another message');
    await second.kill();
  } finally {
    await Promise.all([alice, bob].map(({ program }) => program.stop('SIGKILL')));
    await server.stop('SIGKILL');
  }
});
