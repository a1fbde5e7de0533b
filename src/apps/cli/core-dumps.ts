/** Keeps keys and messages out of the core dumps of this process and of those it starts. */
import { writeFileSync } from 'node:fs';

/**
 * Leaves out all memory, where the system lets a process choose (Linux, core(5)); elsewhere it is for whoever starts the
 * program to forbid core dumps.
 */
export function withoutCoreDumps(): void {
  try {
    writeFileSync('/proc/self/coredump_filter', '0');
  } catch {
    // No such system.
  }
}
