/** Whether a server that is to be moved is noticed while it runs. */
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { answers, userOf } from '../../../../../src/apps/smp-server/import/running.ts';
import { systemRandom } from '../../../../../src/crypto/index.ts';
import { freePort } from '../../../../harness/processes.ts';
import { startTestServer } from '../../../../harness/smp-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'smp-running-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('is known by its identity on one of its ports', async () => {
  const server = await startTestServer();
  const { port, keyHash } = server.address;
  const ports = [0, await freePort(), Number(port)];
  expect(await answers(ports, keyHash)).toBe(true);
  expect(await answers(ports, systemRandom.bytes(32))).toBe(false);
  await server.stop();
  expect(await answers(ports, keyHash)).toBe(false);
});

it.runIf(process.platform === 'linux')('is known by its log, which it has open', () => {
  const path = join(folder, 'log');
  writeFileSync(path, '');
  expect(userOf(path)).toBeUndefined();
  const file = openSync(path, 'r');
  expect(userOf(path)).toBe(process.pid);
  closeSync(file);
});
