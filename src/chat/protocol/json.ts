/** JSON values as chat events carry them: read strictly, and written in one canonical form. */
import { DecodeError, fromUtf8 } from '../../encoding/index.ts';

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json;
}

/** Deepest nesting that is accepted: what is read may be written again, and writing is recursive. */
const MAX_DEPTH = 100;

export const emptyObject: JsonObject = Object.freeze({});

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads one JSON value from UTF-8; throws {@link DecodeError}. */
export function decodeJson(bytes: Uint8Array): Json {
  const text = fromUtf8(bytes);
  checkDepth(text);
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    throw new DecodeError('invalid JSON', 0, { cause });
  }
}

function checkDepth(text: string): void {
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (quoted) {
      if (char === '\\') i++;
      else if (char === '"') quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === '{' || char === '[') {
      if (++depth > MAX_DEPTH) throw new DecodeError('JSON is nested too deeply', i);
    } else if (char === '}' || char === ']') depth--;
  }
}

/**
 * A value with the keys of every object in order, as the reference writes parameters. Halves of surrogate pairs become
 * U+FFFD: peers refuse them.
 */
export function canonicalJson(value: Json): string {
  if (typeof value === 'string') return JSON.stringify(value.replace(/\p{Surrogate}/gu, '\ufffd'));
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(canonicalJson).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const fields = Object.keys(value)
    .sort()
    .map((key) => `${canonicalJson(key)}:${canonicalJson(value[key]!)}`);
  return `{${fields.join(',')}}`;
}

/**
 * Takes fields out of an object one by one; what was not taken is kept by {@link rest}, so that it can be passed on. A
 * field that is missing or null is undefined.
 */
export class Fields {
  readonly #object: JsonObject;
  readonly #taken = new Set<string>();
  readonly #what: string;

  constructor(value: Json | undefined, what: string) {
    if (!isObject(value)) throw new DecodeError(`${what}: not an object`, 0);
    this.#object = value;
    this.#what = what;
  }

  value(key: string): Json | undefined {
    this.#taken.add(key);
    return Object.hasOwn(this.#object, key) ? (this.#object[key] ?? undefined) : undefined;
  }

  string(key: string): string {
    return this.optionalString(key) ?? this.fail(`no ${key}`);
  }

  optionalString(key: string): string | undefined {
    const value = this.value(key);
    if (value !== undefined && typeof value !== 'string') this.fail(`${key} is not text`);
    return value;
  }

  number(key: string): number {
    return this.optionalNumber(key) ?? this.fail(`no ${key}`);
  }

  optionalNumber(key: string): number | undefined {
    const value = this.value(key);
    if (value !== undefined && typeof value !== 'number') this.fail(`${key} is not a number`);
    return value;
  }

  optionalBoolean(key: string): boolean | undefined {
    const value = this.value(key);
    if (value !== undefined && typeof value !== 'boolean') this.fail(`${key} is not true or false`);
    return value;
  }

  object(key: string): JsonObject {
    return this.optionalObject(key) ?? this.fail(`no ${key}`);
  }

  optionalObject(key: string): JsonObject | undefined {
    const value = this.value(key);
    if (value !== undefined && !isObject(value)) this.fail(`${key} is not an object`);
    return value;
  }

  /** The fields that nobody took. */
  rest(): JsonObject {
    return Object.fromEntries(Object.entries(this.#object).filter(([key]) => !this.#taken.has(key)));
  }

  fail(reason: string): never {
    throw new DecodeError(`${this.#what}: ${reason}`, 0);
  }
}

/** An object of the fields that are not undefined, over `rest`. */
export function toObject(
  fields: Readonly<Record<string, Json | undefined>>,
  rest: JsonObject = emptyObject,
): JsonObject {
  const present = Object.entries(fields).filter((entry): entry is [string, Json] => entry[1] !== undefined);
  return Object.fromEntries([...Object.entries(rest), ...present]);
}
