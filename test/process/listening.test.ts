/** Where a server listens, asked of the system: no more than its configuration says. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { emptyBytes } from '../../src/encoding/index.ts';
import { parseSmpServer } from '../../src/protocol/index.ts';
import { SMP_VERSIONS } from '../../src/smp/protocol/index.ts';
import { listeningOn, unixSocketsOf } from '../harness/listening.ts';
import { freePort } from '../harness/processes.ts';
import { RawClient } from '../harness/smp-client.ts';
import {
  args,
  buildSmpServer,
  configure,
  type Folders,
  initWithWorkers,
  killPrograms,
  removeFolders,
  run,
} from '../harness/smp-server-program.ts';
import { writeWebCertificate } from '../harness/web-certificate.ts';

beforeAll(buildSmpServer);
afterEach(killPrograms);
afterAll(removeFolders);

/** Starts a server from its configuration alone; gives what it printed. */
async function started(folders: Folders, ...options: readonly string[]) {
  const program = run(['start', ...options, ...args(folders)]);
  const lines: string[] = [];
  for (;;) {
    const line = await Promise.race([program.lines.next(), program.ended]);
    if (typeof line !== 'string') throw new Error(line.output);
    lines.push(line);
    if (line.startsWith('Ready:')) return { program, lines, pid: program.child.pid! };
  }
}

const stop = async ({ program }: Awaited<ReturnType<typeof started>>) => {
  program.child.kill('SIGTERM');
  await program.ended;
};

const ports = (count: number) => Promise.all(Array.from({ length: count }, freePort));

for (const workers of ['off', '2']) {
  describe(`a server with workers = ${workers}`, () => {
    it('listens on all addresses for the network, and on this machine only for all that is not for everybody', async () => {
      const folders = await initWithWorkers(workers, '--no-password');
      const [smp, https, http, metrics] = await ports(4);
      const { cert, key } = writeWebCertificate(folders.config);
      configure(folders, ['port = 5223', `port = ${smp}`]);
      configure(folders, ['# https = 443', `https = ${https}`]);
      configure(folders, [/^# cert = .*$/m, `cert = ${cert}`]);
      configure(folders, [/^# key = .*$/m, `key = ${key}`]);
      configure(folders, ['# http = 8000', `http = ${http}`]);
      configure(folders, ['# port = 5226', `port = ${metrics}`]);
      const server = await started(folders);
      expect(listeningOn(server.pid)).toEqual(
        [`:::${smp}`, `:::${https}`, `127.0.0.1:${http}`, `127.0.0.1:${metrics}`].sort(),
      );
      expect(unixSocketsOf(server.pid)).toEqual([join(folders.data, 'control.sock')]);
      await stop(server);
    });

    it('listens on the addresses it is given, and no others', async () => {
      const folders = await initWithWorkers(workers, '--no-password');
      const [first, second, http, metrics] = await ports(4);
      configure(folders, ['port = 5223', `port = ${first},${second}`]);
      configure(folders, [/^# listen = .*$/m, 'listen = 127.0.0.1, [::1]']);
      configure(folders, ['# http = 8000', `http = ${http}`]);
      configure(folders, ['# host = 127.0.0.1', 'host = 127.0.0.3']);
      configure(folders, ['# port = 5226', `port = ${metrics}`]);
      const server = await started(folders);
      const loopback6 = '0000:0000:0000:0000:0000:0000:0000:0001';
      const smp = [first, second].flatMap((port) => [`127.0.0.1:${port}`, `${loopback6}:${port}`]);
      expect(listeningOn(server.pid)).toEqual([...smp, `127.0.0.1:${http}`, `127.0.0.3:${metrics}`].sort());
      expect(server.lines.at(-1)).toBe(`Ready: serving SMP on port ${first}, ${second}.`);
      const { server: address } = parseSmpServer(/smp:.*/.exec(server.lines[0]!)![0]);
      for (const host of ['127.0.0.1', '::1']) {
        const client = await RawClient.connect({ ...address, hosts: [host], port: String(second) }, SMP_VERSIONS);
        expect(await client.ask(emptyBytes, undefined, { kind: 'PING' })).toEqual({ kind: 'PONG' });
        client.transport.destroy();
      }
      await stop(server);
    });

    it('listens where the command line says, except what is for this machine', async () => {
      const folders = await initWithWorkers(workers, '--no-password');
      const [smp, http] = await ports(2);
      configure(folders, [/^# listen = .*$/m, 'listen = 127.0.0.2']);
      configure(folders, ['# http = 8000', `http = ${http}`]);
      const server = await started(folders, '--host', '0.0.0.0', '--port', String(smp));
      expect(listeningOn(server.pid)).toEqual([`0.0.0.0:${smp}`, `127.0.0.1:${http}`].sort());
      await stop(server);
    });

    it('listens to nothing for pages and metrics unless told to', async () => {
      const folders = await initWithWorkers(workers, '--no-password');
      const [smp] = await ports(1);
      configure(folders, ['port = 5223', `port = ${smp}`]);
      const server = await started(folders);
      expect(listeningOn(server.pid)).toEqual([`:::${smp}`]);
      await stop(server);
    });
  });
}

describe('the control socket', () => {
  it('is its owner’s alone, whatever modes new files get', async () => {
    const folders = await initWithWorkers('off', '--no-password');
    const mask = process.umask(0);
    try {
      const server = await started(folders, '--host', '127.0.0.1', '--port', '0');
      expect(statSync(join(folders.data, 'control.sock')).mode & 0o777).toBe(0o600);
      await stop(server);
    } finally {
      process.umask(mask);
    }
  });
});

describe('a listen address that this machine does not have', () => {
  it('is told with the setting to change', async () => {
    const folders = await initWithWorkers('off', '--no-password');
    configure(folders, [/^# listen = .*$/m, 'listen = 192.0.2.1']);
    const { code, output } = await run(['start', ...args(folders)]).ended;
    expect([code, output]).toEqual([1, expect.stringContaining('this machine has no address 192.0.2.1')]);
    expect(output).toContain('"listen" of [TRANSPORT]');
  });

  it('is refused when it is none, with its line', async () => {
    const folders = await initWithWorkers('off', '--no-password');
    configure(folders, [/^# listen = .*$/m, 'listen = 127.0.0.1:5223']);
    const { code, output } = await run(['start', ...args(folders)]).ended;
    expect([code, output]).toEqual([1, expect.stringMatching(/line \d+: "listen" of \[TRANSPORT\] has a port/)]);
  });
});
