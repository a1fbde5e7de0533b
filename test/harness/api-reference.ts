/** The page of docs/api.md, out of the definitions of commands and events. */
import * as v from 'valibot';
import { areas } from '../../src/chat/api/definitions.ts';
import { chatEvent, loggedEvent } from '../../src/chat/api/events.ts';
import type { CommandDefinition } from '../../src/chat/api/schema.ts';

type Schema = v.GenericSchema & Record<string, unknown>;

/** Named shapes that were met, in the order of their first use. */
class Shapes {
  readonly #named = new Map<string, Schema>();

  /** A type as TypeScript writes it; a named shape by its name. */
  of(schema: Schema): string {
    const title = v.getTitle(schema);
    if (title === undefined) return this.#plain(schema);
    const known = title.replace(/[^A-Za-z]+(.)?/g, (_, next?: string) => next?.toUpperCase() ?? '');
    if (schema.type === 'number') return title;
    if (schema.type === 'custom') return title;
    if (!this.#named.has(known)) this.#named.set(known, schema);
    return known;
  }

  /** All named shapes, those that others brought along included. */
  *definitions(): Generator<readonly [name: string, schema: Schema, shape: string]> {
    // The map grows while it is walked.
    for (const [name, schema] of this.#named) yield [name, schema, this.#plain(schema)];
  }

  #plain(schema: Schema): string {
    switch (schema.type) {
      case 'string':
      case 'number':
      case 'boolean':
        return schema.type;
      case 'literal':
        return `'${schema.literal}'`;
      case 'picklist':
        return (schema.options as string[]).map((option) => `'${option}'`).join(' \\| ');
      case 'array':
        return `${parenthesised(this.of(schema.item as Schema))}[]`;
      case 'optional':
        return this.of(schema.wrapped as Schema);
      case 'record':
        return `Record<${this.of(schema.key as Schema)}, ${this.of(schema.value as Schema)}>`;
      case 'union':
      case 'variant':
        return (schema.options as Schema[]).map((option) => this.of(option)).join(' \\| ');
      case 'object':
      case 'strict_object': {
        const fields = Object.entries(schema.entries as Record<string, Schema>);
        return `{ ${fields.map(([name, field]) => `${name}${isOptional(field) ? '?' : ''}: ${this.of(field)}`).join(', ')} }`;
      }
      default:
        throw new Error(`no words for a schema of type ${schema.type}`);
    }
  }
}

const parenthesised = (shape: string) => (shape.includes('|') ? `(${shape})` : shape);
const isOptional = (schema: Schema) => schema.type === 'optional';

/** `name` — type — what it is, a line each. */
function fieldsOf(schema: Schema, shapes: Shapes): string[] {
  const entries = Object.entries((schema.entries ?? {}) as Record<string, Schema>);
  if (entries.length === 0) return ['nothing'];
  return entries.map(([name, field]) => {
    const description = v.getDescription(field);
    const optional = isOptional(field) ? ', may be missing' : '';
    return `- \`${name}\`: ${shapes.of(field)}${optional}${description === undefined ? '' : `. ${description}`}`;
  });
}

export function apiReference(): string {
  const shapes = new Shapes();
  const out = [
    '# The API of a chat',
    '',
    'This page is made from the definitions in `src/chat/api/`, and compared with them by the tests.',
    '',
    'Each command takes one object and gives one, always as a promise: `await chat.messages.send({ chatId, text })`. A second',
    'argument `{ clientId }` makes a command that is sent again be done once. A face needs the right that a command states.',
    'Commands fail with `ChatError` or `AgentError`, whose `code` and `values` a face puts into words. Besides the codes that',
    'are listed, every command may fail with `input` and `right`, and with `client-id` where an id was used for another command.',
    'Times are milliseconds since 1970. A list gives at most 1,000 entries at once.',
    '',
  ];
  for (const [area, commands] of Object.entries(areas)) {
    out.push(`## ${area}`, '');
    for (const [name, definition] of Object.entries(commands as Record<string, CommandDefinition>)) {
      out.push(`### ${area}.${name}`, '', definition.summary, '');
      out.push(
        `Right: ${definition.right}.${definition.errors.length === 0 ? '' : ` Errors: ${definition.errors.map((code) => `\`${code}\``).join(', ')}.`}`,
        '',
      );
      out.push('Takes', '', ...fieldsOf(definition.input as Schema, shapes), '');
      out.push('Gives', '', ...fieldsOf(definition.output as Schema, shapes), '');
    }
  }
  out.push('## Events', '', 'Each has its `kind`, and but for those about servers a `number` for `events.since`.', '');
  for (const option of (chatEvent as unknown as { options: Schema[] }).options) {
    const { kind, number: _, ...fields } = option.entries as Record<string, Schema>;
    const told = Object.entries(fields).map(([name, field]) => `${name}: ${shapes.of(field)}`);
    const description = v.getDescription(option);
    out.push(
      `- \`${(kind as Schema).literal}\` — ${told.join(', ')}${description === undefined ? '' : `. ${description}`}`,
    );
  }
  shapes.of(loggedEvent as Schema);
  out.push('', '## Data', '');
  for (const [name, schema, shape] of shapes.definitions()) {
    const description = v.getDescription(schema);
    out.push(`### ${name}`, '', ...(description === undefined ? [] : [description, '']));
    out.push(...('entries' in schema ? fieldsOf(schema, shapes) : [shape]), '');
  }
  return `${out.join('\n').trimEnd()}\n`;
}
