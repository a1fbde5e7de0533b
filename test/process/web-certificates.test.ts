/** A server with pages whose certificate is replaced while it runs: by a good one, and by what is none. */
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, type PeerCertificate } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../harness/processes.ts';
import {
  buildSmpServer,
  configure,
  initWithWorkers,
  killPrograms,
  type Program,
  removeFolders,
  start,
} from '../harness/smp-server-program.ts';
import { writeWebCertificate } from '../harness/web-certificate.ts';

beforeAll(buildSmpServer);
afterEach(killPrograms);
afterAll(removeFolders);

async function until(program: Program, said: string): Promise<void> {
  for (;;) {
    const line = await program.lines.next();
    if (line?.includes(said)) return;
  }
}

/** The serial number of what a browser is shown. */
function shown(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(
      { port, host: '127.0.0.1', servername: 'smp.example.com', rejectUnauthorized: false },
      () => {
        const { serialNumber } = socket.getPeerCertificate() as PeerCertificate;
        socket.destroy();
        resolve(serialNumber);
      },
    );
    socket.once('error', reject);
  });
}

for (const workers of ['off', '1']) {
  describe(`with workers = ${workers}`, () => {
    it('a pair that is not whole never replaces a good one', async () => {
      const folders = await initWithWorkers(workers, '--no-password');
      const port = await freePort();
      const { cert, key } = writeWebCertificate(folders.config);
      const other = writeWebCertificate(folders.config, 'other');
      configure(folders, ['# https = 443', `https = ${port}`]);
      configure(folders, [/^# cert = .*$/m, `cert = ${cert}`]);
      configure(folders, [/^# key = .*$/m, `key = ${key}`]);
      const server = await start(folders);
      const good = await shown(port);
      const pair = [readFileSync(cert, 'utf8'), readFileSync(key, 'utf8')] as const;
      const otherPair = [readFileSync(other.cert, 'utf8'), readFileSync(other.key, 'utf8')] as const;
      const reload = async ([certificate, keyText]: readonly [string, string], said: string) => {
        writeFileSync(cert, certificate);
        writeFileSync(key, keyText);
        server.child.kill('SIGHUP');
        await until(server, said);
      };
      await reload(['', ''], `nothing was changed: The file ${cert} is empty`);
      await reload([pair[0], ''], `nothing was changed: The file ${key} is empty`);
      await reload([pair[0].slice(0, 300), pair[1]], 'nothing was changed: The file');
      await reload([pair[0], otherPair[1]], `nothing was changed: The key ${key} is not that of`);
      expect(await shown(port)).toBe(good);
      await reload(otherPair, 'certificates reloaded');
      expect(await shown(port)).not.toBe(good);
    });

    it('a pair that is not whole at the start is told, and messages are passed on without pages', async () => {
      const folders = await initWithWorkers(workers, '--no-password');
      const port = await freePort();
      const { cert, key } = writeWebCertificate(folders.config);
      writeFileSync(cert, '');
      configure(folders, ['# https = 443', `https = ${port}`]);
      configure(folders, [/^# cert = .*$/m, `cert = ${cert}`]);
      configure(folders, [/^# key = .*$/m, `key = ${key}`]);
      const server = await start(folders);
      expect(server.output().join('\n')).toContain(`no pages are served: The file ${cert} is empty`);
      await expect(shown(port)).rejects.toThrow('ECONNREFUSED');
    });
  });
}
