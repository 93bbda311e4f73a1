import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MurmurError } from '../../src/support/errors.ts';

const PYPI = 'https://pypi.org/simple';

/**
 * The package index that pip would use: clusters name their mirror there.
 * See pip's documentation, "Configuration": the environment first, then files, a user's before the machine's.
 *
 * @throws CONFIG_INVALID where it is no address
 */
export async function pipIndexUrl(env: NodeJS.ProcessEnv, home: string): Promise<URL> {
  let [found, source] = [env['PIP_INDEX_URL'], 'PIP_INDEX_URL'];
  for (const file of configFiles(env, home)) {
    if (found) break;
    [found, source] = [indexUrlIn(await readFile(file, 'utf8').catch(() => '')), file];
  }
  const text = found || PYPI;
  if (/^https?:/i.test(text) && URL.canParse(text)) return new URL(text);
  const problem = `expected the http address of a package index, got ${JSON.stringify(text)}`;
  throw new MurmurError({ code: 'CONFIG_INVALID', field: source, problem, mend: `write for example ${PYPI}` });
}

function configFiles(env: NodeJS.ProcessEnv, home: string): string[] {
  // pip's own way to say that no file counts.
  if (env['PIP_CONFIG_FILE'] === '/dev/null') return [];
  const machine = (env['XDG_CONFIG_DIRS'] || '/etc/xdg').split(':').map((folder) => join(folder, 'pip', 'pip.conf'));
  return [
    ...(env['PIP_CONFIG_FILE'] ? [env['PIP_CONFIG_FILE']] : []),
    ...(env['VIRTUAL_ENV'] ? [join(env['VIRTUAL_ENV'], 'pip.conf')] : []),
    join(env['XDG_CONFIG_HOME'] || join(home, '.config'), 'pip', 'pip.conf'),
    join(home, '.pip', 'pip.conf'),
    '/etc/pip.conf',
    ...machine,
  ];
}

/** `index-url` of the section `[global]`. */
function indexUrlIn(text: string): string | undefined {
  let section = '';
  for (const line of text.split('\n')) {
    section = /^\s*\[(.+)\]\s*$/.exec(line)?.[1] ?? section;
    const value = /^\s*index[-_]url\s*[=:]\s*(\S+)\s*$/.exec(line)?.[1];
    if (section === 'global' && value !== undefined) return value;
  }
  return undefined;
}
