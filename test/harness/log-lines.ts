/** Lines that programs log: an ISO time, the level, and what happened. */

/** Whether a line is logged as an error, which means a bug or a failing machine. */
export const isErrorLine = (line: string): boolean => /^(?:\S+Z )?error: /.test(line);
