import { access, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { unpack } from '../../../bin/setup/unpack.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'murmur-unpack-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A zip file of uncompressed entries (APPNOTE.TXT 4.3), as packed on Unix. */
function zipOf(entries: Record<string, { text: string; mode: number }>): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, { text, mode }] of Object.entries(entries)) {
    const data = Buffer.from(text);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt32LE(crc32(data), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(name.length, 22);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE((mode << 16) >>> 0, 6);
    tail.writeUInt32LE(offset, 10);
    locals.push(Buffer.from('PK\x03\x04'), common, Buffer.from(name), data);
    central.push(Buffer.from('PK\x01\x02'), Buffer.from([20, 3]), common, tail, Buffer.from(name));
    offset += 30 + name.length + data.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(Object.keys(entries).length, 4);
  end.writeUInt16LE(Object.keys(entries).length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...locals, directory, Buffer.from('PK\x05\x06'), end]);
}

const entry = (text: string, mode = 0o644) => ({ text, mode: 0o100000 | mode });

it('takes the libraries and the headers of the C interface out of a wheel', async () => {
  const wanted = {
    'tensorflow/libtensorflow_cc.so.2': entry('cc'),
    'tensorflow/libtensorflow_framework.so.2': entry('framework'),
    'tensorflow/include/tensorflow/c/eager/c_api.h': entry('eager'),
    'tensorflow/include/xla/tsl/c/tsl_status.h': entry('status'),
    'tensorflow/include/tsl/platform/ctstring.h': entry('string'),
    'tensorflow.libs/libomp-1.so.5': entry('omp'),
    'nvidia/cublas/lib/libcublas.so.12': entry('cublas'),
    'nvidia/cuda_nvcc/bin/ptxas': entry('ptxas', 0o755),
  };
  const others = {
    'tensorflow/python/_pywrap.so': entry('python'),
    'tensorflow/include/external/eigen/Eigen.h': entry('eigen'),
    'nvidia/cublas/include/cublas.h': entry('header'),
    'tensorflow-2.0.dist-info/METADATA': entry('meta'),
  };
  await writeFile(join(folder, 'wheel'), zipOf({ ...others, ...wanted }));
  const unpacked = await unpack(join(folder, 'wheel'), join(folder, 'deps'));
  expect(unpacked.sort()).toEqual(Object.keys(wanted).sort());
  for (const [name, { text, mode }] of Object.entries(wanted)) {
    expect(await readFile(join(folder, 'deps', name), 'utf8')).toBe(text);
    expect((await stat(join(folder, 'deps', name))).mode & 0o100).toBe(mode & 0o100);
  }
  await expect(access(join(folder, 'deps', 'tensorflow', 'python'))).rejects.toThrow();
});

it('lets nothing out of its folder', async () => {
  await writeFile(join(folder, 'wheel'), zipOf({ 'nvidia/a/lib/../../../../out.so': entry('out') }));
  await expect(unpack(join(folder, 'wheel'), join(folder, 'deps'))).rejects.toThrow(/relative path/);
});
