import { encodeFrame } from '../../protocols/updates/frame.ts';
import type { UpdateReader } from '../../protocols/updates/update-reader.ts';
import type { Fingerprint } from '../../src/sum/fingerprint.ts';
import type { Update } from '../../src/sum/replicated-sum.ts';
import type { Publication } from '../strategies/strategy.ts';
import type { Replica } from './replica.ts';
import type { ArrivedFrame } from './replica-host.ts';

/** Every this many frames an origin adds the hash of all it has published, so that each peer can check its own S. */
const FINGERPRINT_EVERY = 16;

/** What is told of a publication beside its content. */
export interface PublicationMark {
  readonly sequence: number;
  /** Samples that this peer has trained on, over all its processes. */
  readonly samples: number;
  readonly publishedAtMs: number;
}

/** The frame of what `replica` has just published. */
export function frameOf({ sum, origin }: Replica, publication: Publication, mark: PublicationMark): Uint8Array {
  const { partition, partitions, code, encoded, pendingMs } = publication;
  const { sequence, samples, publishedAtMs } = mark;
  return encodeFrame({
    from: sequence - 1,
    to: sequence,
    samples,
    publishedAtMs,
    pendingMs,
    partition,
    partitions,
    code,
    magnitudes: encoded.magnitudes,
    payload: encoded.payload,
    fingerprint: sequence % FINGERPRINT_EVERY === 0 ? sum.originFingerprint(origin) : null,
    signature: null,
  });
}

/** An update, and its origin's hash of all that it had published up to there, where the frame carries one. */
export type ArrivedUpdate = Update & { readonly fingerprint: Fingerprint | null };

/** Throws MESSAGE_INVALID. */
export function updateOf({ origin, bytes }: ArrivedFrame, reader: UpdateReader, nowMs: number): ArrivedUpdate {
  const { frame, delta } = reader.read(bytes, nowMs);
  const { from, to, fingerprint } = frame;
  return { origin, from, to, fingerprint, delta };
}
