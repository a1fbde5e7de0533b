/** Types of `installed.mjs`, for tests. */
export declare function isInstalled(lock: string, installed: string | undefined): boolean;
