import { readdir, stat } from 'node:fs/promises';
import { register } from 'node:module';
import { extname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isFailure, MurmurError } from '../src/support/errors.ts';
import type { ScenarioDefinition } from './define-scenario.ts';
import { nearest } from './nearest.ts';

/** `.js` in the built package, `.ts` when run from its sources. */
const ownExtension = extname(import.meta.url);
const scriptsFolder = new URL('./scripts/', import.meta.url);
const scriptExtensions = ['.ts', '.mts', '.js', '.mjs'];

/** Names of the scenarios that come with the package. */
export async function builtInNames(): Promise<string[]> {
  const files = await readdir(scriptsFolder);
  return files
    .filter((file) => file.endsWith(ownExtension) && !file.endsWith('.d.ts'))
    .map((file) => file.slice(0, -ownExtension.length))
    .sort();
}

/**
 * The definition behind a built-in's name or a script's path, as written. Throws `CONFIG_INVALID` where there is
 * none, where the script fails, or where it exports no scenario.
 */
export async function loadScenario(nameOrFile: string): Promise<ScenarioDefinition> {
  const names = await builtInNames();
  if (names.includes(nameOrFile)) return importScenario(new URL(nameOrFile + ownExtension, scriptsFolder));
  const file = resolve(nameOrFile);
  const isFile = await stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
  if (!isFile) throw notFound(nameOrFile, names);
  if (!scriptExtensions.includes(extname(file))) {
    throw unusable(nameOrFile, 'is not a script', `give a ${scriptExtensions.join(', ')} file`);
  }
  return importUserScript(nameOrFile, file);
}

async function importUserScript(given: string, file: string): Promise<ScenarioDefinition> {
  if (file.endsWith('ts')) await readTypeScript();
  resolveOwnName();
  try {
    return await importScenario(new URL('?scenario', pathToFileURL(file)));
  } catch (error) {
    if (isFailure(error)) throw error;
    const problem = error instanceof Error ? `${error.name}: ${error.message.split('\n')[0]}` : String(error);
    throw unusable(given, `does not load: ${problem}`, 'correct the script');
  }
}

async function importScenario(url: URL): Promise<ScenarioDefinition> {
  const module = (await import(url.href)) as { default?: unknown };
  if (module.default === null || typeof module.default !== 'object') {
    throw unusable(fileURLToPath(url), 'exports no scenario', 'end it with: export default defineScenario({ ... })');
  }
  return module.default as ScenarioDefinition;
}

let readsTypeScript = false;
let resolvesOwnName = false;

async function readTypeScript(): Promise<void> {
  if (readsTypeScript) return;
  readsTypeScript = true;
  (await import('tsx/esm/api')).register();
}

/**
 * Makes `import ... from 'murmuration'` mean this very package in scripts anywhere on disk, installed beside them or
 * not, and takes scripts for ES modules even where no package.json says so. One copy of each module, whatever the
 * script's folder: tsx's `tsImport` would load second ones.
 */
function resolveOwnName(): void {
  if (resolvesOwnName) return;
  resolvesOwnName = true;
  const entry = new URL(`./index${ownExtension}`, import.meta.url).href;
  const hook = `export async function resolve(specifier, context, next) {
    if (specifier === 'murmuration') return { url: ${JSON.stringify(entry)}, format: 'module', shortCircuit: true };
    const found = await next(specifier, context);
    return /^file:.*(\\.ts|\\?scenario)$/.test(found.url) ? { ...found, format: 'module' } : found;
  }`;
  register(`data:text/javascript,${encodeURIComponent(hook)}`);
}

function notFound(given: string, names: readonly string[]): MurmurError {
  const near = nearest(given, names);
  const known = `built-in are ${names.join(', ')}`;
  return unusable(
    given,
    'is neither a built-in scenario nor a file',
    near === null ? known : `did you mean ${near}? ${known}`,
  );
}

function unusable(given: string, problem: string, mend: string): MurmurError {
  return new MurmurError({ code: 'CONFIG_INVALID', field: `scenario ${given}`, problem, mend });
}
