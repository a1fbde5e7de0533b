/** Programs whose output nobody reads to its end: a reader that has gone, a file that takes no more; and what they say of it. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, ServerProgram } from '../harness/processes.ts';

const program = fileURLToPath(new URL('../../dist/apps/cli/main.js', import.meta.url));
const hosting = new URL('../../dist/hosting/own-lines.js', import.meta.url).href;
const TIMED = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z /;

let folder: string;
let server: ServerProgram;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sotto-test-'));
  server = new ServerProgram(folder, await freePort());
  await server.init();
  await server.start();
});
afterAll(async () => {
  await server.stop('SIGKILL');
  rmSync(folder, { recursive: true });
});

const where = () => ['--config', join(folder, 'config'), '--data', join(folder, 'data')];
const env = () => ({ ...process.env, XDG_DATA_HOME: folder, SOTTO_KEY: 'k', JOURNAL_STREAM: '' });

interface Ended {
  readonly code: number | null;
  readonly err: string;
}

function ended(child: ChildProcess): Promise<Ended> {
  let err = '';
  child.stderr!.on('data', (data: Buffer) => {
    err += data.toString();
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, err })));
}

/** Runs the program with nobody at the other end of its output. */
function withoutReader(args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...args], { env: env(), stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout!.destroy();
  return ended(child);
}

const start = ['chat', '--create-display-name', 'me'];

describe('a reader that has gone', () => {
  it.each<readonly [readonly string[], number]>([
    [['--help'], 0],
    [['chat', '--help'], 0],
    [['chat', '-e', '/help'], 0],
    [[...start, '-e', '/p'], 0],
    [['smp-server', '--help'], 0],
  ])('of %j is no failure', async (args, code) => {
    expect(await withoutReader(args)).toEqual({ code, err: '' });
  });

  it('is none for commands that look at a server or its files', async () => {
    for (const args of [['status'], ['status', '--json'], ['address'], ['check'], ['backup', join(folder, 'copy')]]) {
      const result = await withoutReader(['smp-server', ...args, ...where()]);
      expect({ args, ...result }).toEqual({ args, code: 0, err: '' });
    }
  });

  it('does not make a failure look like success', async () => {
    const failed = await withoutReader([...start, '-e', '/p', '-e', '/nope']);
    expect(failed).toMatchObject({ code: 1, err: expect.stringContaining('no such command: /nope') });
    expect(await withoutReader(['nope'])).toMatchObject({ code: 2, err: expect.not.stringContaining('    at ') });
  });

  it('ends what would only go on receiving or reading', async () => {
    expect(await withoutReader([...start, '-e', '/p', '-t', '10000'])).toEqual({ code: 0, err: '' });
    const reading = spawn(process.execPath, [program, ...start], { env: env() });
    reading.stdin.on('error', () => {});
    reading.stdin.write('/p\n');
    reading.stdout.destroy();
    // Input stays open.
    expect(await ended(reading)).toEqual({ code: 0, err: '' });
  });

  it('of standard error leaves the exit code as it is', async () => {
    const child = spawn(process.execPath, [program, ...start, '-e', '/nope'], { env: env(), stdio: 'pipe' });
    child.stderr.destroy();
    const code = await new Promise((resolve) => child.once('exit', resolve));
    expect(code).toBe(1);
  });

  it('does not end a server, of whichever output it was', async () => {
    const other = mkdtempSync(join(folder, 'other-'));
    const at = ['--config', join(other, 'config'), '--data', join(other, 'data')];
    const made = new ServerProgram(other, 0);
    await made.init();
    const child = spawn(process.execPath, [program, 'smp-server', 'start', '--port', '0', ...at], { env: env() });
    const exit = new Promise((resolve) => child.once('exit', resolve));
    try {
      for await (const text of child.stdout) if (`${text}`.includes('Ready')) break;
      child.stdout.destroy();
      child.stderr.destroy();
      // It says that it has read its configuration again, and later that it stops.
      child.kill('SIGHUP');
      const status = spawnSync(process.execPath, [program, 'smp-server', 'status', '--once', ...at], {
        encoding: 'utf8',
      });
      expect(status).toMatchObject({ status: 0, stdout: expect.stringContaining('running for') });
      child.kill('SIGTERM');
      expect(await exit).toBe(0);
    } finally {
      child.kill('SIGKILL');
    }
  });
});

describe('output that a file does not take', () => {
  it('is a failure also where another process writes it', () => {
    const small = openSync(join(folder, 'small'), 'w');
    try {
      const args = ['--fsize=1:', process.execPath, program, 'smp-server', 'check', ...where()];
      const { status, stderr } = spawnSync('prlimit', args, {
        env: env(),
        stdio: ['ignore', small, 'pipe'],
        encoding: 'utf8',
      });
      expect({ status, stderr }).toEqual({
        status: 1,
        stderr: 'the output could not be written: the file is as large as it may be\n',
      });
    } finally {
      closeSync(small);
    }
  });
});

describe('what a running server says beside its log', () => {
  const say = (code: string) =>
    spawnSync(
      process.execPath,
      ['--input-type=module', '-e', `import { timeOwnLines } from ${JSON.stringify(hosting)}; timeOwnLines(); ${code}`],
      { env: env(), encoding: 'utf8' },
    );
  const lines = (text: string) => text.trimEnd().split('\n');

  it('has the time: the mistake that ends it', () => {
    const { status, stderr } = say(`setImmediate(() => { throw new Error('a mistake'); });`);
    expect(status).toBe(1);
    expect(lines(stderr).length).toBeGreaterThan(1);
    expect(stderr).toContain('error: internal error, this process ends: Error: a mistake');
    for (const line of lines(stderr)) expect(line).toMatch(TIMED);
  });

  it('has the time: warnings of Node', () => {
    const { status, stderr } = say(`process.emitWarning('too many listeners');`);
    expect(status).toBe(0);
    expect(lines(stderr)).toEqual([expect.stringMatching(/^\S+Z warn: Warning: too many listeners$/)]);
  });
});
