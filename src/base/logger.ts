/**
 * Logging. A line holds no key, message content, peer address or id that links two queues; `error` means a bug.
 */

export const logLevels = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface Logger {
  error(message: string): void;
  warn(message: string): void;
  info(message: string): void;
  debug(message: string): void;
}

/** A logger for `level` and above that passes lines to `write`. */
export function lineLogger(level: LogLevel, write: (line: string) => void): Logger {
  const threshold = logLevels.indexOf(level);
  const at = (l: LogLevel) => (message: string) => {
    if (logLevels.indexOf(l) <= threshold) write(`${l}: ${message}`);
  };
  return { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
}

/** Discards all lines. */
export const silentLogger: Logger = { error() {}, warn() {}, info() {}, debug() {} };
