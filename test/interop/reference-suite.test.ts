/**
 * The reference's own tests of its server (ServerTests.hs, SMPProxyTests.hs of simplexmq 6.5.5) against ours. They are
 * built with one change: a server is started as the program that SOTTO_TEST_SERVER names (suite-server.ts). Takes some
 * minutes, and is skipped where no such build is at hand: SOTTO_REFERENCE names the folder that holds bin/smp-tests.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, describe, expect, it } from 'vitest';

const folder = process.env.SOTTO_REFERENCE ?? '';
const suite = join(folder, 'bin', 'smp-tests');
const isThere = folder !== '' && existsSync(suite);
if (!isThere)
  console.log('The tests of the reference are skipped: SOTTO_REFERENCE names no folder with bin/smp-tests.');

const MINUTES = 20;
const stores = ['jornal', 'memory'] as const;

/** What cannot apply, by the names of the tests, and why. */
const cannotApply: Readonly<Record<string, readonly string[]>> = {
  'looks into the files of the reference’s store, or wants MSG and the OK of SEND in blocks of their own': [
    'should store simplex queues to log and restore them after server restart',
    'should store messages on exit and restore on start',
    'should store messages on exit and restore on start (old / v2)',
  ],
  'looks for the file of metrics, which is made by the program around the server': ['should save Prometheus metrics'],
  'speaks version 7, or 8, which are not supported': [
    'queue key: SEd25519 / used key: SEd25519',
    'queue key: SEd448 / used key: SEd25519',
    'queue key: SEd448 / used key: SEd448',
    'queue key: SEd448 / used key: SX25519',
    'queue key: SX25519 / used key: SEd25519',
    'queue key: SX25519 / used key: SEd448',
    'queue key: SX25519 / used key: SX25519',
    'refuses proxy handshake unless enabled',
    'checks basic auth in proxy requests',
    '1x1000, no delay',
    'without proxy with fallback',
    'fails when fallback is prohibited',
  ],
};

/** In the folder of this project, so that what the program imports is found from there. */
const bundles = mkdtempSync(fileURLToPath(new URL('../../node_modules/.suite-', import.meta.url)));
afterAll(() => rmSync(bundles, { recursive: true, force: true }));

async function bundle(): Promise<string> {
  const outfile = join(bundles, 'suite-server.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('suite-server.ts', import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'error',
  });
  return outfile;
}

/** Runs the tests that match, and gives the outcome of each by its name. */
async function run(match: string, server: string): Promise<Map<string, string>> {
  const child = spawn(suite, ['--no-color', '-m', match], {
    env: { ...process.env, SOTTO_TEST_SERVER: `'${process.execPath}' '${server}'` },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const outcomes = new Map<string, string>();
  for await (const line of createInterface(child.stdout)) {
    const [, name, mark] = /^\s+(.+) \[(✔|✘|‐)\]$/.exec(line) ?? [];
    if (name !== undefined && mark !== undefined) outcomes.set(name, mark);
  }
  return outcomes;
}

const failed = (outcomes: Map<string, string>) =>
  [...outcomes].filter(([, mark]) => mark === '✘').map(([name]) => name);
const expected = Object.values(cannotApply).flat();

describe.runIf(isThere)('the tests of the reference', () => {
  for (const match of [...stores.map((store) => `SMP server via TLS, ${store} message store`), 'SMP proxy']) {
    it(
      match,
      async () => {
        const outcomes = await run(match, await bundle());
        expect(failed(outcomes).filter((name) => !expected.includes(name))).toEqual([]);
        expect([...outcomes.values()].filter((mark) => mark === '✔').length).toBeGreaterThan(15);
      },
      MINUTES * 60_000,
    );
  }
});
