import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { chooseBackend } from '../../../src/compute/backends.ts';

// A process of its own (vitest gives every file one), whose wasm module is not where it should be.
describe('chooseBackend where wasm cannot start', () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  beforeAll(() => setWasmPaths('/no/such/folder/'));
  afterAll(() => warn.mockRestore());

  it('says so where wasm is forced', () =>
    expect(chooseBackend('wasm')).rejects.toMatchObject({ code: 'BACKEND_UNAVAILABLE', failure: { backend: 'wasm' } }));

  it('takes the next best where nothing is forced, without advertisements', async () => {
    expect(await chooseBackend(null)).toBe('cpu');
    warn.mockClear();
    const { square } = await import('@tensorflow/tfjs-core');
    expect([...(await square([1, 2]).data())]).toEqual([1, 4]);
    expect(warn).not.toHaveBeenCalled();
  });

  it('refuses a backend that does not exist', () =>
    expect(chooseBackend('abacus' as 'cpu')).rejects.toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      failure: { backend: 'abacus' },
    }));
});
