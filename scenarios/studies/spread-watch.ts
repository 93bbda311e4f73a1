import type { OriginKey } from '../../src/sum/origin.ts';
import type { Clock } from '../../src/support/clock.ts';
import { spread } from '../runner/summary.ts';
import type { VirtualPeer } from '../simulated/virtual-peer.ts';

/** Between two looks at who has the update that is watched. */
const LOOK_MS = 50;

/** Watches one update after the other until every peer of a simulation has applied it. */
export class SpreadWatch {
  readonly #published = new Map<OriginKey, number>();
  #watched: { readonly origin: OriginKey; readonly sequence: number; readonly sinceMs: number } | null = null;
  readonly #tookMs: number[] = [];
  #clock: Clock | null = null;

  accompany(peers: readonly VirtualPeer[], clock: Clock): void {
    this.#clock = clock;
    const look = () => {
      this.#look(peers, clock.nowMs());
      clock.after(LOOK_MS, look);
    };
    look();
  }

  published(origin: OriginKey): void {
    const sequence = (this.#published.get(origin) ?? 0) + 1;
    this.#published.set(origin, sequence);
    this.#watched ??= { origin, sequence, sinceMs: this.#clock!.nowMs() };
  }

  /** Of all that were watched; NaN where none has come everywhere. */
  medianMs(): number {
    return spread(this.#tookMs)?.median ?? Number.NaN;
  }

  #look(peers: readonly VirtualPeer[], nowMs: number): void {
    if (this.#watched === null) return;
    const { origin, sequence, sinceMs } = this.#watched;
    if (!peers.every(({ replica }) => (replica?.sum.vector.get(origin) ?? 0) >= sequence)) return;
    this.#tookMs.push(nowMs - sinceMs);
    this.#watched = null;
  }
}
