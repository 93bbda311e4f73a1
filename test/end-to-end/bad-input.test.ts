import { once } from 'node:events';
import { mkdir, symlink } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { testManifest } from '../support/manifest.ts';
import { Workplace } from './workplace.ts';

const workplace = new Workplace();
const listen = ['--listen', '/ip4/127.0.0.1/tcp/0'];

/** What is given as bad input ends with status 2, one line that names field and mend, and nothing left running. */
async function expectRefusal(args: readonly string[], message: RegExp): Promise<void> {
  const murmur = workplace.start(...args);
  const { status, stderr } = await murmur.ended;
  expect(stderr).toMatch(/^murmur: [^\n]+; [^\n]+\n$/);
  expect(stderr).toMatch(message);
  expect(status).toBe(2);
  expect(murmur.groupRuns()).toBe(false);
}

const deep = '['.repeat(100) + ']'.repeat(100);

/** An IDX file's header for so many images of 28 by 28, with `pixels` bytes after it. */
function images(count: number, pixels: number): Buffer {
  const bytes = Buffer.alloc(16 + pixels);
  for (const [at, value] of [0x803, count, 28, 28].entries()) bytes.writeUInt32BE(value, 4 * at);
  return bytes;
}

beforeAll(async () => {
  const packed = gzipSync(images(10, 7840));
  const folders: Record<string, Uint8Array> = {
    'cut-short': packed.subarray(0, packed.length - 12),
    garbled: Buffer.from(packed).fill(7, 12, 20),
    'too-few-pixels': gzipSync(images(10, 7000)),
    'not-idx': gzipSync('what is this?'),
  };
  for (const [folder, content] of Object.entries(folders)) {
    await mkdir(workplace.path(folder));
    await workplace.write(`${folder}/train-images-idx3-ubyte.gz`, content);
  }
  await mkdir(workplace.path('empty'));
  await mkdir(workplace.path('folder-for-file/train-images-idx3-ubyte.gz'), { recursive: true });
  await symlink(workplace.path('loop.json'), workplace.path('loop.json'));
  await workplace.write('mistyped.mjs', `export default { name: 'a', model: 'mlp-100', trianing: {} }`);
  await workplace.write('text.json', 'not json');
  await workplace.write('deep.json', '['.repeat(1_000_000) + ']'.repeat(1_000_000));
  await workplace.write(
    'deep-model.json',
    JSON.stringify(testManifest()).replace('"layers":', `"x":${deep},"layers":`),
  );
  await workplace.write('infinite.json', JSON.stringify(testManifest()).replace('"rate":0.1', '"rate":1e999'));
  await workplace.write('circle.mjs', `const a = { name: 'a', model: 'mlp-100' }; a.seed = a; export default a;`);
  await workplace.write('large.mjs', `export default { name: 'a', model: 'mlp-100', seed: 7n ** 9999n };`);
  await workplace.write('no-number.mjs', `export default { name: 'a', model: 'mlp-100', peers: NaN };`);
  await workplace.write('version.json', JSON.stringify({ ...testManifest(), murmuration: 2 }));
});

describe('murmur run refuses', () => {
  test.each<[string, string[], RegExp]>([
    ['an unknown scenario', ['quickstat'], /neither a built-in scenario nor a file; did you mean quickstart\?/],
    ['an unknown key', ['mistyped.mjs'], /trianing: unknown in the scenario; did you mean training\?/],
    ['an unknown --set', ['small.mjs', '--set', 'limits.sample=1'], /limits.sample: .*did you mean limits.samples\?/],
    ['a wrong value', ['small.mjs', '--set', 'training.batch=0'], /training.batch: expected an integer.*got 0; set it/],
    ['a scenario that holds itself', ['circle.mjs'], /seed: expected an integer.*got object; set it/],
    ['a scenario with an endless integer', ['large.mjs'], /seed: expected an integer.*got bigint; set it/],
    ['a scenario with what is no number', ['no-number.mjs'], /peers: expected an integer.*got null; set it/],
    ['a folder for a scenario', ['empty'], /is neither a built-in scenario nor a file/],
    ['an unknown backend', ['small.mjs', '--backend', 'abacus'], /--backend: expected one of .*wasm.*got "abacus"/],
    [
      'a data set that is not there',
      ['mnist-skewed', '--set', 'data.path=absent'],
      /data.path: no data set at .*absent;/,
    ],
    [
      'a folder in place of a data file',
      ['mnist-skewed', '--set', 'data.path=folder-for-file'],
      /data.path: no data set at .*train-images/,
    ],
    ['an empty data set', ['mnist-skewed', '--set', 'data.path=empty'], /data.path: no data set at .*train-images/],
  ])('%s', (_, args, message) => expectRefusal(['run', ...args], message));

  test.each(['cut-short', 'garbled', 'too-few-pixels', 'not-idx'])('data files that are %s', (folder) =>
    expectRefusal(['run', 'mnist-skewed', '--set', `data.path=${folder}`], /train-images-idx3-ubyte.gz: [^;]+; /),
  );
});

describe('murmur peer refuses', () => {
  test.each<[string, RegExp]>([
    ['deep.json', /--run: deep.json is nested deeper than 32 levels; give a manifest/],
    ['deep-model.json', /--run: deep-model.json is nested deeper than 32 levels; give a manifest/],
    ['infinite.json', /training.rate: expected a number .*got null; correct training.rate in infinite.json/],
    ['loop.json', /--run: cannot read loop.json \(ELOOP\); give a manifest/],
    ['empty', /--run: cannot read empty \(EISDIR\); give a manifest/],
    ['text.json', /--run: text.json is not JSON; give a manifest/],
    ['version.json', /murmuration: expected 1, got 2; correct murmuration in version.json/],
  ])('the manifest %s', (file, message) => expectRefusal(['peer', '--run', file, ...listen], message));

  test('a port in use', async () => {
    const file = await workplace.write('manifest.json', JSON.stringify(testManifest()));
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const address = `/ip4/127.0.0.1/tcp/${port}`;
    try {
      await expectRefusal(['peer', '--run', file, '--listen', address], new RegExp(`--listen ${address}: .*in use`));
    } finally {
      server.close();
    }
  });

  test('to join a run of another manifest, which goes on with a warning', async () => {
    const long = { peers: 1, target: { value: 1 }, limits: { samples: 1e9 } };
    const file = await workplace.write('theirs.json', JSON.stringify(testManifest(long)));
    const other = testManifest({ ...long, training: { rate: 0.2 } });
    const otherFile = await workplace.write('other.json', JSON.stringify(other));
    const running = workplace.start('peer', '--json', '--run', file, ...listen);
    const { addresses } = await running.told('listening');
    await running.told('started');

    const join = ['--join', addresses[0]!];
    // One that is gone before it could be asked leaves no word of why.
    for (let attempt = 0; attempt < 5 && running.event('warning') === undefined; attempt++) {
      await expectRefusal(
        ['peer', '--run', otherFile, ...listen, ...join],
        /manifest: .*different in training; start it with the same manifest/,
      );
    }
    expect(running.event('warning')).toMatchObject({ code: 'MANIFEST_MISMATCH' });
    const rounds = () => running.events().flatMap((event) => (event.type === 'progress' ? event.progress.round : []));
    const before = rounds().at(-1)!;
    await expect.poll(() => rounds().at(-1), { timeout: 20_000 }).toBeGreaterThan(before);
    running.kill('SIGTERM');
    expect((await running.ended).status).toBe(3);
  });
});
