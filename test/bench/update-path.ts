/**
 * What an update costs its sender and its receivers, beside a plain copy of the same memory. LeNet-300-100, one
 * partition of four at 1 %: `npx tsx test/bench/update-path.ts`.
 */
import { decodeFrame, decodeUpdate, encodeFrame, type Frame } from '../../protocols/updates/frame.ts';
import { denseFp32Code } from '../../src/compression/dense-fp32.ts';
import { Selector } from '../../src/compression/selection.ts';
import { signMagnitudeCode } from '../../src/compression/sign-magnitude.ts';
import type { UpdateCode } from '../../src/compression/update-code.ts';
import { layoutOf } from '../../src/models/layout.ts';
import { type Delta, partitionRange } from '../../src/sum/delta.ts';
import { seededRandom } from '../../src/support/random.ts';

const REPEATS = 2000;
const DENSITY = 0.01;
const PARTITIONS = 4;
const unit = 2 ** -24;
const layout = layoutOf([
  { name: 'fc1/kernel', shape: [784, 300] },
  { name: 'fc1/bias', shape: [300] },
  { name: 'fc2/kernel', shape: [300, 100] },
  { name: 'fc2/bias', shape: [100] },
  { name: 'fc3/kernel', shape: [100, 10] },
  { name: 'fc3/bias', shape: [10] },
]);
// The last one holds the borders of all tensors.
const partition = PARTITIONS - 1;
const range = partitionRange(partition, PARTITIONS, layout.size);
const random = seededRandom('update path');
const pending = new Float32Array(layout.size).map(() => random.normal() ** 3 * 1e-3);
const wanted = Math.round(DENSITY * (range.high - range.low));

const copy = new Float32Array(range.high - range.low);
const copied = medianMicros(() => copy.set(pending.subarray(range.low, range.high)));
report('copy of the partition', copied);

const selector = new Selector(layout.size);
const select = () => selector.select(pending, range, wanted, random, null);
report('select 1 %', medianMicros(select));
measureCode(signMagnitudeCode, select().slice());
measureCode(denseFp32Code, null);

function measureCode(code: UpdateCode, positions: Uint32Array | null): void {
  const context = { layout, range, unit };
  const { encoded } = code.encode(pending, positions, context);
  const frame: Frame = {
    from: 299,
    to: 300,
    samples: 76_800,
    publishedAtMs: Date.now(),
    pendingMs: 90,
    partition,
    partitions: PARTITIONS,
    code: code.id,
    ...encoded,
    fingerprint: null,
    signature: null,
  };
  const bytes = encodeFrame(frame);
  const sum = new Int32Array(layout.size);
  const nowMs = Date.now();
  report(
    `${code.name}: code`,
    medianMicros(() => code.encode(pending, positions, context)),
  );
  report(
    `${code.name}: frame`,
    medianMicros(() => encodeFrame(frame)),
  );
  report(
    `${code.name}: read the frame`,
    medianMicros(() => decodeFrame(bytes, { layout, nowMs })),
  );
  report(
    `${code.name}: decode`,
    medianMicros(() => decodeUpdate(frame, layout, unit)),
  );
  const apply = () => add(sum, decodeUpdate(decodeFrame(bytes, { layout, nowMs }), layout, unit));
  report(`${code.name}: read, decode and apply`, medianMicros(apply));
  const entries = positions?.length ?? range.high - range.low;
  const head = bytes.length - encoded.payload.length;
  const bits = (8 * encoded.payload.length) / entries;
  console.log(`${code.name}: ${entries} entries, ${bits.toFixed(2)} bits each, ${bytes.length} bytes, head ${head}\n`);
}

function add(sum: Int32Array, { positions, offset, values }: Delta): void {
  for (let i = 0; i < values.length; i++) {
    const at = positions === null ? offset + i : positions[i]!;
    sum[at] = (sum[at]! + values[i]!) | 0;
  }
}

function medianMicros(action: () => void): number {
  const micros = new Float64Array(REPEATS);
  for (let i = 0; i < REPEATS; i++) {
    const start = process.hrtime.bigint();
    action();
    micros[i] = Number(process.hrtime.bigint() - start) / 1000;
  }
  return micros.sort()[REPEATS >>> 1]!;
}

function report(what: string, micros: number): void {
  console.log(
    `${what.padEnd(42)} ${micros.toFixed(1).padStart(8)} us ${(micros / copied).toFixed(1).padStart(7)} copies`,
  );
}
