import { mkdir, mkdtemp, readdir, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { type NativeBackend, nativeBuilds } from '../../src/compute/native-builds.ts';
import { type FetchComponents, fetchFile, rootMessage } from '../../src/support/download.ts';
import { isFailure, MurmurError } from '../../src/support/errors.ts';
import { buildBinding, compiler } from './binding.ts';
import { FileDraft } from './file-draft.ts';
import { isInstalled, recordInstallation } from './installation.ts';
import { locate } from './package-index.ts';
import { runTool } from './tool.ts';
import { unpack } from './unpack.ts';
import { type Wheel, wheelsOf } from './wheels.ts';

/** The last one; what is mended below is its code. */
const PACKAGE_VERSION = '4.22.0';
const NAPI_HEADERS = 'node-api-headers';
const NAPI_HEADERS_VERSION = '1.9.0';
const DRAFT_PREFIX = '.draft-';
/** A setup takes minutes: a draft that is older was left by one that was killed. */
const ABANDONED_MS = 24 * 3_600_000;
const npm = { command: 'npm', mend: 'it comes with Node.js: put it there' };

export interface InstallComponents extends FetchComponents {
  readonly env: NodeJS.ProcessEnv;
  /** Of operating system and processor, as Node calls them: `linux-x64`. */
  readonly platform: string;
  /** Asked for where something must be downloaded. */
  readonly indexUrl: () => Promise<URL>;
  readonly onProgress: (file: string, bytes: number, total: number) => void;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Puts a native backend into its place below `root`, unless it is there and whole. Made beside its place and moved
 * there at the end: what is there works, also while this runs, and an interrupted download is continued the next time.
 *
 * @throws BACKEND_UNAVAILABLE, DATA_CORRUPT, CONFIG_INVALID
 */
export async function installTensorFlow(
  components: InstallComponents,
  backend: NativeBackend,
  root: string,
): Promise<void> {
  const { packageName, folder } = nativeBuilds[backend];
  const wheels = wheelsOf(backend, components.platform);
  const place = join(root, folder);
  const packages = { [packageName]: PACKAGE_VERSION, [NAPI_HEADERS]: NAPI_HEADERS_VERSION };
  const parts = [...Object.entries(packages).map((pair) => pair.join('@')), ...wheels.map(({ name }) => name)];
  if (await isInstalled(place, parts)) {
    components.say(`${backend} is in ${place}`);
    return;
  }
  await makeFolder(root);
  await removeAbandoned(root, components.clock.nowMs() - ABANDONED_MS);
  const tool = compiler(components.env);
  // Before anything that takes time.
  await runTool(tool, ['--version'], root, components.signal);
  const downloads = join(root, 'downloads');
  for (const wheel of wheels) await download(components, wheel, join(downloads, wheel.name));
  const draft = await mkdtemp(join(root, DRAFT_PREFIX));
  try {
    components.say(`installing ${packageName} ${PACKAGE_VERSION}`);
    await installPackages(packages, draft, components.signal);
    const packageFolder = join(draft, 'node_modules', packageName);
    components.say('unpacking');
    const files: string[] = [];
    for (const { name } of wheels) files.push(...(await unpack(join(downloads, name), join(packageFolder, 'deps'))));
    components.say('compiling');
    const headers = join(draft, 'node_modules', NAPI_HEADERS, 'include');
    const binding = await buildBinding(packageFolder, headers, tool, components.signal);
    const libraries = files.filter((file) => !file.endsWith('.h')).map((file) => join('deps', file));
    const fromDraft = (file: string) => relative(draft, join(packageFolder, file));
    await recordInstallation(draft, parts, [binding, ...libraries].map(fromDraft));
    await rm(place, { recursive: true, force: true });
    await rename(draft, place);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  for (const { name } of wheels) await rm(join(downloads, name), { force: true });
  // Stays where another setup has something in it.
  await rmdir(downloads).catch(() => {});
  components.say(`${backend} is in ${place}`);
}

async function makeFolder(root: string): Promise<void> {
  await mkdir(root, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    const problem = `cannot make the folder ${root} (${error.code})`;
    throw new MurmurError({ code: 'CONFIG_INVALID', field: 'MURMUR_TENSORFLOW', problem, mend: 'name another one' });
  });
}

async function removeAbandoned(root: string, beforeMs: number): Promise<void> {
  for (const name of await readdir(root)) {
    const path = join(root, name);
    if (!name.startsWith(DRAFT_PREFIX) || (await stat(path)).mtimeMs >= beforeMs) continue;
    await rm(path, { recursive: true, force: true });
  }
}

async function download(components: InstallComponents, wheel: Wheel, path: string): Promise<void> {
  const { fetch, signal } = components;
  const draft = await FileDraft.open(path);
  try {
    const whole = draft.received === wheel.bytes;
    const { url, headers } = whole
      ? { url: path, headers: {} }
      : await locate(fetch, await components.indexUrl(), wheel, signal);
    // The first two parts of a wheel's name are the project and the version.
    const name = wheel.name.split('-').slice(0, 2).join(' ');
    const onProgress = (_: string, bytes: number, total: number) => components.onProgress(name, bytes, total);
    const mend = 'try again, or name another package index with PIP_INDEX_URL';
    await fetchFile(components, wheel, url, draft, { headers, onProgress, signal, mend });
  } catch (error) {
    if (signal.aborted || isFailure(error)) throw error;
    const problem = `the download of ${wheel.name} broke off: ${rootMessage(error)}`;
    throw new MurmurError({
      code: 'BACKEND_UNAVAILABLE',
      backend: 'tensorflow',
      problem,
      mend: 'try again: it goes on where it stopped',
    });
  } finally {
    await draft.close();
  }
}

/** Without the scripts of the packages: one of them would download the library from where it may be out of reach. */
async function installPackages(packages: Record<string, string>, folder: string, signal: AbortSignal): Promise<void> {
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies: packages }));
  const quietly = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];
  await runTool(npm, ['install', '--location=project', ...quietly], folder, signal);
}
