/** Errors of the store. */

/** The store failed: the disk is full or broken, or a file is damaged. */
export class StoreError extends Error {
  override readonly name: string = 'StoreError';
  readonly retryable = true;
}

/** Why a store cannot be opened or read. */
export type StoreFileFault =
  /** A file belongs to another user. */
  | 'forbidden'
  /** Another program has it open. */
  | 'busy'
  /** It has the format of an earlier version and must be converted. */
  | 'older'
  /** LMDB's lock file belongs to another user. */
  | 'lock forbidden'
  | 'read-only'
  | 'disk full'
  /** There is a folder or device in place of a file, or a file in place of the folder. */
  | 'misplaced'
  | 'absent'
  /** The data file is missing, but other files are there. */
  | 'incomplete'
  | 'empty'
  | 'foreign'
  | 'newer'
  | 'truncated'
  | 'damaged'
  /** The file system supports no memory mapping or no locks. */
  | 'unsupported'
  | 'disk failed'
  /** Out of memory, address space or file descriptors. */
  | 'no resources'
  | 'unknown';

/** The files of a store cannot be used. The message says what happened and what it means, without a full stop. */
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
