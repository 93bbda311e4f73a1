import { z } from 'zod';
import { MurmurError } from '../src/support/errors.ts';
import { nearest } from './nearest.ts';

/** The part of JSON Schema that our schemas use; it tells the expected value in words and the known keys. */
export interface SchemaNode {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly SchemaNode[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
}

/** What a schema accepts, as plain data. */
export function schemaNode(schema: z.ZodType): SchemaNode {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as SchemaNode;
}

/** How much of a wrong value an error shows. */
const MAX_SHOWN_LENGTH = 60;

/** What errors say about the checked value as a whole. */
export interface Checked {
  /** "the scenario", or a file. */
  readonly name: string;
  /** How a wrong field is put right. */
  readonly mend: (field: string) => string;
}

/**
 * The value as the schema gives it, or `CONFIG_INVALID` for its first fault: the field's path, what is expected
 * there, what was found. An unknown key goes before all else, since it often is the reason of a missing one.
 */
export function check<S extends z.ZodType>(schema: S, value: unknown, { name, mend }: Checked): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues;
  const issue = issues.find((each) => each.code === 'unrecognized_keys') ?? issues[0]!;
  const node = nodeAt(schemaNode(schema), issue.path);
  const field = (path: readonly PropertyKey[]) => path.map(String).join('.') || name;
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0]!;
    throw unknownField(field([...issue.path, key]), `unknown in ${name}`, key, Object.keys(node?.properties ?? {}));
  }
  const found = issue.path.reduce<unknown>((part, key) => (part as Record<PropertyKey, unknown>)?.[key], value);
  throw new MurmurError({
    code: 'CONFIG_INVALID',
    field: field(issue.path),
    problem: `expected ${node === null ? issue.message : expectation(node)}, got ${shown(found)}`,
    mend: mend(field(issue.path.filter((key) => typeof key === 'string'))),
  });
}

/** The error for a name that is not among the known ones. */
export function unknownField(field: string, problem: string, typed: string, known: readonly string[]): MurmurError {
  const near = nearest(typed, known);
  return new MurmurError({
    code: 'CONFIG_INVALID',
    field,
    problem,
    mend: near === null ? `known are ${known.join(', ')}` : `did you mean ${near}?`,
  });
}

function nodeAt(root: SchemaNode, path: readonly PropertyKey[]): SchemaNode | null {
  let node: SchemaNode | undefined = root;
  for (const key of path) {
    const forms: readonly SchemaNode[] = formsOf(node ?? {});
    const parts = forms.map(({ items, properties }) => (typeof key === 'number' ? items : properties?.[String(key)]));
    node = parts.find((part) => part !== undefined);
  }
  return node ?? null;
}

/** What a node takes, form by form. */
function formsOf(node: SchemaNode): readonly SchemaNode[] {
  return node.anyOf?.flatMap(formsOf) ?? [node];
}

/** In words: "an integer of at least 1 and at most 10000". */
function expectation(node: SchemaNode): string {
  if (node.description !== undefined) return node.description;
  if (node.anyOf) return node.anyOf.map(expectation).join(' or ');
  if (node.enum) return `one of ${node.enum.map((each) => JSON.stringify(each)).join(', ')}`;
  if ('const' in node) return JSON.stringify(node.const);
  return typesOf(node)
    .map((type) => typeInWords(type, node))
    .join(' or ');
}

/** The JSON types that a field takes. */
export function typesOf(node: SchemaNode): readonly string[] {
  return formsOf(node).flatMap((each) => each.type ?? []);
}

function typeInWords(type: string, node: SchemaNode): string {
  switch (type) {
    case 'integer':
      return `an integer${bounds(node)}`;
    case 'number':
      return `a number${bounds(node)}`;
    case 'array':
      return node.items ? `a list, each ${expectation(node.items)}` : 'a list';
    case 'string':
      return 'a text';
    case 'object':
      return node.properties ? `a section with ${Object.keys(node.properties).join(', ')}` : 'a section';
    default:
      return type;
  }
}

function bounds(node: SchemaNode): string {
  const parts: string[] = [];
  if (node.exclusiveMinimum !== undefined) parts.push(`above ${node.exclusiveMinimum}`);
  if (node.minimum !== undefined && node.minimum > Number.MIN_SAFE_INTEGER) parts.push(`of at least ${node.minimum}`);
  if (node.exclusiveMaximum !== undefined) parts.push(`below ${node.exclusiveMaximum}`);
  if (node.maximum !== undefined && node.maximum < Number.MAX_SAFE_INTEGER) parts.push(`at most ${node.maximum}`);
  return parts.length > 0 ? ` ${parts.join(' and ')}` : '';
}

/** Scripts may give what JSON has no form for: circles, and integers of any length. */
function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = jsonOf(value) ?? typeof value;
  return text.length > MAX_SHOWN_LENGTH ? `${text.slice(0, MAX_SHOWN_LENGTH)}...` : text;
}
