/** Branded types: a value that carries the name of what it identifies, at compile time only. */

declare const brand: unique symbol;

/** `T` marked as `Name`; made with a cast at the one place that validates it. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
