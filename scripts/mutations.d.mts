/** Types of `mutations.mjs`, for tests. */
export interface Mutation {
  readonly at: number;
  readonly line: number;
  readonly original: string;
  readonly replacement: string;
}
export declare function mutationsOf(text: string): Mutation[];
export declare function mutated(text: string, mutation: Mutation): string;
export declare function changesProgram(text: string, mutation: Mutation): boolean;
