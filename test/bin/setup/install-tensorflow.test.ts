import { mkdir, mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installTensorFlow } from '../../../bin/setup/install-tensorflow.ts';
import { wheelsOf } from '../../../bin/setup/wheels.ts';
import type { NativeBackend } from '../../../src/compute/native-builds.ts';
import { systemClock } from '../../../src/support/system-clock.ts';
import { failureOf } from '../../support/failures.ts';
import { httpServers } from '../../support/http-server.ts';

let root: string;
const serve = httpServers();
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'murmur-setup-'));
});
afterEach(() => rm(root, { recursive: true }));

async function problemOf(given: { backend?: NativeBackend; platform?: string; compiler?: string; index?: string }) {
  const { backend = 'tensorflow', platform = 'linux-x64', compiler = 'true', index = 'http://127.0.0.1:1/' } = given;
  const components = {
    fetch,
    clock: systemClock,
    env: { CXX: compiler },
    platform,
    indexUrl: async () => new URL(index),
    onProgress: () => {},
    say: () => {},
    signal: new AbortController().signal,
  };
  return (await failureOf(installTensorFlow(components, backend, root), 'BACKEND_UNAVAILABLE')).message;
}

// That it does install is tried by .ci/run, which has the network for it.
describe('murmur setup tensorflow', () => {
  it('says where it cannot', async () => {
    expect(await problemOf({ platform: 'darwin-arm64' })).toMatch(
      /only on linux-x64 and linux-arm64; use --backend wasm/,
    );
    expect(await problemOf({ backend: 'tensorflow-gpu', platform: 'linux-arm64' })).toMatch(/only on linux-x64; use/);
  });

  it('asks for a compiler before it downloads', async () => {
    expect(await problemOf({ compiler: 'no-such-compiler' })).toMatch(/not on the path; .*apt-get install g\+\+/);
    expect(await readdir(root)).toEqual([]);
  });

  it('tells what a compiler that fails says', async () => {
    expect(await problemOf({ compiler: 'false' })).toMatch(/^backend tensorflow: false failed: .*; mend that/);
  });

  it('clears away what a setup that was killed has left, and not what another one has at work', async () => {
    for (const [name, age] of [
      ['.draft-old', 2 * 86_400],
      ['.draft-new', 60],
      ['cpu', 2 * 86_400],
    ] as const) {
      await mkdir(join(root, name));
      const time = Date.now() / 1000 - age;
      await utimes(join(root, name), time, time);
    }
    await problemOf({ compiler: 'false' });
    expect((await readdir(root)).sort()).toEqual(['.draft-new', 'cpu']);
  });

  it('names the file that an index lacks, and the way to another index', async () => {
    const index = await serve((_, response) => response.end('<html></html>'));
    expect(await problemOf({ index })).toMatch(/no file tensorflow_cpu-.*whl; .*PIP_INDEX_URL/);
  });

  it('keeps what a broken download has brought', async () => {
    const [wheel] = wheelsOf('tensorflow', 'linux-x64');
    const index = await serve((request, response) => {
      if (request.url!.endsWith('/')) return response.end(`<a href="${wheel!.name}">x</a>`);
      response.writeHead(200, { 'content-length': wheel!.bytes });
      response.write(Buffer.alloc(1000), () => response.destroy());
    });
    expect(await problemOf({ index })).toMatch(/broke off.*; try again: it goes on where it stopped$/);
    expect(await readdir(join(root, 'downloads'))).toEqual([wheel!.name]);
  });
});

describe('wheels', () => {
  it('are named with their sizes and sums, each once', () => {
    const wheels = [
      ...wheelsOf('tensorflow', 'linux-x64'),
      ...wheelsOf('tensorflow', 'linux-arm64'),
      ...wheelsOf('tensorflow-gpu', 'linux-x64'),
    ];
    expect(new Set(wheels.map(({ sha256 }) => sha256)).size).toBe(wheels.length);
    for (const { project, name, bytes, sha256 } of wheels) {
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(name.replaceAll('_', '-')).toMatch(new RegExp(`^${project}-[0-9.]+-[^/]+(x86-64|aarch64).whl$`));
      expect(bytes).toBeGreaterThan(500_000);
    }
  });
});
