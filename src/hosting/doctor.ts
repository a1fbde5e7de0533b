/** Runs examinations in order; each depends on the previous one, so the first failure ends them. */

export type Finding =
  | { readonly kind: 'fine'; readonly detail: string }
  /** Works, but with a limitation. */
  | { readonly kind: 'doubtful'; readonly detail: string; readonly advice: string }
  | { readonly kind: 'failed'; readonly detail: string; readonly advice: string };

export interface Examination {
  readonly name: string;
  run(): Promise<readonly Finding[]>;
}

const marks: Readonly<Record<Finding['kind'], string>> = { fine: '✓', doubtful: '!', failed: '✗' };

function lines(name: string, finding: Finding): string[] {
  const first = `${marks[finding.kind]} ${name}: ${finding.detail}`;
  return finding.kind === 'fine' ? [first] : [first, `    ${finding.advice}`];
}

/** Runs and prints the examinations; resolves with whether none failed. */
export async function examine(examinations: readonly Examination[], print: (line: string) => void): Promise<boolean> {
  for (const { name, run } of examinations) {
    const findings = await run();
    for (const finding of findings) for (const line of lines(name, finding)) print(line);
    if (findings.some(({ kind }) => kind === 'failed')) return false;
  }
  return true;
}

export const fine = (detail: string): Finding => ({ kind: 'fine', detail });
export const doubtful = (detail: string, advice: string): Finding => ({ kind: 'doubtful', detail, advice });
export const failed = (detail: string, advice: string): Finding => ({ kind: 'failed', detail, advice });
