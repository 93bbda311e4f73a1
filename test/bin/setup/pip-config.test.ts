import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pipIndexUrl } from '../../../bin/setup/pip-config.ts';
import { failureOf } from '../../support/failures.ts';

let home: string;
/** Hides the files of the machine that the tests run on, but for /etc/pip.conf. */
const bare = (env: NodeJS.ProcessEnv = {}) => ({ XDG_CONFIG_DIRS: join(home, 'xdg'), ...env });
const indexUrl = async (env: NodeJS.ProcessEnv = {}) => (await pipIndexUrl(bare(env), home)).href;

const files: Record<string, string> = {
  '.config/pip/pip.conf': '[global]\ntimeout = 3\nindex-url = https://user.example/simple\n',
  '.pip/pip.conf': '[global]\nindex-url = https://old.example/simple\n',
  'venv/pip.conf': '[global]\nindex_url: https://venv.example/simple\n',
  'other.conf':
    '# index-url = https://comment.example\n[install]\nindex-url = https://install.example\n[global]\nno-index = x\n',
};

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'murmur-pip-'));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(home, name)), { recursive: true });
    await writeFile(join(home, name), text);
  }
});
afterAll(() => rm(home, { recursive: true }));

describe("pip's index", () => {
  it("is the environment's, else that of the most particular file", async () => {
    const env = { PIP_INDEX_URL: 'http://env.example:8080/simple', VIRTUAL_ENV: join(home, 'venv') };
    expect(await indexUrl(env)).toBe(env.PIP_INDEX_URL);
    expect(await indexUrl({ VIRTUAL_ENV: env.VIRTUAL_ENV })).toBe('https://venv.example/simple');
    expect(await indexUrl()).toBe('https://user.example/simple');
    expect(await indexUrl({ XDG_CONFIG_HOME: join(home, 'none') })).toBe('https://old.example/simple');
  });

  it('is in the section for all commands', async () => {
    expect(await indexUrl({ PIP_CONFIG_FILE: join(home, 'other.conf') })).toBe('https://user.example/simple');
  });

  it('is the public one where nothing names another', async () => {
    expect(await indexUrl({ PIP_CONFIG_FILE: '/dev/null' })).toBe('https://pypi.org/simple');
  });

  it.each(['pypi.org/simple', 'file:///index', 'https://'])('cannot be %s', async (text) => {
    const { failure } = await failureOf(indexUrl({ PIP_INDEX_URL: text }), 'CONFIG_INVALID');
    expect(failure).toMatchObject({ field: 'PIP_INDEX_URL', problem: expect.stringContaining(text) });
  });
});
