/** Something that is measured, with the units that its axis may count in, the finest first. */
export interface Quantity {
  readonly name: string;
  /** What one of it is, in the unit in which values are given, and what stands behind the number. */
  readonly units: readonly (readonly [size: number, symbol: string])[];
}

/** The coarsest unit of which the largest value has at least this many: an axis reads 1.5 to 900 of something. */
const LEAST = 1.5;

export function unitFor({ units }: Quantity, largest: number): readonly [size: number, symbol: string] {
  return units.findLast(([size]) => largest >= LEAST * size) ?? units[0]!;
}

/** `time since the start of the run (min)` */
export function axisLabel(quantity: Quantity, largest: number): string {
  const [, symbol] = unitFor(quantity, largest);
  return symbol === '' ? quantity.name : `${quantity.name} (${symbol})`;
}

const byteUnits = [
  [1, 'B'],
  [1e3, 'kB'],
  [1e6, 'MB'],
  [1e9, 'GB'],
  [1e12, 'TB'],
] as const;

/** Values in seconds. */
export const runTime: Quantity = {
  name: 'time since the start of the run',
  units: [
    [1, 's'],
    [60, 'min'],
    [3600, 'h'],
  ],
};
/** Values in [0, 1]. */
export const accuracy: Quantity = { name: 'accuracy', units: [[0.01, '%']] };
export const bytes = (name: string): Quantity => ({ name, units: byteUnits });
/** Values in seconds. */
export const age: Quantity = {
  name: 'age',
  units: [
    [0.001, 'ms'],
    [1, 's'],
  ],
};
export const samples: Quantity = {
  name: 'samples that the swarm has trained on',
  units: [
    [1, ''],
    [1e3, 'thousands'],
    [1e6, 'millions'],
  ],
};
/** Values in [0, 1]. */
export const shareTold: Quantity = {
  name: 'entries told a step',
  units: [
    [1e-6, 'per million'],
    [1e-3, 'per thousand'],
  ],
};
export const rate: Quantity = { name: 'throughput', units: [[1, 'samples/s']] };
