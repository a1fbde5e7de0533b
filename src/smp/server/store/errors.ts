/** Errors of the store. */

/** The store failed: a full or broken disk, a damaged file. */
export class StoreError extends Error {
  override readonly name: string = 'StoreError';
  readonly retryable = true;
}

/** Why a store cannot be opened or read. */
export type StoreFileFault =
  /** A file of another user. */
  | 'forbidden'
  /** Another program holds it. */
  | 'busy'
  /** It is that of an earlier version, and has to be converted. */
  | 'older'
  /** LMDB's lock file is of another user. */
  | 'lock forbidden'
  | 'read-only'
  | 'disk full'
  /** A folder or device in the place of a file, or a file in the place of the folder. */
  | 'misplaced'
  | 'absent'
  /** No data file, but other files. */
  | 'incomplete'
  | 'empty'
  | 'foreign'
  | 'newer'
  | 'truncated'
  | 'damaged'
  /** The file system cannot map or lock files. */
  | 'unsupported'
  | 'disk failed'
  /** Out of memory, address space or file descriptors. */
  | 'no resources'
  | 'unknown';

/** The files of a store cannot be used. The message says what happened and what that means, without a full stop. */
export class StoreFileError extends StoreError {
  override readonly name = 'StoreFileError';
  readonly fault: StoreFileFault;
  /** The folder of the store. */
  readonly path: string;

  constructor(fault: StoreFileFault, path: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
    this.path = path;
  }
}
