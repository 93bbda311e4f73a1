import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Each layer imports itself and those before it, and nothing behind it. */
const layers = ['src', 'protocols', 'peer', 'scenarios', 'bin'];
const MAX_LINES = 300;

/** What starts on its own: the command, the package's entry, the campaign, and the scenarios and studies that are run by name. */
const entries = (path: string) =>
  ['bin/murmur.ts', 'scenarios/index.ts', 'scenarios/campaign/main.ts'].includes(path) ||
  /^scenarios\/(scripts|studies)\//.test(path);

interface Source {
  readonly path: string;
  readonly lines: number;
  /** Comments and texts left out, so that what is found in it is code. */
  readonly code: string;
  /** Paths of ours, and names of modules of others. */
  readonly imports: readonly string[];
  readonly exports: boolean;
}

function readSource(path: string): Source {
  const text = readFileSync(join(root, path), 'utf8');
  const bare = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:'"`])\/\/.*$/gm, '$1');
  const named = (pattern: RegExp) => [...bare.matchAll(pattern)].map((match) => resolved(path, match[1]!));
  // A thread's body is named by URL, as the file that it is compiled to.
  const threads = named(/new URL\(\s*'(\.[^']+)\.js',\s*import\.meta\.url/g).map((body) => `${body}.ts`);
  const statements = named(/^(?:import|export)\s(?:[^'";]*?\sfrom\s)?\s*'([^']+)'/gm);
  const later = named(/\bimport\(\s*'([^']+)'\s*\)/g);
  return {
    path,
    lines: text.split('\n').length - 1,
    code: bare.replace(/'(?:[^'\\\n]|\\.)*'/g, "''"),
    imports: [...statements, ...later, ...threads],
    exports: /^export\s/m.test(bare),
  };
}

function resolved(path: string, name: string): string {
  return name.startsWith('.') ? normalize(join(dirname(path), name)) : name;
}

const pathsIn = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => join(folder, path))
    .sort();

const sources = layers.flatMap(pathsIn).map(readSource);
const tests = pathsIn('test').map(readSource);
const layerOf = (path: string) => layers.indexOf(path.split('/')[0]!);

describe('layers', () => {
  test('are read: every import leads to a file or a module', () => {
    expect(sources.length).toBeGreaterThan(100);
    const known = new Set([...sources, ...tests].map(({ path }) => path));
    const lost = [...sources, ...tests].flatMap(({ path, imports }) =>
      imports
        .filter((name) => name.endsWith('.ts') && !name.startsWith('dist/') && !known.has(name))
        .map((name) => `${path}: ${name}`),
    );
    expect(lost).toEqual([]);
  });

  test('import only what is below them: src <- protocols <- peer <- scenarios <- bin', () => {
    const upward = sources.flatMap(({ path, imports }) =>
      imports
        .filter((name) => name.endsWith('.ts') && (layerOf(name) < 0 || layerOf(name) > layerOf(path)))
        .map((name) => `${path} imports ${name}`),
    );
    expect(upward).toEqual([]);
  });

  test('have no circles', () => {
    const byPath = new Map(sources.map((source) => [source.path, source]));
    const circles: string[] = [];
    const state = new Map<string, 'open' | 'done'>();
    const visit = (path: string, way: readonly string[]) => {
      if (state.get(path) === 'open') circles.push([...way.slice(way.indexOf(path)), path].join(' -> '));
      if (state.has(path)) return;
      state.set(path, 'open');
      for (const name of byPath.get(path)?.imports ?? []) {
        if (name.endsWith('.ts')) visit(name, [...way, path]);
      }
      state.set(path, 'done');
    };
    for (const { path } of sources) visit(path, []);
    expect(circles).toEqual([]);
  });
});

describe('src is pure', () => {
  const pure = sources.filter(({ path }) => path.startsWith('src/'));
  const importersOf = (...names: string[]) =>
    pure.filter(({ imports }) => imports.some((name) => names.includes(name))).map(({ path }) => path);

  test('it opens no sockets, no threads, and files in one place alone', () => {
    expect(importersOf('node:net', 'node:tls', 'node:http', 'node:https', 'node:dgram', 'node:child_process')).toEqual(
      [],
    );
    expect(importersOf('node:worker_threads', 'node:cluster')).toEqual([]);
    expect(importersOf('node:fs', 'node:fs/promises')).toEqual(['src/datasets/disk.ts']);
  });

  test.each([
    ['Date.now', /\bDate\.now\b|\bnew Date\(\)/],
    ['Math.random', /\bMath\.random\b/],
    ['performance.now', /\bperformance\b/],
    ['setTimeout', /\bset(?:Timeout|Interval)\b/],
    ['randomBytes', /\brandom(?:Bytes|UUID|Int|FillSync)\b|\bgetRandomValues\b/],
    ['process', /\bprocess\.(?:env|argv|exit|hrtime)\b/],
  ])('it has no %s of its own', (_name, pattern) => {
    const users = pure.filter(({ path, code }) => path !== 'src/support/system-clock.ts' && pattern.test(code));
    expect(users.map(({ path }) => path)).toEqual([]);
  });
});

describe('files', () => {
  test(`have ${MAX_LINES} lines at the most`, () => {
    const long = sources.filter(({ lines }) => lines > MAX_LINES);
    expect(long.map(({ path, lines }) => `${path}: ${lines}`)).toEqual([]);
  });

  test('are all in use: each exports something that another one imports, its own test not counted', () => {
    const imported = new Map<string, string[]>();
    for (const { path, imports } of [...sources, ...tests]) {
      for (const name of imports) imported.set(name, [...(imported.get(name) ?? []), path]);
    }
    const unused = sources.filter(({ path }) => {
      const ownTest = join('test', path.replace(/\.ts$/, '.test.ts'));
      return !entries(path) && !(imported.get(path) ?? []).some((importer) => importer !== ownTest);
    });
    expect(unused.map(({ path }) => path)).toEqual([]);
    // A thread's body answers messages rather than imports.
    const silent = sources.filter(({ path, exports }) => !exports && !entries(path) && !path.endsWith('-thread.ts'));
    expect(silent.map(({ path }) => path)).toEqual(['src/support/polyfill.ts']);
  });
});
