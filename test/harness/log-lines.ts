/** Log lines: an ISO time, the level, and the message. */

/** Whether a line has level `error`, which means a bug or a failing machine. */
export const isErrorLine = (line: string): boolean => /^(?:\S+Z )?error: /.test(line);
