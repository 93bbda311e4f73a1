import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { explain } from '../../bin/exit-status.ts';
import { MAX_MANIFEST_BYTES } from '../../bin/manifest-file.ts';
import { program } from '../../bin/program.ts';
import { resolveScenario } from '../../scenarios/define-scenario.ts';
import { manifestOf } from '../../scenarios/manifest.ts';
import { MurmurError } from '../../src/support/errors.ts';
import { murmur } from './murmur.ts';

let folder: string;
const listen = ['--listen', '/ip4/127.0.0.1/tcp/0'];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'murmur-bin-'));
  const definition = { name: 'small', model: 'mlp-100', peers: 2, target: { value: 0.9 }, limits: { samples: 1000 } };
  const manifest = await manifestOf(resolveScenario(definition), '/');
  const files: Record<string, string> = {
    'manifest.json': JSON.stringify(manifest),
    'wrong.json': JSON.stringify({ ...manifest, training: { ...manifest.training, batch: -1 } }),
    'unknown.json': JSON.stringify({ ...manifest, sede: 1 }),
    'text.json': 'not json',
    'large.json': ' '.repeat(MAX_MANIFEST_BYTES + 1),
    'throws.mjs': 'throw new Error("out of luck\\nand more")',
    'nothing.mjs': 'export const here = 1',
    'invalid.mjs': `import { defineScenario } from 'murmuration'; export default defineScenario({ name: 'a b' })`,
    'scenario.txt': 'text',
  };
  await mkdir(join(folder, 'empty'));
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
});
afterAll(() => rm(folder, { recursive: true }));

/** In this process: the error that the command line would tell, as its one line and exit status. */
async function refusal(args: readonly string[]) {
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    return explain(error);
  }
  throw new Error(`murmur ${args.join(' ')} was taken`);
}

describe('bad input is refused with status 2 and one line that names field and mend:', () => {
  test.each<[string[], RegExp]>([
    [[], /no command given/],
    [['run'], /missing required argument 'name\|file'/],
    [['run', 'quickstart', '--sed', '1'], /unknown option '--sed' \(Did you mean .*--seed/],
    [['run', 'quickstart', '--seed', '1.5'], /^--seed: expected a whole number .*got "1.5"/],
    [['run', 'quickstart', '--peers', '0'], /^--peers: expected a whole number from 1/],
    [['run', 'quickstart', '--backend', 'abacus'], /^--backend: expected one of .*got "abacus"/],
    [['run', 'quickstart', '--mode', 'dreamt'], /^mode: expected one of "real", "simulated", got "dreamt"/],
    [['run', 'quickstart', '--mode', 'simulated', '--processes', '2'], /^--processes: a simulated run is one process/],
    [['run', 'quickstart', '--set', 'exchange.localSteps=0'], /^exchange.localSteps: expected an integer/],
    [['run', 'quickstart', '--set', 'exchange.localstep=1'], /did you mean exchange.localSteps\?/],
    [['run', 'quickstart', '--set', 'data.path=empty'], /^data.path: digits are generated/],
    [['run', 'mnist-skewed', '--set', 'data.path=absent'], /^data.path: no data set at .*absent/],
    [['run', 'quickstar'], /neither a built-in scenario nor a file; did you mean quickstart\?/],
    [['run', 'FOLDER/scenario.txt'], /is not a script; give a .ts/],
    [['run', 'quickstart', '--out', 'FOLDER/text.json'], /^--out: cannot make a folder/],
    [['setup'], /missing required argument 'what'/],
    [['setup', 'torch'], /'torch' is invalid .* Allowed choices are tensorflow/],
    [['peer', ...listen], /required option '--run <manifest.json>' not specified/],
    [['peer', '--run', 'FOLDER/manifest.json'], /required option '--listen <multiaddr>' not specified/],
    [['peer', '--run', 'FOLDER/manifest.json', '--listen', 'here'], /^--listen: expected a multiaddress, got "here"/],
    [['peer', '--run', 'FOLDER/manifest.json', ...listen, '--join', '7'], /^--join: expected a multiaddress/],
    [['peer', '--run', 'FOLDER/manifest.json', ...listen, '--shard', '2'], /^--shard: the run has shards 0 to 1/],
    [['peer', '--run', 'FOLDER/absent.json', ...listen], /^--run: cannot read .*absent.json \(ENOENT\)/],
    [['peer', '--run', 'FOLDER/empty', ...listen], /^--run: cannot read .*empty \(EISDIR\)/],
    [['peer', '--run', 'FOLDER/text.json', ...listen], /^--run: .*text.json is not JSON/],
    [['peer', '--run', 'FOLDER/large.json', ...listen], /^--run: .*large.json is larger than \d+ bytes/],
    [['peer', '--run', 'FOLDER/wrong.json', ...listen], /^training.batch: .*got -1; correct training.batch in .*wrong/],
    [['peer', '--run', 'FOLDER/unknown.json', ...listen], /^sede: unknown in .*unknown.json; did you mean seed\?/],
  ])('murmur %j', async (args, message) => {
    const { status, line } = await refusal(args.map((arg) => arg.replace('FOLDER', folder)));
    expect(line).toMatch(message);
    expect(line).toMatch(/^[^\n]+; [^\n]+$/);
    expect(status).toBe(2);
  });
});

describe('a process ends with status 2 and one line:', () => {
  test.each<[string[], RegExp]>([
    [['fly'], /^murmur: unknown command 'fly'; see murmur --help\n$/],
    [['run', 'throws.mjs'], /^murmur: scenario throws.mjs: does not load: Error: out of luck; correct the script\n$/],
    [['run', 'nothing.mjs'], /nothing.mjs: exports no scenario; end it with: .*\n$/],
    [['run', 'invalid.mjs'], /^murmur: name: expected a name of lower-case letters.*\n$/],
    [['peer', '--run', 'text.json', ...listen], /^murmur: --run: text.json is not JSON; .*\n$/],
  ])('murmur %j', async (args, message) => {
    const { status, stdout, stderr } = await murmur(args, folder);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });
});

test('MURMUR_DEBUG=1 adds the stack', async () => {
  const { status, stderr } = await murmur(['run', 'quickstar'], folder, { MURMUR_DEBUG: '1' });
  expect(status).toBe(2);
  expect(stderr).toMatch(/\n\s+at /);
});

test('--version, --help and list answer on standard output', async () => {
  const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(await murmur(['--version'])).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
  const help = await murmur(['run', '--help']);
  expect(help).toMatchObject({ status: 0, stderr: '' });
  expect(help.stdout).toContain('--set <path=value>');
  const list = await murmur(['list']);
  expect(list).toMatchObject({ status: 0, stderr: '' });
  for (const name of ['quickstart', 'mnist-lenet-300-100', 'mnist-skewed']) {
    expect(list.stdout).toMatch(new RegExp(`^${name} +\\S`, 'm'));
  }
});

test('what happens is status 1, what was given is status 2, and a bug is one line', () => {
  const died = new MurmurError({ code: 'PEER_FAILED', peer: '1', problem: 'died', mend: 'look' });
  expect(explain(died)).toEqual({ line: 'peer 1: died; look', status: 1 });
  const taken = new MurmurError({
    code: 'ADDRESS_UNAVAILABLE',
    address: '/a',
    problem: 'in use',
    mend: 'take another',
  });
  expect(explain(taken)).toEqual({ line: '--listen /a: in use; take another', status: 2 });
  expect(explain(new TypeError('x is not a function\nat y'))).toEqual({ line: 'x is not a function', status: 1 });
  expect(explain('text')).toEqual({ line: 'text', status: 1 });
});
