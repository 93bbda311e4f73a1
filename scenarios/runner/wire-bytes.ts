import type { Footprint } from '../../peer/events.ts';

/**
 * What was sent, as a reader of a run asks it, with what each is called. The coded entries (positions and signs, or
 * numbers where nothing is compressed) and all around them within `updates` are told apart by their shares in the
 * frames that the peer itself published, each of which goes to every subscriber.
 */
export const wireKinds = {
  entries: 'entries: positions and signs',
  heads: "updates' heads",
  replica: 'replica transfer',
  credit: 'subscriptions and credit',
  status: 'status gossip',
  hello: 'hello',
  upkeep: 'identify and ping',
  transport: 'Noise and yamux',
} as const;
export type WireKind = keyof typeof wireKinds;
export type WireBytes = Readonly<Record<WireKind, number>>;

/** Bytes that a peer has sent, by kind. */
export function wireBytes({ sentByKind, publishedBytes, publishedPayloadBytes }: Footprint): WireBytes {
  const { updates, ...others } = sentByKind;
  const entries = publishedBytes > 0 ? Math.round((updates * publishedPayloadBytes) / publishedBytes) : 0;
  return { entries, heads: updates - entries, ...others };
}

export function addWireBytes(all: readonly WireBytes[]): WireBytes {
  const kinds = Object.keys(wireKinds) as WireKind[];
  const sum = (kind: WireKind) => all.reduce((total, bytes) => total + bytes[kind], 0);
  return Object.fromEntries(kinds.map((kind) => [kind, sum(kind)])) as WireBytes;
}
