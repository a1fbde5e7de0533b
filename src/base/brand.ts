/** Branded types: identifiers that are distinct at compile time only. */

/** `T` marked as `Name`; created with a cast where the value is validated. The field exists only for the compiler. */
export type Brand<T, Name extends string> = T & { readonly '~brand': Name };
