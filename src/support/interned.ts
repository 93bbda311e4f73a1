/**
 * The one copy of a text that all equal ones share, for names that come again with every message and are keys of many
 * maps: they are then told apart without being read. Engines keep one copy of a key, as long as anybody uses it.
 */
export function interned(text: string): string {
  return Object.keys({ [text]: true })[0]!;
}
