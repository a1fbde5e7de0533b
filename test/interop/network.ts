/** Message servers for conversations between Sotto and the official app: ours, and the reference's, on loopback. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { OfficialApp } from './official-app.ts';
import { Program } from './programs.ts';

export type Side = 'ours' | 'reference';

export const START_MS = 15_000;

/** The programs of one run: the reference's in `reference`, ours as built in `root`. */
export class Network {
  readonly #sotto: string;
  readonly #referenceServer: string;
  readonly #referenceChat: string;

  constructor(reference: string, root: string) {
    this.#sotto = join(root, 'dist', 'apps', 'sotto', 'main.js');
    this.#referenceServer = join(reference, 'bin', 'smp-server');
    this.#referenceChat = join(reference, 'bin', 'simplex-chat');
  }

  async startServer(side: Side, folder: string): Promise<RunningServer> {
    mkdirSync(folder);
    const port = await freePort();
    const start = side === 'ours' ? this.#ours(folder, port) : this.#reference(folder, port);
    const program = start();
    const [address] = await program.waitFor(/smp:\/\/\S+/, START_MS);
    await program.waitFor(/Ready|Serving SMP/, START_MS);
    return { program, address, restart: start };
  }

  #ours(folder: string, port: number): () => Program {
    const folders = ['--config', join(folder, 'config'), '--data', join(folder, 'data')];
    const init = ['smp-server', 'init', '-y', '--ip', '127.0.0.1', '--no-password', ...folders];
    mustRun(process.execPath, [this.#sotto, ...init]);
    const args = [this.#sotto, 'smp-server', 'start', '--host', '127.0.0.1', '--port', String(port), ...folders];
    return () => new Program('our server', process.execPath, args);
  }

  #reference(folder: string, port: number): () => Program {
    const env = { SMP_SERVER_CFG_PATH: join(folder, 'etc'), SMP_SERVER_LOG_PATH: join(folder, 'var') };
    mustRun(this.#referenceServer, ['init', '-y', '--ip', '127.0.0.1', '--no-password', '--disable-web'], env);
    const ini = join(folder, 'etc', 'smp-server.ini');
    const text = readFileSync(ini, 'utf8');
    writeFileSync(ini, text.replace(/^port = .*/m, `port = ${port}`).replace(/^host = .*/m, 'host = 127.0.0.1'));
    return () => new Program('reference server', this.#referenceServer, ['start'], { env });
  }

  /** `sotto chat` as `ours`, on the database in `folder`; `args` beside the usual ones. */
  startOurs(folder: string, server: string, args: readonly string[] = []): Program {
    const own = ['chat', '--no-passphrase', '-d', join(folder, 'sotto'), '-s', server];
    const all = [this.#sotto, ...own, '--create-display-name', 'ours', ...args];
    return new Program('sotto chat', process.execPath, all);
  }

  /** The official app as `theirs`, on the database in `folder`. */
  async startTheirs(folder: string, server: string): Promise<OfficialApp> {
    return OfficialApp.start(this.#referenceChat, join(folder, 'official'), server, await freePort());
  }
}

export interface RunningServer {
  readonly program: Program;
  readonly address: string;
  /** Starts the server again, after its program has ended. */
  restart(): Program;
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

function mustRun(file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): void {
  const { status, stderr } = spawnSync(file, args, { env: { ...process.env, ...env }, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${file} ${args[0]}: ${stderr}`);
}
