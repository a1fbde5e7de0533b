/** Selects the folders of a command: from its options, the reference's environment variables, or the defaults. */
import { defaultFolders, type Folders } from '../../hosting/index.ts';

export interface FolderOptions {
  readonly config?: string;
  readonly data?: string;
}

export function foldersOf(options: FolderOptions, env: NodeJS.ProcessEnv): Folders {
  const defaults = defaultFolders(env, process.getuid?.(), 'smp-server');
  return {
    config: options.config ?? (env.SMP_SERVER_CFG_PATH || defaults.config),
    data: options.data ?? (env.SMP_SERVER_LOG_PATH || defaults.data),
  };
}
