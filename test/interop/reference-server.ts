/** The reference smp-server on loopback, from the folder in `SOTTO_REFERENCE` that holds `bin/smp-server`. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseSmpServer, type SmpServer } from '../../src/protocol/index.ts';
import { freePort } from '../harness/processes.ts';

export const reference = process.env.SOTTO_REFERENCE;
if (reference === undefined)
  console.warn('interop: SOTTO_REFERENCE is not set, the reference smp-server is not tested');

export interface ReferenceServer {
  readonly address: SmpServer;
  readonly folders: { readonly config: string; readonly data: string };
  /** Ends it as an operator does; its files stay. */
  end(): Promise<void>;
  /** Ends it, and removes its files. */
  stop(): Promise<void>;
}

export interface ReferenceOptions {
  readonly messages?: 'memory' | 'journal';
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** Starts one with a new identity; its password, when it has one, counts for forwarding too. */
export async function startReference(
  password?: string,
  { messages = 'memory' }: ReferenceOptions = {},
): Promise<ReferenceServer> {
  const folder = mkdtempSync(join(tmpdir(), 'smp-interop-'));
  const program = join(reference!, 'bin', 'smp-server');
  const env = {
    ...process.env,
    SMP_SERVER_CFG_PATH: join(folder, 'etc'),
    SMP_SERVER_LOG_PATH: join(folder, 'var'),
  };
  const access = password === undefined ? ['--no-password'] : ['--password', password];
  const init = spawnSync(program, ['init', '-y', '--ip', '127.0.0.1', ...access, '--disable-web'], { env });
  if (init.status !== 0) throw new Error(`the reference server was not made: ${init.stderr}`);
  const ini = join(folder, 'etc', 'smp-server.ini');
  const port = await freePort();
  writeFileSync(
    ini,
    readFileSync(ini, 'utf8')
      .replace(/^port = .*/m, `port = ${port}`)
      .replace(/^host = .*/m, 'host = 127.0.0.1')
      .replace(/^store_messages = .*/m, `store_messages = ${messages}`),
  );
  const child = spawn(program, ['start'], { env, stdio: 'ignore' });
  const fingerprint = readFileSync(join(folder, 'etc', 'fingerprint'), 'utf8').trim();
  // Its output is buffered, so the port tells when it is ready.
  while (!(await accepts(port))) {
    if (child.exitCode !== null) throw new Error(`the reference server ended with ${child.exitCode}`);
    await delay(50);
  }
  const end = async () => {
    if (child.exitCode !== null) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGINT');
    await exited;
  };
  return {
    address: parseSmpServer(`smp://${fingerprint}@127.0.0.1:${port}`).server,
    folders: { config: env.SMP_SERVER_CFG_PATH, data: env.SMP_SERVER_LOG_PATH },
    end,
    async stop() {
      await end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
