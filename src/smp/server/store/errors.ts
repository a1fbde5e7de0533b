/** The store failed: a full or broken disk, a damaged file. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly retryable = true;
}
