/** Programs whose output goes to a full disk, as /dev/full is one: they fail, and say why. */
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const program = fileURLToPath(new URL('../../dist/apps/cli/main.js', import.meta.url));

it
  .skipIf(!existsSync('/dev/full'))
  .each([
    [['--help']],
    [['--version']],
    [['chat', '--help']],
    [['chat', '-e', '/help']],
    [['chat', '--create-display-name', 'a', '-e', '/p']],
    [['smp-server', '--help']],
  ])('sotto %j', (args) => {
  const data = mkdtempSync(join(tmpdir(), 'sotto-test-'));
  const full = openSync('/dev/full', 'w');
  try {
    const { status, stderr } = spawnSync(process.execPath, [program, ...args], {
      env: { ...process.env, XDG_DATA_HOME: data, SOTTO_KEY: 'k' },
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: 'the output could not be written: no space is left on the device\n',
    });
  } finally {
    closeSync(full);
    rmSync(data, { recursive: true });
  }
});
