/** Work on stores that may be damaged: done in a process of its own, which LMDB may take down, and which may take long. */
import type { Folders } from '../../../hosting/index.ts';
import type { BackupOptions } from './backup.ts';

export type StoreTask =
  | { readonly kind: 'check'; readonly path: string }
  /** Looks through everything, and prints what is wrong on standard error. */
  | { readonly kind: 'read'; readonly path: string }
  /** Converts the store of an earlier version. */
  | { readonly kind: 'convert'; readonly path: string }
  | { readonly kind: 'backup'; readonly options: BackupOptions }
  | { readonly kind: 'restore'; readonly file: string; readonly folders: Folders }
  | { readonly kind: 'compact'; readonly data: string }
  | { readonly kind: 'import'; readonly from: Folders; readonly to: Folders };

/** What the process says before it ends, when an operator has to put something right. */
export interface TaskFailure {
  readonly message: string;
}

/** Exit code of the process of a task that is done, but could not print all that it had to say. */
export const OUTPUT_LOST = 3;
