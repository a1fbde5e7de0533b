/** Messages to and from the writer thread. Each request gets one answer, in order. */
import type { Growth } from './writer.ts';

export interface WriterData {
  readonly path: string;
  readonly synced: boolean;
}

export type WriterRequest =
  | { readonly kind: 'write'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'checkpoint' }
  /** The thread ends after answering. */
  | { readonly kind: 'close' };

export type WriterAnswer =
  | { readonly kind: 'done'; readonly growth: Growth }
  /** `code`: SQLite's result code, if any. */
  | { readonly kind: 'failed'; readonly code: string | undefined; readonly message: string };
