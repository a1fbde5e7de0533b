/** The control socket: who may use it, what it answers, and what it says when nobody is there. */
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, it } from 'vitest';
import { askControl, type ControlCommand, HostingError, sparkline, startControl } from '../../../src/hosting/index.ts';

const root = mkdtempSync(join(tmpdir(), 'control-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let count = 0;

const commands: Record<string, ControlCommand> = {
  echo: async (parameters) => ({ parameters }),
  refuse: async () => {
    throw new HostingError('Not today.');
  },
  fail: async () => {
    throw new Error('an id');
  },
};

async function server() {
  const folder = join(root, String(count++));
  mkdirSync(folder);
  return { folder, path: join(folder, 'control.sock'), control: await startControl(folder, commands) };
}

/** Sends raw lines; gives so many answers. */
function raw(path: string, text: string, answers: number): Promise<unknown[]> {
  return new Promise((resolve) => {
    const received: unknown[] = [];
    const socket = connect(path, () => socket.write(text));
    socket.on('error', () => {});
    socket.once('close', () => resolve(received));
    const lines = createInterface({ input: socket }).on('error', () => {});
    lines.on('line', (line) => {
      received.push(JSON.parse(line));
      if (received.length === answers) socket.destroy();
    });
  });
}

describe('the control socket', () => {
  it('is for its owner, and answers', async () => {
    const { folder, path, control } = await server();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await askControl(folder, 'echo', { a: 1 })).toEqual({ parameters: { a: 1 } });
    await expect(askControl(folder, 'refuse')).rejects.toThrow('Not today.');
    await expect(askControl(folder, 'fail')).rejects.toThrow('The command failed.');
    await expect(askControl(folder, 'toString')).rejects.toThrow('The commands are echo, refuse, fail.');
    control.close();
    await expect(askControl(folder, 'echo')).rejects.toThrow(`No server runs with the data folder ${folder}.`);
  });

  it('answers in the order of the requests, and goes on after what it cannot read', async () => {
    const { path, control } = await server();
    const request = (a: number) => `${JSON.stringify({ command: 'echo', a })}\n`;
    const answers = await raw(path, `${request(1)}nonsense\n[]\n3\n${request(2)}`, 5);
    expect(answers).toEqual([
      { ok: true, parameters: { a: 1 } },
      { ok: false, error: 'A request is a line of JSON.' },
      { ok: false, error: 'The commands are echo, refuse, fail.' },
      { ok: false, error: 'A request is an object with "command".' },
      { ok: true, parameters: { a: 2 } },
    ]);
    control.close();
  });

  it('does not take a request without end', async () => {
    const { path, control } = await server();
    expect(await raw(path, 'x'.repeat(100_000), 1)).toEqual([]);
    control.close();
  });

  it('takes the place of one that was left behind', async () => {
    const folder = join(root, String(count++));
    mkdirSync(folder);
    writeFileSync(join(folder, 'control.sock'), '');
    const control = await startControl(folder, commands);
    expect(await askControl(folder, 'echo')).toEqual({ parameters: {} });
    control.close();
  });

  it('says what to do about a folder in its place', async () => {
    const folder = join(root, String(count++));
    const path = join(folder, 'control.sock');
    mkdirSync(path, { recursive: true });
    const sentence = `${path} is a folder, and the server keeps a file of this name. Move it away (mv ${path} ${path}.old), and start again.`;
    await expect(startControl(folder, commands)).rejects.toThrow(new HostingError(sentence));
  });

  it('says when its path is too long for the system, or its folder is gone', async () => {
    await expect(startControl(join(root, 'x'.repeat(200)), commands)).rejects.toThrow(/is longer than 103 bytes/);
    await expect(startControl(join(root, 'none'), commands)).rejects.toThrow(HostingError);
  });
});

it('draws numbers as bars', () => {
  expect(sparkline([0, 1, 4, 8], 6)).toBe('  ▁▂▅█');
  expect(sparkline([9, 1, 2], 2)).toBe('▅█');
  expect(sparkline([0, 0], 2)).toBe('▁▁');
  expect(sparkline([], 3)).toBe('   ');
});
