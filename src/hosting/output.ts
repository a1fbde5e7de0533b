/** Detects failed writes to standard output (a full disk, a closed pipe), so that a loss does not look like success. */

export interface OutputWatch {
  /** Resolves once everything is written or has failed; true when output was lost that a reader still wanted. */
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
 * Reports a failed write once on standard error, and calls `onError`. A reader that has closed the pipe, such as `|
 * head`, is not reported.
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
    // Both the program and its command watch: only the last one reports.
    const says = stdout.listeners('error').at(-1) === fail;
    if (says && !lost && !readerLeft) {
      say(`the output could not be written: ${reasons[error.code ?? ''] ?? error.message}\n`);
    }
    failed = true;
    if (!readerLeft) lost = true;
    onError(readerLeft);
  };
  stdout.on('error', fail);
  // The callback of a stream that has already failed gets an error too.
  const written = () =>
    new Promise<boolean>((resolve) => stdout.write('', (error?: (Error & ErrorWithCode) | null) => resolve(!error)));
  return {
    async hasLost() {
      const isWritten = await written();
      return lost || (!isWritten && !failed);
    },
  };
}
