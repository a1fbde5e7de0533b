/** Branded types: a value that carries the name of what it identifies, at compile time only. */

/** `T` marked as `Name`; made with a cast at the one place that validates it. The field is there for the compiler alone. */
export type Brand<T, Name extends string> = T & { readonly '~brand': Name };
