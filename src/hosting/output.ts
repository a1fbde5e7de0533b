/** Standard output that cannot be written: a full disk, a closed pipe. A loss must not look like success. */

export interface OutputWatch {
  /** Resolves once all that was written has gone out, or could not; true when something was lost that a reader still wanted. */
  hasLost(): Promise<boolean>;
}

interface ErrorWithCode {
  readonly code?: string;
}

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'no space is left on the device',
  EFBIG: 'the file is as large as it may be',
  EIO: 'the device failed',
  EBADF: 'it is closed',
};

/**
 * Says on standard error what went wrong, once, and calls `onError`. Nothing is said of a reader that has gone, as with
 * `| head`: it wants no more.
 */
export function watchOutput(
  onError: (readerLeft: boolean) => void,
  stdout: NodeJS.WritableStream = process.stdout,
  say: (text: string) => void = (text) => process.stderr.write(text),
): OutputWatch {
  let failed = false;
  let lost = false;
  const fail = (error: Error & ErrorWithCode) => {
    const readerLeft = error.code === 'EPIPE';
    // The program and its command both watch: only the last watcher reports.
    const says = stdout.listeners('error').at(-1) === fail;
    if (says && !lost && !readerLeft) {
      say(`the output could not be written: ${reasons[error.code ?? ''] ?? error.message}\n`);
    }
    failed = true;
    if (!readerLeft) lost = true;
    onError(readerLeft);
  };
  stdout.on('error', fail);
  // A stream that has failed already gives an error to the callback, too.
  const written = () =>
    new Promise<boolean>((resolve) => stdout.write('', (error?: (Error & ErrorWithCode) | null) => resolve(!error)));
  return {
    async hasLost() {
      const isWritten = await written();
      return lost || (!isWritten && !failed);
    },
  };
}
