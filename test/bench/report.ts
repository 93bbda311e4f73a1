/** The figures of the bench by the names under which its JSON gives them. */
export const figures = [
  'wasmStockOverOurs',
  'lenet300OverNative',
  'lenet5OverNative',
  'encodeOverMemcpy',
  'decodeOverMemcpy',
  'positionBitsOverEntropy',
  'frameBitsOverEntropy',
  'goodput64kOverRaw',
  'goodput1kOverRaw',
] as const;

export interface Row {
  /** Null for a line that stands beside a figure. */
  readonly figure: (typeof figures)[number] | null;
  readonly what: string;
  /** To something measured in the same run; null where a part is not installed. */
  readonly ratio: number | null;
  readonly atLeast?: number;
  readonly atMost?: number;
  /** What the ratio is made of. */
  readonly measured: string;
}

export function printTable(rows: readonly Row[]): void {
  for (const { figure, what, ratio, measured, atLeast, atMost } of rows) {
    const demand = atLeast !== undefined ? `>= ${atLeast}` : atMost !== undefined ? `<= ${atMost}` : '';
    const cells = [
      what.padEnd(54),
      (ratio?.toFixed(3) ?? '-').padStart(8),
      demand.padEnd(8),
      (figure ?? '').padEnd(24),
    ];
    console.log(`${cells.join('  ')}${measured}`);
  }
}

/** One line; null for what could not be measured. */
export function printJson(rows: readonly Row[]): void {
  const ratioOf = (name: string) => rows.find(({ figure }) => figure === name)?.ratio ?? null;
  console.log(JSON.stringify(Object.fromEntries(figures.map((name) => [name, ratioOf(name)]))));
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

/** What a time is at quiet moments: others on the machine only ever add to it. */
export function lowerQuartile(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 2]!;
}

/** Runs the actions in turn, `rounds` times, and gives the microseconds that each took in each round. */
export function interleaved(actions: readonly (() => void)[], rounds: number, repeats: number): number[][] {
  const micros: number[][] = actions.map(() => []);
  for (let round = -Math.ceil(rounds / 5); round < rounds; round++) {
    for (const [index, action] of actions.entries()) {
      const start = performance.now();
      for (let repeat = 0; repeat < repeats; repeat++) action();
      if (round >= 0) micros[index]!.push((1000 * (performance.now() - start)) / repeats);
    }
  }
  return micros;
}
