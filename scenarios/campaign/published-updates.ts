import type { ArrivedFrame } from '../../peer/replica/replica-host.ts';
import { decodeFrame, decodeUpdate } from '../../protocols/updates/frame.ts';
import type { Layout } from '../../src/models/layout.ts';
import type { Delta } from '../../src/sum/delta.ts';
import type { Fingerprint } from '../../src/sum/fingerprint.ts';
import type { OriginKey } from '../../src/sum/origin.ts';

export interface PublishedUpdate {
  readonly from: number;
  readonly to: number;
  readonly delta: Delta;
  /** The hash that it carries. */
  readonly fingerprint: Fingerprint | null;
}

/** Every update of a simulated swarm, noted as it was published: what all that its peers hold is judged by. */
export class PublishedUpdates {
  readonly #layout: Layout;
  readonly #unit: number;
  readonly #origins = new Map<OriginKey, PublishedUpdate[]>();
  count = 0;

  constructor(layout: Layout, unit: number) {
    this.#layout = layout;
    this.#unit = unit;
  }

  add({ origin, bytes }: ArrivedFrame): void {
    const frame = decodeFrame(bytes, { layout: this.#layout, nowMs: 0 });
    const { from, to, fingerprint } = frame;
    const updates = this.#origins.get(origin) ?? [];
    this.#origins.set(origin, updates);
    updates.push({ from, to, fingerprint, delta: decodeUpdate(frame, this.#layout, this.#unit) });
    this.count++;
  }

  origins(): IterableIterator<[OriginKey, readonly PublishedUpdate[]]> {
    return this.#origins.entries();
  }

  of(origin: OriginKey): readonly PublishedUpdate[] {
    return this.#origins.get(origin) ?? [];
  }

  /** Start plus every update that a vector covers, each once: added up here, not by the code that is judged. */
  sum(start: Int32Array, vector: Iterable<readonly [OriginKey, number]>): Int32Array {
    const sum = start.slice();
    for (const [origin, sequence] of vector) {
      for (const { to, delta } of this.of(origin)) if (to <= sequence) addTo(sum, delta);
    }
    return sum;
  }
}

function addTo(sum: Int32Array, { positions, offset, values }: Delta): void {
  for (let k = 0; k < values.length; k++) {
    const index = positions === null ? offset + k : positions[k]!;
    sum[index] = (sum[index]! + values[k]!) | 0;
  }
}
