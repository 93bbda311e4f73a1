import type { Layout } from '../../src/models/layout.ts';
import type { Delta } from '../../src/sum/delta.ts';
import { decodeFrame, decodeUpdate, type Frame } from './frame.ts';

/** A frame read whole, and what it adds to the shared sum. */
export interface ReadUpdate {
  readonly frame: Frame;
  readonly delta: Delta;
  /** The frame's bytes, as a reader wants them kept: equal to those given, and perhaps others'. Never changed. */
  readonly bytes: Uint8Array;
}

/** Reads frames of one model, every byte checked. */
export interface UpdateReader {
  /**
   * Throws MESSAGE_INVALID.
   * @param nowMs the receiver's clock
   */
  read(bytes: Uint8Array, nowMs: number): ReadUpdate;
}

/** Reads every frame anew. */
export class FrameReader implements UpdateReader {
  readonly #layout: Layout;
  readonly #unit: number;

  constructor(layout: Layout, unit: number) {
    this.#layout = layout;
    this.#unit = unit;
  }

  read(bytes: Uint8Array, nowMs: number): ReadUpdate {
    const frame = decodeFrame(bytes, { layout: this.#layout, nowMs });
    return { frame, delta: decodeUpdate(frame, this.#layout, this.#unit), bytes };
  }
}
