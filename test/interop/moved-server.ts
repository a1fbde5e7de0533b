/** A reference server moved over: its folders imported, and ours started on its address. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ServerProgram, SOTTO } from '../harness/processes.ts';
import type { ReferenceServer } from './reference-server.ts';

export interface Moved {
  /** What the import printed. */
  readonly told: string;
  readonly server: ServerProgram;
}

/** Ends the reference, imports it into `folder`, and starts ours in its place. */
export async function move(reference: ReferenceServer, folder: string): Promise<Moved> {
  await reference.end();
  const { config, data } = reference.folders;
  const from = ['--from-config', config, '--from-data', data];
  const to = ['--config', join(folder, 'config'), '--data', join(folder, 'data')];
  const { stdout } = await promisify(execFile)(process.execPath, [SOTTO, 'smp-server', 'import', ...from, ...to]);
  const server = new ServerProgram(folder, Number(reference.address.port));
  await server.start();
  return { told: stdout, server };
}
