/** Standard output that cannot be written: a full disk, a closed pipe. It must not look like success. */

export interface OutputWatch {
  /** Resolves once all that was written has gone out, or could not; false when it could not. */
  isComplete(): Promise<boolean>;
}

interface ErrorWithCode {
  readonly code?: string;
}

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'no space is left on the device',
  EIO: 'the device failed',
  EBADF: 'it is closed',
};

/**
 * Says on standard error what went wrong, once, and calls `onError`. Nothing is said of a reader that has gone, as with
 * `| head`: it wants no more.
 */
export function watchOutput(
  onError: () => void,
  stdout: NodeJS.WritableStream = process.stdout,
  say: (text: string) => void = (text) => process.stderr.write(text),
): OutputWatch {
  let failed = false;
  // The program and its command both watch: one of them says it.
  const isFirst = stdout.listenerCount('error') === 0;
  stdout.on('error', (error: Error & ErrorWithCode) => {
    if (isFirst && !failed && error.code !== 'EPIPE') {
      say(`the output could not be written: ${reasons[error.code ?? ''] ?? error.message}\n`);
    }
    failed = true;
    onError();
  });
  return {
    // A stream that has failed already gives an error to the callback, too.
    isComplete: () => new Promise((resolve) => stdout.write('', (error) => resolve(!failed && !error))),
  };
}
