/** A database that is damaged while the program runs, and what servers send then: agent and program from the build. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';

const dist = (file: string) => JSON.stringify(new URL(`../../dist/${file}`, import.meta.url).href);

/** Opens a database, overwrites its pages, and hands `event` to the agent as an SMP client would. */
const program = (event: string) => `
  const { closeSync, fstatSync, openSync, writeSync } = await import('node:fs');
  const { Agent, agentMigrations, openDatabase } = await import(${dist('agent/index.js')});
  const { silentLogger, systemClock } = await import(${dist('base/index.js')});
  const { systemRandom } = await import(${dist('crypto/index.js')});
  const { parseSmpServer } = await import(${dist('protocol/index.js')});
  const { endOnDatabaseFailure } = await import(${dist('apps/cli/database-failure.js')});
  endOnDatabaseFailure();
  const open = () => openDatabase(process.argv[1], { kind: 'raw', key: new Uint8Array(32) }, agentMigrations);
  open().close();
  const database = open();
  const file = openSync(process.argv[1], 'r+');
  const pages = fstatSync(file).size / 4096;
  for (let page = 1; page < pages; page++) writeSync(file, Buffer.alloc(4096, 0xff), 0, 4096, page * 4096);
  closeSync(file);
  let events;
  new Agent({
    database, servers: [], clock: systemClock, random: systemRandom, logger: silentLogger, onEvent: () => {},
    smp: (given) => { events = given; }, kemKeyPairs: { prepare() {} },
  });
  const server = parseSmpServer('smp://' + 'A'.repeat(43) + '=@localhost').server;
  const id = new Uint8Array(24);
  events.${event};
  setTimeout(() => console.log('went on'), 1000);
`;

it.each([
  'onSubscriptionError(server, id, new Error("AUTH"))',
  'onMessage(server, id, { msgId: id, body: id })',
  'onEnd(server, id, "END")',
])('ends with a sentence at %s', (event) => {
  const folder = mkdtempSync(join(tmpdir(), 'damaged-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'a.db');
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', program(event), path], { encoding: 'utf8' });
  expect({ code: run.status, out: run.stdout, err: run.stderr }).toEqual({
    code: 1,
    out: '',
    err: `${path} is damaged. Restore it from a backup; nothing was changed.\n`,
  });
});
