/** What the doctor finds in servers that are well, and in those that are not. */
import { X509Certificate } from 'node:crypto';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { doctor } from '../../../../src/apps/smp-server/doctor/doctor.ts';
import { chainFinding, versionFinding } from '../../../../src/apps/smp-server/doctor/handshake.ts';
import { systemClock } from '../../../../src/base/index.ts';
import { formatSmpServer, type SmpServer } from '../../../../src/protocol/index.ts';
import { memoryStore, StoreError } from '../../../../src/smp/server/index.ts';
import { startTestServer, type TestServer, testIdentity } from '../../../harness/smp-server.ts';

const nowhere = { config: '/nonexistent/etc', data: '/nonexistent/var' };
const store = memoryStore(10);
const DAY_MS = 86_400_000;

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer({ store, password: 'secret' });
});
afterEach(() => server.stop());

async function examined(
  address: SmpServer,
  password?: string,
  resolve = async (_: string) => ['127.0.0.1'],
  clock = systemClock,
) {
  const lines: string[] = [];
  const well = await doctor(formatSmpServer(address, password), nowhere, resolve, (line) => lines.push(line), clock);
  return { well, lines, text: lines.join('\n') };
}

const count = async () => {
  let queues = 0;
  const { queues: records } = store;
  for (const id of made) if ((await records.byRcvId(id)) !== undefined) queues++;
  return queues;
};
/** Ids of the queues that were made. */
const made: Uint8Array[] = [];
const create = store.queues.create.bind(store.queues);
Object.assign(store.queues, {
  create: (...parameters: Parameters<typeof create>) => {
    made.push(parameters[0].rcvId);
    return create(...parameters);
  },
});

