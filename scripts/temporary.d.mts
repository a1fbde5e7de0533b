/** Types of `temporary.mjs`, for tests. */
export declare function useTemporaryFolder(): () => void;
