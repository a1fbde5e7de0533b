/** What an import skipped, with line numbers, never with ids. */

/** Line numbers listed for each reason. */
const NAMED_LINES = 5;

interface Skip {
  count: number;
  readonly lines: number[];
}

export class Skipped {
  readonly #reasons = new Map<string, Skip>();

  /** `line`: the line number, if any. */
  add(why: string, line?: number): void {
    const skip = this.#reasons.get(why) ?? { count: 0, lines: [] };
    this.#reasons.set(why, skip);
    skip.count++;
    if (line !== undefined && skip.lines.length < NAMED_LINES) skip.lines.push(line);
  }

  /** One line of text for each reason. */
  describe(): readonly string[] {
    return [...this.#reasons].map(([why, { count, lines }]) => {
      const more = lines.length > 0 && count > lines.length ? ' …' : '';
      const where = lines.length === 0 ? '' : ` (line ${lines.join(', ')}${more})`;
      return `${count.toLocaleString('en')} × ${why}${where}`;
    });
  }
}