describe('the doctor', () => {
  it('passes a message through a server that is well, and leaves nothing behind', async () => {
    const { well, lines } = await examined({ ...server.address, hosts: ['abc.onion', '127.0.0.1'] }, 'secret');
    expect(lines.map((line) => line.replace(/:.*/, ''))).toEqual([
      '- abc.onion',
      '✓ name',
      '✓ port',
      '✓ TLS',
      '✓ certificates',
      '✓ identity',
      '✓ protocol',
      '✓ message',
      'The server works.',
    ]);
    expect(well).toBe(true);
    expect(made.length).toBeGreaterThan(0);
    expect(await count()).toBe(0);
  });

  it('says that a password is needed, or is wrong', async () => {
    const { well, text } = await examined(server.address);
    expect(text).toContain('✗ message: it failed to create:');
    expect(text).toContain('It may need a password');
    expect(well).toBe(false);
    expect((await examined(server.address, 'wrong')).text).toContain('Is the password that of create_password');
  });

  it('says that the clock of its machine seems wrong, and does not have certificates renewed for it', async () => {
    const at = (ms: number) => ({
      now: () => ms,
      monotonic: () => systemClock.monotonic(),
      schedule: (...timer: Parameters<typeof systemClock.schedule>) => systemClock.schedule(...timer),
    });
    const looked = (date: string, password?: string) =>
      examined(server.address, password, undefined, at(Date.parse(date)));
    for (const date of ['1970-01-01', '2020-05-05', '4700-01-01', '9000-01-01']) {
      const { text } = await looked(date, 'secret');
      expect(text).toMatch(new RegExp(`clock of this machine (seems wrong: it )?says ${date} 00:00 UTC`));
      expect(text).not.toContain('sotto smp-server cert');
    }
    for (const date of ['1970-01-01', '2020-05-05']) {
      const { text } = await looked(date);
      expect(text).toContain(`the clock of this machine seems wrong: it says ${date} 00:00 UTC`);
      expect(text).not.toContain('sotto smp-server cert');
    }
    const { text } = await examined(server.address, undefined, undefined, at(Date.parse('9000-01-01')));
    expect(text).toContain('Is the clock of this machine correct? It says 9000-01-01 00:00 UTC. If it is: Renew');
    const slow = await examined(server.address, 'secret', undefined, at(Date.now() - 3 * 3_600_000));
    expect(slow.well).toBe(true);
    expect(slow.text).toContain('! message: the clock of this machine says');
  });

  it('says that another server answers', async () => {
    const { text } = await examined({ ...server.address, keyHash: new Uint8Array(32) });
    expect(text).toContain('✗ identity: this is another server');
    expect(text).not.toContain('protocol');
  });

  it('says that a name leads nowhere, or that nobody is there', async () => {
    const unknown = { ...server.address, hosts: ['smp.example.com'] };
    const none = await examined(unknown, undefined, () => Promise.reject(new Error('ENOTFOUND')));
    expect(none.lines[0]).toBe('✗ name: smp.example.com has no address (ENOTFOUND)');
    const port = Number(server.address.port);
    await server.stop();
    const closed = await examined(server.address);
    expect(closed.text).toContain(`✗ port: 127.0.0.1:${port} does not answer (ECONNREFUSED)`);
    expect(closed.text).toContain('is the server started');
    server = await startTestServer();
  });

  it('doubts an address that does not answer while another does', async () => {
    const { well, text } = await examined({ ...server.address, hosts: ['smp.example.com'] }, 'secret', async () => [
      '127.0.0.1',
      '127.0.0.2',
    ]);
    expect(text).toContain('! port: 127.0.0.2');
    expect(text).toContain('✗ TLS');
    expect(well).toBe(false);
  });

  it('says that something else listens there', async () => {
    const other = createServer((socket) => socket.on('error', () => {}).end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const port = await new Promise<number>((resolve) => {
      other.listen(0, '127.0.0.1', () => resolve((other.address() as { port: number }).port));
    });
    const { text } = await examined({ ...server.address, port: String(port) });
    expect(text).toContain('✗ TLS: the other end does not speak TLS as this network does');
    other.close();
  });

  it('says that the disk takes nothing, and deletes what it made', async () => {
    const add = store.messages.add.bind(store.messages);
    const failing = Object.assign(store.messages, { add: () => Promise.reject(new StoreError('full')) });
    const { text } = await examined(server.address, 'secret');
    Object.assign(failing, { add });
    expect(text).toContain('✗ message: it failed to send:');
    expect(text).toContain('is it full?');
    expect(await count()).toBe(0);
  });

  it('refuses what is no address, and says where one is configured', async () => {
    const run = (text: string | undefined) =>
      doctor(
        text,
        nowhere,
        async () => [],
        () => {},
      );
    await expect(run('https://example.com')).rejects.toThrow(/^This is not the address of a server: [^?]+\.$/);
    await expect(run(undefined)).rejects.toThrow('There is no server in /nonexistent/etc');
    await expect(run(formatSmpServer({ ...server.address, hosts: ['a.onion'] }))).rejects.toThrow('onion hosts only');
  });
});

describe('certificates', () => {
  it('are looked at for when they end', () => {
    const { chain } = testIdentity();
    const now = Date.now();
    expect(chainFinding(chain, now)).toEqual({ kind: 'fine', detail: '2 certificates, without end' });
    expect(chainFinding([chain[0]!, chain[0]!], now)).toMatchObject({ kind: 'failed' });
    const end = Math.min(...chain.map((der) => Date.parse(new X509Certificate(der).validTo)));
    expect(chainFinding(chain, end - 300 * DAY_MS)).toEqual({
      kind: 'fine',
      detail: '2 certificates, the first ends in 300 days',
    });
    expect(chainFinding(chain, end - 3 * DAY_MS)).toMatchObject({
      kind: 'doubtful',
      detail: 'the certificate ends in 3 days',
    });
    expect(chainFinding(chain, now - 3 * DAY_MS)).toMatchObject({ kind: 'failed' });
  });
});

describe('versions', () => {
  const hello = (min: number, max: number) => ({
    versions: { min, max },
    sessionId: new Uint8Array(),
    certificates: [],
    signedKey: new Uint8Array(),
  });

  it('have to meet', () => {
    expect(versionFinding(hello(6, 12))).toMatchObject({
      kind: 'fine',
      detail: 'versions 6-12, of which 12 is used here',
    });
    expect(versionFinding(hello(90, 99))).toMatchObject({ kind: 'failed' });
    expect(versionFinding(undefined)).toMatchObject({ kind: 'failed' });
  });
});
