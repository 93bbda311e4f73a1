import { MurmurError } from '../src/support/errors.ts';
import { type SchemaNode, schemaNode, typesOf, unknownField } from './check.ts';
import { type ScenarioDefinition, scenarioSchema, withoutShorthand } from './define-scenario.ts';

/** One `--set path=value`, its value typed as the field is. */
export interface Override {
  readonly path: readonly string[];
  readonly value: unknown;
}

/** Parses `exchange.localSteps=1`. Whether the value is in range is checked with the whole scenario. */
export function parseOverride(text: string): Override {
  const equals = text.indexOf('=');
  if (equals < 1) {
    throw new MurmurError({
      code: 'CONFIG_INVALID',
      field: '--set',
      problem: `expected path=value, got ${JSON.stringify(text)}`,
      mend: 'write for example --set exchange.localSteps=1',
    });
  }
  const path = text.slice(0, equals).trim();
  const fields = leaves(schemaNode(scenarioSchema), '');
  const node = fields.get(path);
  if (node) return { path: path.split('.'), value: typed(node, text.slice(equals + 1).trim()) };
  const inside = [...fields.keys()].find((field) => field.startsWith(`${path}.`));
  if (inside === undefined) throw unknownField(path, 'unknown', path, [...fields.keys()]);
  throw new MurmurError({
    code: 'CONFIG_INVALID',
    field: path,
    problem: 'is a section, not a field',
    mend: `set its fields one by one, for example --set ${inside}=...`,
  });
}

/** The definition with the overrides in place, later ones over earlier ones; the given one is left as it is. */
export function applyOverrides(definition: ScenarioDefinition, overrides: readonly Override[]): ScenarioDefinition {
  return overrides.reduce((changed, { path, value }) => assign(changed, path, value), withoutShorthand(definition));
}

function assign<T>(target: T, [key, ...rest]: readonly string[], value: unknown): T {
  const held = (target as Record<string, unknown>)[key!];
  return { ...target, [key!]: rest.length === 0 ? value : assign(held ?? {}, rest, value) };
}

/** Every settable field by its dotted path. */
function leaves(node: SchemaNode, prefix: string): Map<string, SchemaNode> {
  const found = new Map<string, SchemaNode>();
  for (const [key, child] of Object.entries(node.properties ?? {})) {
    if (child.properties) for (const [path, leaf] of leaves(child, `${prefix}${key}.`)) found.set(path, leaf);
    else found.set(prefix + key, child);
  }
  return found;
}

/** `null`, a number or a list where the field takes one and the text is one; else the text itself. */
function typed(node: SchemaNode, text: string): unknown {
  const kinds = new Set(typesOf(node));
  if (kinds.has('null') && text === 'null') return null;
  if ((kinds.has('number') || kinds.has('integer')) && text !== '' && Number.isFinite(Number(text)))
    return Number(text);
  if (kinds.has('array')) {
    const inner = text.replace(/^\[(.*)\]$/, '$1').trim();
    return inner === '' ? [] : inner.split(',').map((part) => typed(node.items ?? {}, part.trim()));
  }
  return text;
}
