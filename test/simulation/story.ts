/** What happened in a run, in order, and what should not have. */
export class Story {
  readonly lines: string[] = [];
  readonly violations: string[] = [];
  readonly #now: () => number;

  /** `now`: milliseconds of virtual time since the beginning. */
  constructor(now: () => number) {
    this.#now = now;
  }

  tell(line: string): void {
    this.lines.push(`${formatTime(this.#now())}  ${line}`);
  }

  /** Something that must never be: the run has failed. */
  violate(line: string): void {
    this.violations.push(line);
    this.tell(`✗ ${line}`);
  }
}

function formatTime(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const part = (n: number, size = 2) => String(n).padStart(size, '0');
  const clock = `${part(Math.floor(seconds / 3600) % 24)}:${part(Math.floor(seconds / 60) % 60)}:${part(seconds % 60)}`;
  return `day ${Math.floor(seconds / 86_400)} ${clock}.${part(Math.floor(ms % 1000), 3)}`;
}
