/** A logger for which "error" means what it says: a bug, unless it speaks of a fault of the simulation. */
import { type Logger, silentLogger } from '../../src/base/index.ts';
import type { Story } from './story.ts';

export function watchingLogger(name: string, story: Story, isFault: (line: string) => boolean): Logger {
  return {
    ...silentLogger,
    error(line) {
      if (!isFault(line)) story.violate(`${name} logs an error: ${line}`);
    },
  };
}
