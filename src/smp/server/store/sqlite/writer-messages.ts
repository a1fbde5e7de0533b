/** What goes to and from the thread that writes. Each request is answered by one answer, in order. */
import type { Growth } from './writer.ts';

export interface WriterData {
  readonly path: string;
  readonly synced: boolean;
}

export type WriterRequest =
  | { readonly kind: 'write'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'checkpoint' }
  /** The thread ends after its answer. */
  | { readonly kind: 'close' };

export type WriterAnswer =
  | { readonly kind: 'done'; readonly growth: Growth }
  /** With the code of SQLite, when it has one. */
  | { readonly kind: 'failed'; readonly code: string | undefined; readonly message: string };
