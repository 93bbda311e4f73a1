import { createHash } from 'node:crypto';
import type { OriginKey } from '../../src/sum/origin.ts';
import type { Clock } from '../../src/support/clock.ts';
import { KEEP_IMAGE_MS, KEPT_IMAGES, SHARE_IMAGE_MS } from './constants.ts';

/** An image as the replica gives it, and its applied vector, both of one instant. */
export interface MadeImage {
  readonly bytes: Uint8Array;
  readonly vector: readonly (readonly [OriginKey, number])[];
}

export interface KeptImage extends MadeImage {
  /** SHA-256 in hexadecimal. */
  readonly hash: string;
}

/** The images that a source made last: shared by receivers that come together, and kept for those whose stream breaks. */
export class RecentImages {
  readonly #clock: Clock;
  readonly #make: () => Promise<MadeImage>;
  /** The newest last. */
  readonly #kept: { readonly image: KeptImage; madeAtMs: number; forget: () => void }[] = [];
  #making: Promise<KeptImage> | null = null;
  /** How often the replica has gone elsewhere than forward. */
  #moves = 0;
  #closed = false;

  constructor(clock: Clock, make: () => Promise<MadeImage>) {
    this.#clock = clock;
    this.#make = make;
  }

  /** The newest where it is not older than `SHARE_IMAGE_MS`, or else a new one, the same for all who ask meanwhile. */
  async current(): Promise<KeptImage> {
    if (this.#making !== null) return this.#making;
    const newest = this.#kept.at(-1);
    if (newest !== undefined && this.#clock.nowMs() - newest.madeAtMs <= SHARE_IMAGE_MS) return newest.image;
    const making = this.#makeAndKeep(this.#moves).finally(() => {
      if (this.#making === making) this.#making = null;
    });
    this.#making = making;
    return making;
  }

  /** The replica stands elsewhere: what was made before, or is being made, is only for those whose stream breaks. */
  outdate(): void {
    this.#moves++;
    this.#making = null;
    for (const kept of this.#kept) kept.madeAtMs = Number.NEGATIVE_INFINITY;
  }

  /** The image of that hash while it is kept, which this prolongs. */
  find(hash: string): KeptImage | null {
    const kept = this.#kept.find(({ image }) => image.hash === hash);
    if (kept === undefined) return null;
    kept.forget();
    kept.forget = this.#forgetLater(hash);
    return kept.image;
  }

  /** Keeps nothing from now on, and leaves no timer. */
  close(): void {
    this.#closed = true;
    for (const { forget } of this.#kept.splice(0)) forget();
  }

  async #makeAndKeep(moves: number): Promise<KeptImage> {
    const made = await this.#make();
    const hash = createHash('sha256').update(made.bytes).digest('hex');
    const image = { ...made, hash };
    if (this.#closed) return image;
    // The same again where nothing was applied since.
    this.#drop(hash);
    if (this.#kept.length === KEPT_IMAGES) this.#drop(this.#kept[0]!.image.hash);
    const madeAtMs = moves === this.#moves ? this.#clock.nowMs() : Number.NEGATIVE_INFINITY;
    this.#kept.push({ image, madeAtMs, forget: this.#forgetLater(hash) });
    return image;
  }

  #drop(hash: string): void {
    const at = this.#kept.findIndex(({ image }) => image.hash === hash);
    if (at >= 0) for (const { forget } of this.#kept.splice(at, 1)) forget();
  }

  /** Returns what cancels it. */
  #forgetLater(hash: string): () => void {
    return this.#clock.after(KEEP_IMAGE_MS, () => this.#drop(hash));
  }
}
