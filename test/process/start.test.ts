/** The chat as a process on the server that it makes on this machine, from the build. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

const start = new URL('../../dist/apps/cli/start.js', import.meta.url).href;
const program = `import(${JSON.stringify(start)}).then((m) => m.startChat(process.argv.slice(1), () => {}))`;

let data: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'sotto-start-'));
});
afterEach(async () => {
  await killServer();
  rmSync(data, { recursive: true, force: true });
});

const serverFile = (...path: readonly string[]) => join(data, 'sotto', 'server', ...path);

function serverPid(): number | undefined {
  const lock = serverFile('data', 'lock');
  return existsSync(lock) ? Number.parseInt(readFileSync(lock, 'utf8'), 10) : undefined;
}

/** Kills the server, and returns when it is gone. */
async function killServer(): Promise<void> {
  const pid = serverPid();
  try {
    while (pid !== undefined) {
      process.kill(pid, 'SIGKILL');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  } catch {
    // No such process any more.
  }
}

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function run(args: readonly string[], input = ''): Promise<Run> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['-e', program, '--', ...args], {
      env: { ...process.env, XDG_DATA_HOME: data, SOTTO_KEY: '' },
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    child.on('close', (code) => resolve({ code, out, err }));
    child.stdin.end(input);
  });
}

it('makes one server for chats that start at the same time, and keeps it', async () => {
  const names = ['a', 'b', 'c'];
  const runs = await Promise.all(names.map((name) => run(['-d', name, '--create-display-name', name, '-e', '/smp'])));
  const addresses = runs.map(({ code, out, err }) => {
    expect({ code, err }).toEqual({ code: 0, err: '' });
    return /smp:\S+/.exec(out)?.[0];
  });
  expect(new Set(addresses).size).toBe(1);
  expect(statSync(serverFile()).mode & 0o777).toBe(0o700);
  for (const name of names) expect(statSync(join(data, 'sotto', `${name}.key`)).mode & 0o777).toBe(0o600);

  await killServer();
  const again = await run(['-d', 'a', '-e', '/smp']);
  expect(again.code).toBe(0);
  expect(again.out).toContain(addresses[0]);
});

it('connects two people who talk, with receipts and the same security code', async () => {
  const invited = await run([], 'alice\n/c\n');
  expect(invited.code).toBe(0);
  const link = /simplex:\S+/.exec(invited.out)![0];
  const alice = run(['-e', '/p', '-t', '6']);
  const bob = await run(['-d', 'bob', '--create-display-name', 'bob b', '-e', `/c ${link}`, '-t', '3']);
  expect(bob.out).toContain('alice: contact is connected');
  expect(bob.out).toContain('alice: quantum resistant end-to-end encryption enabled (PQ on)');
  const sent = await run(['-d', 'bob', '-e', '@alice hello', '-t', '1']);
  expect(sent.out).toMatch(/✓✓ \d\d:\d\d @alice hello/);
  expect((await alice).out).toMatch(/\d\d:\d\d 'bob b'> hello/);
  const code = (out: string) => /^[\d ]{80,}$/m.exec(out)?.[0];
  const [ours, theirs] = [await run(['-e', "/code @'bob b'"]), await run(['-d', 'bob', '-e', '/code @alice'])];
  expect(code(ours.out)).toBeDefined();
  expect(code(ours.out)).toBe(code(theirs.out));
});

it('says so when another program has taken the port', async () => {
  expect((await run(['--create-display-name', 'a', '-e', '/smp'])).code).toBe(0);
  await killServer();
  const port = Number(readFileSync(serverFile('port'), 'utf8'));
  const intruder = createServer();
  await new Promise<void>((resolve, reject) => {
    const listen = () => intruder.listen(port, '127.0.0.1', resolve);
    intruder.on('error', (error) =>
      (error as { code?: string }).code === 'EADDRINUSE' ? setTimeout(listen, 50) : reject(error),
    );
    listen();
  });
  try {
    const { code, err } = await run(['-e', '/smp']);
    expect(code).toBe(2);
    expect(err).toContain(`port ${port} of this machine, where the local server should be, is taken`);
  } finally {
    intruder.close();
  }
});

it('leaves a server that is given alone', async () => {
  const server = `smp://${'A'.repeat(43)}=@127.0.0.1:1`;
  const { code, out } = await run(['-s', server, '--create-display-name', 'a', '-e', '/smp']);
  expect({ code, given: out.includes('127.0.0.1:1') }).toEqual({ code: 0, given: true });
  expect(existsSync(serverFile())).toBe(false);
});
