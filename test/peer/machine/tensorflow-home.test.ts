import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { setTensorFlowEnvironment, tensorflowFolder } from '../../../peer/machine/tensorflow-home.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

it('is where the user says, or with the data of other programs', () => {
  vi.stubEnv('MURMUR_TENSORFLOW', '/mine');
  vi.stubEnv('XDG_DATA_HOME', '/data');
  expect(tensorflowFolder()).toBe('/mine');
  vi.stubEnv('MURMUR_TENSORFLOW', '');
  expect(tensorflowFolder()).toBe('/data/murmuration/tensorflow');
  vi.stubEnv('XDG_DATA_HOME', '');
  expect(tensorflowFolder()).toBe(join(homedir(), '.local/share/murmuration/tensorflow'));
});

it('has one thread and little to say, unless the user wants it otherwise', () => {
  vi.stubEnv('TF_CPP_MIN_LOG_LEVEL', undefined);
  vi.stubEnv('TF_NUM_INTRAOP_THREADS', '4');
  setTensorFlowEnvironment();
  expect(process.env['TF_CPP_MIN_LOG_LEVEL']).toBe('2');
  expect(process.env['TF_NUM_INTRAOP_THREADS']).toBe('4');
});
