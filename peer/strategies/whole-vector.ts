import { denseFp32Code } from '../../src/compression/dense-fp32.ts';
import type { Layout } from '../../src/models/layout.ts';
import type { Replica } from '../replica/replica.ts';
import { mass, type ResidueAge } from '../replica/residue-age.ts';
import type { Publication } from './strategy.ts';

/** Everything in `pending` as one dense float32 partition. */
export function publishWholeVector(replica: Replica, layout: Layout, age: ResidueAge, nowMs: number): Publication {
  const range = { low: 0, high: layout.size };
  const { encoded, delta } = denseFp32Code.encode(replica.pending, null, { layout, range, unit: replica.unit });
  const pendingMs = age.publish(0, mass(replica.pending, 0, layout.size), 0, nowMs);
  return {
    partition: 0,
    partitions: 1,
    code: denseFp32Code.id,
    encoded,
    delta,
    sparse: false,
    pendingMs,
    residueShare: 0,
  };
}
