/** The message of an error with a code, for logs and developers: `code (name: value, …)`. */
export function codeWithValues(code: string, values: Readonly<Record<string, unknown>>): string {
  const told = Object.entries(values).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  return told.length === 0 ? code : `${code} (${told.join(', ')})`;
}
