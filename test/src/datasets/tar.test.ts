import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTar } from '../../../src/datasets/tar.ts';
import { isFailure } from '../../../src/support/errors.ts';
import { tarBytes } from './tar-bytes.ts';

const name = fc.stringMatching(/^[a-z][a-z0-9./-]{0,98}$/);
const files = fc.dictionary(name, fc.uint8Array({ maxLength: 1200 }), { maxKeys: 5, noNullPrototype: true });

function header(change: (header: Buffer) => void): Uint8Array {
  const bytes = Buffer.from(tarBytes({ 'a.bin': new Uint8Array(10) }));
  change(bytes);
  return bytes;
}

describe('readTar', () => {
  it('gives every file as it was put in', () => {
    fc.assert(
      fc.property(files, (given) => {
        const members = readTar('it.tar', tarBytes(given));
        expect(Object.fromEntries([...members].map(([path, content]) => [path, [...content]]))).toEqual(
          Object.fromEntries(Object.entries(given).map(([path, content]) => [path, [...content]])),
        );
      }),
    );
  });

  it('leaves out folders and whatever else is no plain file', () => {
    expect(
      readTar(
        'it.tar',
        header((bytes) => bytes.write('5', 156)),
      ).size,
    ).toBe(0);
  });

  it.each([
    ['cut short in a header', tarBytes({ a: new Uint8Array(10) }).subarray(0, 300)],
    ['cut short in a file', tarBytes({ a: new Uint8Array(3000) }).subarray(0, 2000)],
    ['with a size that is no number', header((bytes) => bytes.write('12345abc', 124))],
    ['with no size', header((bytes) => bytes.fill(0, 124, 136))],
  ])('refuses an archive %s', (_, archive) => {
    const failure = { code: 'DATA_CORRUPT', file: 'it.tar', field: 'header' };
    expect(() => readTar('it.tar', archive)).toThrow(
      expect.objectContaining({ failure: expect.objectContaining(failure) }),
    );
  });

  it('takes any bytes: refuses them, or finds files inside them', () => {
    const damaged = fc.tuple(files, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 8 }), fc.nat());
    fc.assert(
      fc.property(damaged, ([given, changes, cut]) => {
        const archive = tarBytes(given);
        for (const [at, value] of changes) archive[at % archive.length] = value;
        try {
          const members = readTar('it.tar', archive.subarray(0, archive.length - (cut % archive.length)));
          const total = [...members.values()].reduce((sum, { length }) => sum + length, 0);
          expect(total).toBeLessThanOrEqual(archive.length);
        } catch (error) {
          if (!isFailure(error, 'DATA_CORRUPT')) throw error;
        }
      }),
    );
  });
});
