/**
 * Tasks on possibly damaged stores, which run in a separate process because LMDB may crash it and they may take long.
 */
import type { Folders } from '../../../hosting/index.ts';
import type { BackupOptions } from './backup.ts';

export type StoreTask =
  | { readonly kind: 'check'; readonly path: string }
  /** Checks everything and prints errors to standard error. */
  | { readonly kind: 'read'; readonly path: string }
  /** Converts the store of an earlier version. */
  | { readonly kind: 'convert'; readonly path: string }
  | { readonly kind: 'backup'; readonly options: BackupOptions }
  | { readonly kind: 'restore'; readonly file: string; readonly folders: Folders }
  | { readonly kind: 'compact'; readonly data: string }
  | { readonly kind: 'import'; readonly from: Folders; readonly to: Folders };

/** The last message of a process that failed with an error an operator can fix. */
export interface TaskFailure {
  readonly message: string;
}

/** Exit code of a finished task whose output could not be printed completely. */
export const OUTPUT_LOST = 3;
