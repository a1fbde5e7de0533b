/** Types of `mutation-tests.mjs`, for tests. */
export interface TestStage {
  readonly project: string;
  readonly paths: readonly string[];
  readonly of?: string;
}
export declare class MutationTests {
  constructor(cwd: string, stages: readonly TestStage[], limitMs: number);
  start(): Promise<string | undefined>;
  run(changed: string): Promise<'passed' | 'failed' | 'late'>;
  stop(): Promise<void>;
}
