/**
 * What an update costs its sender and its receivers beside one plain copy of the dense float32 partition that it stands
 * for: LeNet-300-100, one partition of four at 1 %. Copy and work take turns; the figure is the median over the turns
 * of the ratio. The bits that it takes are counted beside the entropy bound of independent positions and signs,
 * `H(d) / d + 1` an entry at density `d`.
 */
import { decodeFrame, decodeUpdate, encodeFrame, type Frame } from '../../protocols/updates/frame.ts';
import { denseFp32Code } from '../../src/compression/dense-fp32.ts';
import { Selector } from '../../src/compression/selection.ts';
import { signMagnitudeCode } from '../../src/compression/sign-magnitude.ts';
import type { EncodedDelta } from '../../src/compression/update-code.ts';
import { layoutOf } from '../../src/models/layout.ts';
import { outlineOf } from '../../src/models/outline.ts';
import { topologyOf } from '../../src/models/zoo.ts';
import { partitionRange } from '../../src/sum/delta.ts';
import { ReplicatedSum } from '../../src/sum/replicated-sum.ts';
import { seededRandom } from '../../src/support/random.ts';
import { interleaved, median, type Row } from './report.ts';

const DENSITY = 0.01;
const PARTITIONS = 4;
const ROUNDS = 200;
/** A turn of microseconds is repeated to outlast the clock's grain. */
const REPEATS = 10;
const unit = 2 ** -24;
const { layout } = outlineOf(topologyOf('lenet-300-100').topology);
/** The last one holds the borders of all tensors. */
const partition = PARTITIONS - 1;
const range = partitionRange(partition, PARTITIONS, layout.size);
const context = { layout, range, unit };
const random = seededRandom('codec');
const pending = new Float32Array(layout.size).map(() => random.normal() ** 3 * 1e-3);
const copy = new Float32Array(range.high - range.low);

export function codecRows(): Row[] {
  const selector = new Selector(layout.size);
  const wanted = Math.round(DENSITY * copy.length);
  const select = () => selector.select(pending, range, wanted, random, null);
  const sparse = signMagnitudeCode.encode(pending, select(), context).encoded;
  const dense = denseFp32Code.encode(pending, null, context).encoded;
  const sum = new ReplicatedSum(new Int32Array(layout.size), 1);
  let sequence = 0;
  const apply = (encoded: EncodedDelta, code: number) => {
    const bytes = encodeFrame(frameOf(encoded, code));
    return () => {
      const delta = decodeUpdate(decodeFrame(bytes, { layout, nowMs: 0 }), layout, unit);
      sum.apply({ origin: 'bench/0000000000000000', from: sequence, to: ++sequence, delta });
    };
  };
  return [
    beside('encodeOverMemcpy', 'select 1 % and code it', () => signMagnitudeCode.encode(pending, select(), context)),
    beside('decodeOverMemcpy', 'read, decode and apply it', apply(sparse, signMagnitudeCode.id)),
    beside(null, 'code the partition as dense-fp32', () => denseFp32Code.encode(pending, null, context)),
    beside(null, 'read, decode and apply that', apply(dense, denseFp32Code.id)),
  ];
}

function beside(figure: Row['figure'], what: string, action: () => void): Row {
  const memcpy = () => copy.set(pending.subarray(range.low, range.high));
  const [copies, works] = interleaved([memcpy, action], ROUNDS, REPEATS) as [number[], number[]];
  return {
    figure,
    what,
    ratio: median(works.map((micros, round) => micros / copies[round]!)),
    measured: `${median(works).toFixed(1)} us, copy ${median(copies).toFixed(1)} us`,
  };
}

function frameOf({ magnitudes, payload }: EncodedDelta, code: number): Frame {
  const times = { from: 299, to: 300, samples: 76_800, publishedAtMs: 2 ** 31, pendingMs: 90 };
  const optional = { fingerprint: null, signature: null };
  return { ...times, partition, partitions: PARTITIONS, code, magnitudes, payload, ...optional };
}

/** Densities from the sparsest to the densest that a run may use. */
const DENSITIES = [0.001, 0.003, 0.01, 0.03, 0.1, 0.25];
/** Long enough for the count and the parameter before the entries to weigh nothing at any of them. */
const LONG_RANGE = 2 ** 21;

export function entropyRows(): Row[] {
  const rows = DENSITIES.map((density) => positionRow(density));
  const worst = rows.reduce((one, other) => (other.ratio! > one.ratio! ? other : one));
  return [
    ...rows.map((row) => ({ ...row, figure: null })),
    { ...worst, what: 'positions and signs, the worst of these', atMost: 1.02 },
    frameRow(),
  ];
}

function positionRow(density: number): Row {
  const chosen = Uint32Array.from(Array(LONG_RANGE).keys()).filter(() => random.uniform() < density);
  const long = layoutOf([{ name: 'long', shape: [LONG_RANGE] }]);
  const values = new Float32Array(LONG_RANGE).fill(1);
  const { encoded } = signMagnitudeCode.encode(values, chosen, {
    layout: long,
    range: { low: 0, high: LONG_RANGE },
    unit,
  });
  const bits = (8 * encoded.payload.length) / chosen.length;
  const what = `positions and signs at ${100 * density} %`;
  return against('positionBitsOverEntropy', what, bits, chosen.length / LONG_RANGE);
}

/** A frame of about 1 kB: as many entries of the partition as that takes. */
function frameRow(): Row {
  const positions = new Selector(layout.size).select(pending, range, 815, random, null);
  const bytes = encodeFrame(
    frameOf(signMagnitudeCode.encode(pending, positions, context).encoded, signMagnitudeCode.id),
  ).length;
  const what = `a whole frame of ${bytes} bytes`;
  const row = against('frameBitsOverEntropy', what, (8 * bytes) / positions.length, positions.length / copy.length);
  return { ...row, atMost: 1.08 };
}

function against(figure: Row['figure'], what: string, bits: number, density: number): Row {
  const ofPositions = -(density * Math.log2(density) + (1 - density) * Math.log2(1 - density)) / density;
  const bound = ofPositions + 1;
  return { figure, what, ratio: bits / bound, measured: `${bits.toFixed(3)} bits an entry, bound ${bound.toFixed(3)}` };
}
