import { encodeFrame, type Frame } from '../../../protocols/updates/frame.ts';
import type { SourceMessage } from '../../../protocols/updates/messages.ts';
import { signMagnitudeCode } from '../../../src/compression/sign-magnitude.ts';
import { originKey } from '../../../src/sum/origin.ts';
import { sendSourceMessages } from '../../support/rogue.ts';
import { type Behaviour, layout } from './swarm.ts';

export const rogueOrigin = (incarnation = 1) => originKey({ peer: 'rogue', incarnation: BigInt(incarnation) });

/** A sound frame that changes one weight by one unit, with some fields replaced. */
export function rogueFrame(to: number, replaced: Partial<Frame> = {}): Uint8Array {
  const range = { low: 0, high: layout.size };
  const pending = new Float32Array(layout.size).fill(2 ** -24);
  const { encoded } = signMagnitudeCode.encode(pending, Uint32Array.of(7), { layout, range, unit: 2 ** -24 });
  return encodeFrame({
    from: to - 1,
    to,
    samples: 32 * to,
    publishedAtMs: 0,
    pendingMs: 0,
    partition: 0,
    partitions: 1,
    code: signMagnitudeCode.id,
    ...encoded,
    fingerprint: null,
    signature: null,
    ...replaced,
  });
}

export const named: SourceMessage = { kind: 'origin', origin: rogueOrigin() };
export const update = (frame: Uint8Array, number = 0): SourceMessage => ({
  kind: 'updates',
  updates: [{ origin: number, frame }],
});

/** Serves so many sound updates, and then something else. */
export const serving =
  (sound: number, ...messages: SourceMessage[]): NonNullable<Behaviour['serve']> =>
  async (channel) => {
    await sendSourceMessages(channel, named);
    for (let to = 1; to <= sound; to++) await sendSourceMessages(channel, update(rogueFrame(to)));
    await sendSourceMessages(channel, ...messages);
    for await (const _ of channel.messages());
    await channel.close();
  };
